"""What MLflow complains of, in our words."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from credit_default.errors import ServiceError

MLFLOW_ERROR_PREFIX: Final = "MLflow"  # how an error about the server begins


@contextmanager
def mlflow_errors(thing: str) -> Iterator[None]:
    """A block in which MLflow's complaints become a `ServiceError` about `thing`."""
    from mlflow import MlflowException
    from sqlalchemy.exc import SQLAlchemyError  # MLflow lets some of its database's through

    try:
        yield
    except (MlflowException, SQLAlchemyError) as error:
        raise ServiceError(
            f"{MLFLOW_ERROR_PREFIX} ({thing})",
            found=str(error).splitlines()[0][:300],
            expected="an answer from the tracking store",
            remedy="Check that the store at CREDIT_DEFAULT_MLFLOW__TRACKING_URI is up, then run the command again.",
        ) from error
