"""Prefect events: emitted in a run, sent from outside a run, and sent exactly once for champion changes."""
