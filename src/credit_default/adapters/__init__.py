"""Adapters to files, servers and outside libraries; each of these libraries is used in one chapter only."""
