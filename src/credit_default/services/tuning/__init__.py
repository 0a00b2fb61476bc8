"""Searching for better parameters."""
