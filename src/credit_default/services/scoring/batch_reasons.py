"""Give reasons to the declined clients of a batch as it is scored, to as many of them as the policy says, in file order."""

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock

import polars as pl

from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.explanation.reason_codes import (
    ReasonFinder,
    ReasonsPolicy,
    build_reason_finder,
)
from credit_default.services.context.wiring import Portfolio


@dataclass
class BatchReasons:
    """The reasons of one batch under one model.

    It counts the declined clients of the batch from frame to frame, so that frame sizes do not
    change who is given reasons.
    """

    bundle: ModelBundle
    portfolio: Portfolio
    policy: ReasonsPolicy
    declined_count: int = 0  # declined rows so far
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    def allot(self, declined_count: int) -> int:
        """Return how many of the next frame's declined rows are given reasons: the first so many.

        Frames are to be passed in the order of the file.
        """
        before = self.policy.count_explained(self.declined_count)
        self.declined_count += declined_count
        return self.policy.count_explained(self.declined_count) - before

    def find(self, declined: pl.DataFrame) -> list[list[str]]:
        """Return the reasons of these declined rows. Several threads may call it at once."""
        with self._lock:  # built once, by whoever needs it first
            finder = self._finder
        return finder.find_reasons(declined)

    @cached_property
    def _finder(self) -> ReasonFinder:
        return build_reason_finder(
            self.bundle, self.portfolio.reasons, schema=self.portfolio.schema
        )


def describe_missing_reasons(
    mode: str, *, declined_count: int, reasoned_count: int
) -> tuple[str, ...]:
    """Return a note on the declined clients of a batch without reasons; empty where each has some."""
    if reasoned_count >= declined_count:
        return ()
    if mode == "none":
        return (
            f"no reasons were given to the {declined_count:,} declined clients, as `--reasons none` asks",
        )
    given = f"reasons were given to {reasoned_count:,} of {declined_count:,} declined clients, in the order of the file"
    return (f"{given}; `--reasons all` gives them to all, `credit-default explain` to one client",)
