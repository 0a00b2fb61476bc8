"""MLflow's server with users and passwords, as `mlflow server --app-name credit-default` starts it: its own, behind a door.

MLflow leaves its pages' files and the list of what is switched on open to whoever asks. Here a request that carries no words is
refused, but for the health check; whether the words are right is MLflow's to say, who knows the users.
"""

from typing import Any, Final

from credit_default.adapters.local_stack.basic_auth_middleware import BasicAuthMiddleware

APP_NAME: Final = "credit-default"  # as the entry point in pyproject.toml has it
_OPEN: Final = ("/health",)


def create_app() -> Any:
    """The ASGI application; it reads what `mlflow server` has put into the environment."""
    from mlflow.server.auth import create_app as create_mlflow

    return BasicAuthMiddleware(
        create_mlflow(),
        name="mlflow",
        public_paths=_OPEN,
        is_authorized=lambda _path, given: bool(given),
    )
