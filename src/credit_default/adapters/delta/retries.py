"""How a commit to a Delta table is tried: again when another runner was faster, and never twice.

Every commit carries a token of the call that made it. When a try fails, the commits that came since are searched for the
token: where it stands, only the reply was lost, and the commit is our own success.
"""

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

_TOKEN_NAME = "attempt"  # noqa: S105 - nobody's password
_CONNECTION_RETRY_COUNT = (
    2  # so often a commit that never arrived is sent again; deltalake does not, since it can't know
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a commit is tried when another runner commits to the same rows, and how long to wait in between."""

    attempt_count: int = 100
    first_wait_seconds: float = 0.02
    longest_wait_seconds: float = 1.0

    def wait_seconds(self, attempt: int) -> float:
        """Seconds to wait after the failed attempt (0, 1, …): doubling, with chance so that runners do not march in step."""
        longest = min(self.first_wait_seconds * 2 ** min(attempt, 30), self.longest_wait_seconds)
        return random.uniform(longest / 2, longest)  # noqa: S311 - spreads runners out, hides nothing


DEFAULT_RETRY = RetryPolicy()


class StreamFailedError(Exception):
    """What a stream of rows raised itself, carried past the translation of deltalake's errors."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


def build_commit_properties(
    token: str, numbers: Mapping[str, int], *, rebase_count: int = 0
) -> CommitProperties:
    """What a commit carries; `numbers` are application transactions, on which commits made at once are a conflict.

    `rebase_count` is how many commits of others, which touched neither rows nor transactions of ours, it may go behind.
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
    own: Callable[[Mapping[str, Any]], _Result],
    retry: RetryPolicy,
) -> _Result:
    """What `write` gives, or what `own` makes of our commit's record when it stands although `write` failed."""
    token, broken_count = secrets.token_hex(16), 0
    for attempt in range(retry.attempt_count):
        opened_version = -1
        try:
            delta = open_or_create_delta_table(table)
            opened_version = delta.version()
            hit_failpoint("table.opened")
            result = write(delta, token)
        except StreamFailedError as failed:
            raise failed.cause from None
        except DELTA_EXCEPTIONS as error:
            if (commit := _find_commit(table, token, since=opened_version)) is not None:
                return own(commit)
            broken = is_connection_error(error, table.uri)
            broken_count += broken
            if not (
                isinstance(error, CommitFailedError)
                or (broken and broken_count <= _CONNECTION_RETRY_COUNT)
            ):
                raise translate_delta_error(error, table.uri) from error
            hit_failpoint("table.refused")
            time.sleep(retry.wait_seconds(attempt))
        else:
            hit_failpoint("table.committed")
            return result
    raise ServiceError(
        f"table {table.uri}",
        found=f"another runner committing to the same rows, {retry.attempt_count} times in a row",
        expected="a commit of our own",
        remedy="Run the command again when the other runner is done.",
    )


def _find_commit(table: LakeTable, token: str, *, since: int) -> Mapping[str, Any] | None:
    """The record of the commit after version `since` that carries the token, or None where there is none."""
    with delta_errors(table.uri):
        delta = find_delta_table(table) if since >= 0 else None
        if delta is None or delta.version() == since:
            return None
        return next(
            (c for c in delta.history(delta.version() - since) if c.get(_TOKEN_NAME) == token), None
        )
