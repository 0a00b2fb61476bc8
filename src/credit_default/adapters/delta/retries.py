"""Try a commit to a Delta table again when another runner was faster, and never make it twice.

Every commit carries a token of the call that made it. When an attempt fails, the commits made since are searched for the
token: where one carries it, only the reply was lost and the commit has succeeded.
"""

import logging
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.exceptions import CommitFailedError

from credit_default.adapters.delta.errors import (
    DELTA_EXCEPTIONS,
    delta_errors,
    is_connection_error,
    panics_as_errors,
    translate_delta_error,
)
from credit_default.adapters.delta.table import (
    LakeTable,
    find_delta_table,
    open_or_create_delta_table,
)
from credit_default.errors import ServiceError
from credit_default.failpoints import hit_failpoint

_Result = TypeVar("_Result")

_TOKEN_NAME = "attempt"  # noqa: S105 - not a password
# How often a commit that never arrived is sent again. deltalake does not do that, since it cannot know.
_CONNECTION_RETRY_COUNT = 2
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a commit is tried when another runner commits to the same rows, and how long to wait in between.

    Attributes:
        attempt_count: Attempts, the first included.
        first_wait_seconds: The longest wait after the first attempt; it doubles with each attempt.
        longest_wait_seconds: Where the doubling ends.
    """

    attempt_count: int = 100
    first_wait_seconds: float = 0.02
    longest_wait_seconds: float = 1.0

    def wait_seconds(self, attempt: int) -> float:
        """Return the seconds to wait after a failed attempt.

        The wait is drawn at random between half and all of the longest, so that runners do not collide again.

        Args:
            attempt: The number of the attempt, 0 first.
        """
        longest = min(self.first_wait_seconds * 2 ** min(attempt, 30), self.longest_wait_seconds)
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads runners out, protects nothing


DEFAULT_RETRY = RetryPolicy()


class StreamFailedError(Exception):
    """Carries what a stream of rows raised itself past the translation of deltalake's errors.

    Attributes:
        cause: What the stream raised.
    """

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


def build_commit_properties(
    token: str, numbers: Mapping[str, int], *, rebase_count: int = 0
) -> CommitProperties:
    """Return what a commit carries.

    Args:
        token: Names the call that makes the commit.
        numbers: Application transactions; commits with the same one, made at the same time, are a conflict.
        rebase_count: How many commits of others, which touched neither its rows nor its transactions, it may be put behind.
    """
    return CommitProperties(
        custom_metadata={_TOKEN_NAME: token},
        app_transactions=[Transaction(name, number) for name, number in numbers.items()],
        max_commit_retries=rebase_count,
    )


def commit_once(
    table: LakeTable,
    write: Callable[[DeltaTable, str], _Result],
    *,
    recover_result: Callable[[Mapping[str, Any]], _Result],
    retry: RetryPolicy,
) -> _Result:
    """Make one commit, however many attempts that takes, and return its result.

    Args:
        table: The table; it is created where it does not exist.
        write: Makes the commit on the opened version, with the token; returns the result.
        recover_result: Makes the result from the commit's record, where the commit succeeded although `write` failed.
        retry: How often a commit is tried after a conflict with another runner's.

    Raises:
        ServiceError: The table cannot be reached, or another runner was faster each time.
    """
    token, broken_count = secrets.token_hex(16), 0
    for attempt in range(retry.attempt_count):
        opened_version = -1
        try:
            with panics_as_errors():
                delta = open_or_create_delta_table(table)
                opened_version = delta.version()
                hit_failpoint("table.opened")
                result = write(delta, token)
        except StreamFailedError as failed:
            raise failed.cause from None
        except DELTA_EXCEPTIONS as error:
            if (commit := _find_commit(table, token, since=opened_version)) is not None:
                _LOG.info("commit had succeeded, its reply was lost table=%s", table.uri)
                return recover_result(commit)
            broken = is_connection_error(error, table.uri)
            broken_count += broken
            if not (
                isinstance(error, CommitFailedError)
                or (broken and broken_count <= _CONNECTION_RETRY_COUNT)
            ):
                raise translate_delta_error(error, table.uri) from error
            hit_failpoint("table.refused")
            _LOG.debug("commit refused, trying again table=%s attempt=%d", table.uri, attempt + 1)
            time.sleep(retry.wait_seconds(attempt))
        else:
            hit_failpoint("table.committed")
            return result
    _LOG.warning("commit refused, giving up table=%s attempts=%d", table.uri, retry.attempt_count)
    raise ServiceError(
        f"table {table.uri}",
        found=f"another runner committing to the same rows, {retry.attempt_count} times in a row",
        expected="a commit without a conflict",
        remedy="Run the command again when the other runner is done.",
    )


def _find_commit(table: LakeTable, token: str, *, since: int) -> Mapping[str, Any] | None:
    """Return the record of the commit after version `since` that carries the token, or None where there is none."""
    with delta_errors(table.uri):
        delta = find_delta_table(table) if since >= 0 else None
        if delta is None or delta.version() == since:
            return None
        return next(
            (c for c in delta.history(delta.version() - since) if c.get(_TOKEN_NAME) == token), None
        )
