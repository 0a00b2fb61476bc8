"""Use the SQLite file that holds the studies: one process at a time, and its errors translated into ours."""

import fcntl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.errors import InputError, ServiceError


@contextmanager
def lock_study_file(path: Path) -> Iterator[None]:
    """Lock the file during the block, so that no other process opens a study in it; its folder is created when absent.

    Raises:
        InputError: Another process is working on a study in this file.
        ServiceError: The disk cannot be written.
    """
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_suffix(".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                f"searches at {path}",
                found="another `tune` at work on them",
                expected="one at a time",
                remedy="Wait until it ends, or stop it: the trials that it finished are kept.",
            ) from error
        yield


@contextmanager
def optuna_errors() -> Iterator[None]:
    """Turn the database's errors in the block into a `ServiceError`, and ignore Optuna's warnings."""
    from sqlalchemy.exc import SQLAlchemyError

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about features that Optuna calls experimental
        try:
            yield
        except SQLAlchemyError as error:
            raise ServiceError(
                "Optuna's database",
                found=str(error).splitlines()[0][:300],
                expected="an answer",
                remedy=(
                    "Free some space or correct the permissions of studies.db, "
                    "then run the command again."
                ),
            ) from error
