"""Two versions on the rows that both scored: who changes side, which was better, and how a promotion turned out."""

import datetime as dt
from dataclasses import dataclass

from credit_default.gates.shadow.backtest import PromotionBacktest
from credit_default.model.comparison.swap_set import SwapGroup
from credit_default.services.comparison.backtests import backtest_promotions
from credit_default.services.comparison.compare_versions import (
    compare_versions,
    summarise_comparison,
)
from credit_default.services.context.wiring import Wiring
from credit_default.services.overview.version_gains import ContestGain, list_gains
from credit_default.services.overview.version_list import VersionRow, describe_versions
from credit_default.views.terminal.version_comparison import VersionComparison, name_group


@dataclass(frozen=True, slots=True)
class VersionPair:
    """Two versions side by side.

    Attributes:
        rows: Both versions, the first one first.
        found: What `models compare` finds of them.
        groups: The swap set: its groups with their names in words, those that change side first.
        gains: The second version's gains on known outcomes; empty where none counts.
        notes: What the comparison rests on, and what was left out.
    """

    rows: tuple[VersionRow, VersionRow]
    found: VersionComparison
    groups: tuple[tuple[str, SwapGroup], ...]
    gains: tuple[ContestGain, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class VersionBacktest:
    """A past promotion with the verdict on it, and the gains on the months that followed."""

    backtest: PromotionBacktest
    gains: tuple[ContestGain, ...]


def read_pair(wiring: Wiring, first: int, second: int, *, now: dt.datetime) -> VersionPair:
    """Return the two versions side by side.

    Raises:
        InputError: It is one version twice, one of them does not exist, or no batch was scored by both of them.
    """
    found = compare_versions(wiring, first, second, now=now)
    versions = [wiring.registry.find_version(number) for number in (first, second)]
    rows = describe_versions(wiring, versions)
    return VersionPair(
        (rows[first], rows[second]),
        found,
        tuple((name_group(group, found), group) for group in found.swap_set),
        list_gains(found.differences, wiring.settings.promotion, side="known outcomes"),
        summarise_comparison(found).notes,
    )


def read_backtests(wiring: Wiring, number: int, *, now: dt.datetime) -> tuple[VersionBacktest, ...]:
    """Return a back-test of each promotion by which the version replaced a champion, the oldest first."""
    policy = wiring.settings.promotion
    return tuple(
        VersionBacktest(one, list_gains(one.differences, policy, side="the months that followed"))
        for one in backtest_promotions(wiring, now=now, new_version=number)
    )
