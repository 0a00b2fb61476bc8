"""Reasons of a batch as it streams by: given to as many of its declined clients as the policy says, in their order."""

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.explanation.reason_codes import ReasonFinder, build_reason_finder
from credit_default.services.context.wiring import Wiring


@dataclass
class BatchReasons:
    """The reasons of one batch under one model. It counts the declined clients that it has seen, whatever the frames' sizes."""

    wiring: Wiring
    bundle: ModelBundle
    declined_count: int = 0

    def give(self, declined: pl.DataFrame) -> list[list[str]]:
        """Each declined row's reasons, an empty list for those beyond what the policy allows; a part of the batch at a time."""
        count_explained = self.wiring.settings.reasons.count_explained
        before = self.declined_count
        self.declined_count += declined.height
        wanted = count_explained(self.declined_count) - count_explained(before)
        given = self._giver.find_reasons(declined.head(wanted)) if wanted else []
        return [*given, *([] for _ in range(declined.height - wanted))]

    @cached_property
    def _giver(self) -> ReasonFinder:
        return build_reason_finder(
            self.bundle, self.wiring.portfolio.reasons, schema=self.wiring.schema
        )


def describe_missing_reasons(
    mode: str, *, declined_count: int, reasoned_count: int
) -> tuple[str, ...]:
    """A note on the declined clients of a batch who were given no reasons, if there are any."""
    if reasoned_count >= declined_count:
        return ()
    if mode == "none":
        return (
            f"no reasons were given to the {declined_count:,} declined clients, as `--reasons none` asks",
        )
    told = f"reasons were given to {reasoned_count:,} of {declined_count:,} declined clients, in the order of the file"
    return (f"{told}; `--reasons all` gives them to everybody, `credit-default explain` to one",)
