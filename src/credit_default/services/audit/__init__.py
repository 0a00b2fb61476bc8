"""Proving and erasing: replay of scores from the record, erasure of a client."""
