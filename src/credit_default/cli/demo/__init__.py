"""The commands demo and drill."""
