"""Commands that operate the system: up, serve, listen, reconcile, settings, doctor."""
