"""Audit and erasure: scores computed again from the record, and the erasure of a client."""
