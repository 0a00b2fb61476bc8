"""Translate the errors of MLflow and its database into `MlflowError`."""

from collections.abc import Iterator
from contextlib import contextmanager

from credit_default.errors import MlflowError


@contextmanager
def mlflow_errors(thing: str) -> Iterator[None]:
    """Turn MLflow's errors in this block into a `MlflowError` about `thing`, an address or a run.

    Raises:
        MlflowError: MLflow raised an error in the block.
    """
    from mlflow import MlflowException
    from sqlalchemy.exc import SQLAlchemyError  # MLflow passes some of its database's errors on

    try:
        yield
    except (MlflowException, SQLAlchemyError) as error:
        raise MlflowError(
            f"MLflow ({thing})",
            found=str(error).splitlines()[0][:300],
            expected="an answer from the tracking store",
            remedy="Check that the store at CREDIT_DEFAULT_MLFLOW__TRACKING_URI is up, then run the command again.",
        ) from error
