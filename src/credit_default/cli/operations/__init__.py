"""Commands that operate the system: up, serve, listen, reconcile, maintain, settings, doctor."""
