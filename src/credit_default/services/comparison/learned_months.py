"""Find the last month that a version learned from, and how it did on the months after it: out of time."""

import datetime as dt
import logging

import numpy as np
import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot_rows
from credit_default.data.contract.schema import KEY, STATEMENT_MONTH
from credit_default.errors import CreditDefaultError
from credit_default.gates.shadow.backtest import BacktestPolicy, backtest_promotion
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import hash_row_keys
from credit_default.services.comparison.paired_rows import read_paired_rows
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)


def describe_out_of_time(wiring: Wiring, number: int, *, now: dt.datetime) -> tuple[str, ...]:
    """Return how the version did against the champion on months after its last one, for the record of a promotion.

    Its scores in the shadow count, as neither version learned from those months. Empty where it is
    the champion, or there is none. A comparison that fails is said, and stops no promotion.
    """
    champion = wiring.registry.find_champion()
    if champion is None or champion.number == number:
        return ()
    try:
        found = _judge_out_of_time(wiring, champion.number, number, now=now)
    except CreditDefaultError as error:
        _LOG.warning("not compared out of time model_version=%d: %s", number, error)
        found = f"not compared, {error}"
    return (f"out of time, against version {champion.number}: {found}",)


def find_last_learned_month(lake: Lake, bundle: ModelBundle) -> str:
    """Return the last statement month (YYYY-MM) that the bundle learned from, "" where the lake does not tell."""
    months = [""]
    for snapshot in list_snapshots(lake):
        if snapshot.source.sha256 not in bundle.source_digests:
            continue
        for rows in read_snapshot_rows(snapshot, columns=KEY):
            learned = rows.filter(pl.Series(np.isin(hash_row_keys(rows), bundle.trained_rows)))
            months += [str(learned[STATEMENT_MONTH].max())] if learned.height else []
    return max(months)


def _judge_out_of_time(wiring: Wiring, champion: int, number: int, *, now: dt.datetime) -> str:
    registry, performance = wiring.registry, wiring.settings.performance
    old = registry.load_version(registry.find_version(champion))
    new = registry.load_version(registry.find_version(number))
    paired = read_paired_rows(
        wiring.lake,
        (champion, number),
        bundles=(old, new),
        coverage=wiring.settings.coverage,
        now=now,
        after_month=find_last_learned_month(wiring.lake, new),
    )
    known = paired.known
    _, verdict = backtest_promotion(
        None if known.is_empty() else paired.pair_outcomes(),
        months=tuple(known[STATEMENT_MONTH].unique().sort()),
        thresholds=(old.decision_policy.threshold, new.decision_policy.threshold),
        costs=wiring.settings.decision,
        policy=BacktestPolicy(performance.fewest_rows, performance.fewest_defaults),
    )
    return f"{verdict.level}, {verdict.reasons[0]}"
