"""The champion: which version it is, its history, its fallback, approval and versions."""
