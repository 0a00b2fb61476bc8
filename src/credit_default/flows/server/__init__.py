"""The Prefect server that flows run on: one of the command itself, or a named one."""
