"""Complete use cases that need no Prefect server: check a file, train a challenger, score a batch."""
