"""Performance over time as a page shows it: what was estimated, what came true, how even it was, and the line of the alarm.

The newest batches only: the monitoring table is never read whole, nor are the profiles beside the reports.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.gates.monitoring.label_free_estimate import read_estimate
from credit_default.gates.monitoring.monitoring_gates import (
    ESTIMATE,
    FAIRNESS,
    PERFORMANCE,
    get_gate_position,
)
from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.services.batches.figure_words import say_reason
from credit_default.services.context.data_origin import SIMULATED
from credit_default.services.context.wiring import Wiring

SHOWN_BATCHES: Final = 48
_RATIO: Final = "_acceptance_ratio"
_REFERENCE: Final = "reference_"


@dataclass(frozen=True, slots=True)
class GroupRatio:
    """The lowest acceptance ratio among an attribute's groups, and that of the same group on the test side."""

    attribute: str
    ratio: float
    reference_ratio: float


@dataclass(frozen=True, slots=True)
class BatchPerformance:
    """One batch as its newest version scored it: what the monitors found. None where it is not known."""

    label: str  # the month, with the batch's first digits where a month has several
    statement_month: str  # YYYY-MM
    batch_id: str
    model_version: int
    row_count: int
    levels: Mapping[str, str]  # by gate, in the order of display
    reasons: Mapping[str, str]  # by gate: the first reason
    is_judged: bool  # the outcomes are complete, and ranking and calibration were judged by them
    coverage_share: float | None  # of the scored rows, those whose outcome is known
    estimated_default_share: Metric | None  # by the scores, before outcomes
    observed_default_share: Metric | None  # with Wilson's interval
    mean_probability: float | None  # of the rows with a known outcome
    estimated_roc_auc: Metric | None
    roc_auc: Metric | None
    roc_auc_floor: float | None
    calibration_error: float | None  # defaults above the expected ones, as a part of these
    calibration_allowance: float | None  # from which on it is an alarm
    ratios: tuple[GroupRatio, ...]

    @property
    def coverage(self) -> str:
        """How many outcomes are known, in words."""
        if self.coverage_share is None:
            return "no outcome is complete yet"
        state = "complete" if self.is_judged else "not judged yet"
        return f"{self.coverage_share:.0%} of the outcomes known, {state}"


@dataclass(frozen=True, slots=True)
class PerformanceOverview:
    """A page of batches in the order of months."""

    batches: tuple[BatchPerformance, ...]
    number: int  # of the page, from 1: the newest
    has_older: bool
    is_simulated: bool
    lowest_ratio: float  # the alarm line of the acceptance ratio

    @property
    def coverage(self) -> str:
        """Of how many batches the outcomes are complete, in words."""
        judged = sum(batch.is_judged for batch in self.batches)
        return f"outcomes complete for {judged} of {len(self.batches)} batches"

    @property
    def months(self) -> tuple[str, ...]:
        """The statement months, each once."""
        return tuple(dict.fromkeys(batch.statement_month for batch in self.batches))

    @property
    def changes(self) -> tuple[str, ...]:
        """The labels at which another version than before had scored."""
        pairs = zip(self.batches, self.batches[1:], strict=False)
        return tuple(new.label for old, new in pairs if new.model_version != old.model_version)


def read_performance(
    wiring: Wiring, *, number: int = 1, count: int = SHOWN_BATCHES
) -> PerformanceOverview:
    """Return the newest monitored batches; with a higher number, as many of those before them."""
    newest, has_older = _list_newest(wiring.lake, number=number, count=count)
    findings = _read_findings(wiring.lake, newest)
    return PerformanceOverview(
        tuple(_build_batches(findings, newest)),
        number,
        has_older=has_older,
        is_simulated=SIMULATED in findings["data_origin"].to_list(),
        lowest_ratio=wiring.settings.fairness_drift.lowest_ratio,
    )


