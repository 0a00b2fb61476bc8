"""Back-test past promotions: the new champion against the old one, on the complete months that followed."""

import datetime as dt
import logging
from collections.abc import Iterator
from itertools import pairwise

from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import CreditDefaultError
from credit_default.gates.ledger.event_format import RecordedEvent, select_events
from credit_default.gates.ledger.version_events import ChampionChanged, Promoted, RolledBack
from credit_default.gates.shadow.backtest import (
    GATE,
    BacktestPolicy,
    PromotionBacktest,
    backtest_promotion,
)
from credit_default.gates.verdict import Verdict
from credit_default.services.comparison.paired_rows import read_paired_rows
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)


def backtest_promotions(
    wiring: Wiring, *, now: dt.datetime, new_version: int | None = None
) -> tuple[PromotionBacktest, ...]:
    """Return a back-test of every promotion that replaced a champion, or of those of one version, the oldest first.

    It is derived from the scores and outcomes on record, so that the same lake gives the same
    result; nothing is recorded. The old champion's scores are those that it gave in the shadow, or
    that `models compare --fill` added. A version that cannot be loaded leaves its promotion not judged.

    Raises:
        ServiceError: The lake does not answer.
    """
    return tuple(
        _backtest(wiring, old, promoted, now=now)
        for old, promoted in _list_replacements(wiring)
        if new_version in (None, promoted.entry.model_version)
    )


def describe_backtests(backtests: tuple[PromotionBacktest, ...]) -> dict[int, str]:
    """Return the sentence on the last promotion of each version."""
    return {backtest.new_version: backtest.describe() for backtest in backtests}


def _list_replacements(wiring: Wiring) -> Iterator[tuple[int, RecordedEvent[ChampionChanged]]]:
    """Yield the promotions that replaced a champion, each with that champion's number."""
    entries = read_entries(wiring.lake, events=(Promoted.name, RolledBack.name))
    changes = list(select_events(entries, Promoted, RolledBack))
    for before, change in pairwise(changes):
        if change.entry.event == Promoted.name:
            yield before.entry.model_version, change


def _backtest(
    wiring: Wiring, old: int, promoted: RecordedEvent[ChampionChanged], *, now: dt.datetime
) -> PromotionBacktest:
    new, at = promoted.entry.model_version, promoted.entry.at
    try:
        return _measure(wiring, old, new, promoted_at=at, now=now)
    except CreditDefaultError as error:
        _LOG.warning("not back-tested model_version=%d: %s", new, error)
        verdict = Verdict(GATE, "not judged", (str(error),))
        return PromotionBacktest(old, new, at, (), 0, {}, verdict)


def _measure(
    wiring: Wiring, old: int, new: int, *, promoted_at: str, now: dt.datetime
) -> PromotionBacktest:
    registry, performance = wiring.registry, wiring.settings.performance
    bundles = tuple(registry.load_version(registry.find_version(n)) for n in (old, new))
    paired = read_paired_rows(
        wiring.lake,
        (old, new),
        bundles=(bundles[0], bundles[1]),
        coverage=wiring.settings.coverage,
        now=now,
        since=dt.datetime.fromisoformat(promoted_at),
    )
    known = paired.known
    months = tuple(known["statement_month"].unique().sort())
    differences, verdict = backtest_promotion(
        None if known.is_empty() else paired.pair_outcomes(),
        months=months,
        thresholds=(bundles[0].decision_policy.threshold, bundles[1].decision_policy.threshold),
        costs=wiring.settings.decision,
        policy=BacktestPolicy(performance.fewest_rows, performance.fewest_defaults),
    )
    return PromotionBacktest(old, new, promoted_at, months, known.height, differences, verdict)
