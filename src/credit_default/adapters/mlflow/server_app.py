"""MLflow's server behind basic auth, as `mlflow server --app-name credit-default` starts it.

MLflow serves the files of its pages, and the list of its enabled features, without credentials. Here a request without
them is refused, except for the health check. Whether the credentials are right is checked by MLflow, which knows
its users.
"""

from typing import Any, Final

from credit_default.adapters.local_stack.basic_auth_middleware import BasicAuthMiddleware

APP_NAME: Final = "credit-default"  # as the entry point in pyproject.toml names it
_PUBLIC_PATHS: Final = ("/health",)


def create_app() -> Any:
    """Return the ASGI application; it is configured by what `mlflow server` has put into the environment."""
    from mlflow.server.auth import create_app as create_mlflow

    return BasicAuthMiddleware(
        create_mlflow(),
        name="mlflow",
        public_paths=_PUBLIC_PATHS,
        is_authorized=lambda _path, given: bool(given),
    )