def _list_newest(lake: Lake, *, number: int, count: int) -> tuple[pl.DataFrame, bool]:
    """Return batch, month and newest version of these batches, the oldest first, and whether there are older ones."""
    found = collect_rows(
        lake,
        scan_table(lake, "monitoring")
        .group_by("batch_id")
        .agg(pl.col("statement_month").max(), pl.col("model_version").max())
        .sort("statement_month", "batch_id", descending=True)
        .slice(count * (number - 1), count + 1),
    )
    return found.head(count).reverse(), found.height > count


def _read_findings(lake: Lake, newest: pl.DataFrame) -> pl.DataFrame:
    """Return the verdicts on these batches under these versions, by time."""
    months = newest["statement_month"].unique().to_list()
    rows = scan_table(lake, "monitoring").filter(pl.col("statement_month").is_in(months))
    return collect_rows(
        lake,
        rows.join(newest.lazy(), on=["batch_id", "model_version"], how="semi").sort("monitored_at"),
    )


def _build_batches(findings: pl.DataFrame, newest: pl.DataFrame) -> Iterator[BatchPerformance]:
    by_batch = findings.partition_by("batch_id", as_dict=True)
    months = newest["statement_month"].to_list()
    for batch_id, month, version in newest.select(
        "batch_id", "statement_month", "model_version"
    ).iter_rows():
        label = month if months.count(month) == 1 else f"{month} {batch_id[:4]}"
        rows = by_batch[(batch_id,)].to_dicts()
        yield _build_batch(label, rows, month=month, version=version)


def _build_batch(
    label: str, rows: Sequence[Mapping[str, Any]], *, month: str, version: int
) -> BatchPerformance:
    figures = {row["gate"]: json.loads(row["figures"]) for row in rows}
    found = figures.get(PERFORMANCE.name, {})
    levels = {row["gate"]: row["level"] for row in _sort_by_gate(rows)}
    is_judged = levels.get(PERFORMANCE.name, "not judged") != "not judged"
    estimate = read_estimate(figures.get(ESTIMATE.name, {}))
    return BatchPerformance(
        label=label,
        statement_month=month,
        batch_id=rows[0]["batch_id"],
        model_version=version,
        row_count=rows[-1]["row_count"],
        levels=levels,
        reasons={row["gate"]: say_reason(next(iter(row["reasons"]), "")) for row in rows},
        is_judged=is_judged,
        coverage_share=found.get("coverage_share"),
        estimated_default_share=estimate.get("default_share"),
        observed_default_share=_measure_observed(found),
        mean_probability=found.get("mean_probability"),
        estimated_roc_auc=estimate.get("roc_auc"),
        roc_auc=_read_metric(found, "roc_auc"),
        roc_auc_floor=found.get("roc_auc_floor"),
        calibration_error=found.get("calibration_error"),
        calibration_allowance=found.get("calibration_allowance"),
        ratios=tuple(_list_ratios(figures.get(FAIRNESS.name, {}))),
    )


def _sort_by_gate(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(rows, key=lambda row: get_gate_position(row["gate"]))


def _measure_observed(figures: Mapping[str, float]) -> Metric | None:
    """Return the observed share of defaults among the rows that were judged; None where none were."""
    share, count = figures.get("default_share"), int(figures.get("row_count", 0))
    return None if share is None or not count else measure_share(round(share * count), count)


def _read_metric(figures: Mapping[str, float], name: str) -> Metric | None:
    names = (name, f"{name}_low", f"{name}_high")
    return Metric(*(figures[one] for one in names)) if set(names) <= set(figures) else None


def _list_ratios(figures: Mapping[str, float]) -> Iterator[GroupRatio]:
    for name, ratio in figures.items():
        if name.endswith(_RATIO) and not name.startswith(_REFERENCE):
            reference = figures.get(f"{_REFERENCE}{name}", float("nan"))
            yield GroupRatio(name.removesuffix(_RATIO), ratio, reference)
