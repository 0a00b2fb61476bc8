"""MLflow: tracking runs, the model registry, its server, its users and its health."""
