"""Run one delivered month through check, scoring and monitoring in memory, by the policies in force.

The drill judges some 210 months, which production on a lake would take minutes for (docs/adr/0019): here the same functions
are called without a lake, a registry or a report.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

import polars as pl

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.adapters.files.table_export import write_table
from credit_default.data.checking.row_rules import REPEATED_KEY
from credit_default.data.checking.validation import ValidationResult, check_rows
from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME, Schema
from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.errors import InputError
from credit_default.gates.monitoring.coverage import judge_coverage
from credit_default.gates.monitoring.performance import judge_performance
from credit_default.gates.monitoring.volume import judge_volume
from credit_default.gates.quality import BatchHistory, FileCounts, judge_quality
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.estimator.bundle import ModelBundle, measure_input_importance
from credit_default.model.estimator.decision import decide
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.profile.column_counts import Profile, profile_rows
from credit_default.model.profile.plan import ProfilePlan, plan_profile
from credit_default.services.monitoring.batch_drift import judge_profiled_drift
from credit_default.services.monitoring.batch_performance import measure_reference
from credit_default.services.monitoring.batch_profile import ProfiledBatch
from credit_default.services.monitoring.feed_and_volume import Rejections, judge_profiled_feed
from credit_default.services.simulation.past_month import (
    PastMonth,
    describe_past_month,
    find_proven_month,
    read_previous_columns,
)
from credit_default.settings import Settings

FILE_GATE: Final = "file"  # what refuses a file before any row is judged
_LEVELS: Final[tuple[Level, ...]] = ("not judged", "ok", "watch", "alarm", "refused")


@dataclass(frozen=True, slots=True)
class JudgedMonth:
    """The level of every gate on one month; `past_month` is None where the month was refused."""

    levels: dict[str, Level]
    past_month: PastMonth | None


@dataclass(frozen=True)
class DrillPipeline:
    """A model with its reference, and the policies by which months are judged."""

    settings: Settings
    schema: Schema
    bundle: ModelBundle

    @cached_property
    def importance(self) -> dict[str, float]:
        """Each input's share of the model (0–1), the heaviest first."""
        return measure_input_importance(self.bundle)

    @cached_property
    def plan(self) -> ProfilePlan:
        """The bins by which rows are counted."""
        policy = self.bundle.decision_policy
        return plan_profile(self._reference_rows, schema=self.schema, decision_policy=policy)

    @cached_property
    def reference(self) -> Profile:
        """The profile of the reference."""
        return profile_rows(self.plan, self._reference_rows)

    @cached_property
    def tested(self) -> ReferencePerformance:
        """How good the model was on its own test side."""
        return measure_reference(self.bundle)

    @property
    def _reference_rows(self) -> pl.DataFrame:
        reference = self.bundle.reference
        if reference is None:
            raise InputError(
                "model",
                found="no reference",
                expected="one",
                remedy="Train it with `fit_challenger`.",
            )
        return reference

    def judge_month(self, month: DeliveredMonth, earlier: Sequence[PastMonth]) -> JudgedMonth:
        """Return what every gate says about the month.

        Args:
            month: The month as it was delivered.
            earlier: The months before it that were not refused, the oldest first.
        """
        try:
            checked = _check_statements(month.statements, schema=self.schema)
        except InputError:
            return JudgedMonth({FILE_GATE: "refused"}, None)
        quality = self._judge_quality(checked, earlier)
        if not quality.passed:
            return JudgedMonth({quality.gate: quality.level}, None)
        scored = self._score(checked.accepted_rows())
        current = profile_rows(self.plan, scored)
        past_month = describe_past_month(month, checked, current, earlier)
        verdicts = (
            quality,
            *self._judge_rows(current, checked, earlier, month=past_month.statement_month),
            self._judge_volume(past_month, earlier),
            self._judge_performance(month, scored),
            *self._judge_coverage(month),
        )
        levels = _find_worst_levels(verdicts)
        return JudgedMonth(levels, replace(past_month, levels=levels))

    def _judge_quality(self, checked: ValidationResult, earlier: Sequence[PastMonth]) -> Verdict:
        repeated_count = checked.rule_counts.get(REPEATED_KEY, 0)
        counts = FileCounts(
            checked.row_count, checked.rejected_count, repeated_count, checked.rule_counts
        )
        history = BatchHistory(tuple(before.delivery.row_count for before in earlier))
        return judge_quality(counts, history, policy=self.settings.quality)

    def _score(self, rows: pl.DataFrame) -> pl.DataFrame:
        probability = score_probability(self.bundle, rows)
        decision = decide(probability, self.bundle.decision_policy)
        return rows.with_columns(
            pl.Series("default_probability", probability), pl.Series("decision", decision.tolist())
        )

    def _judge_rows(
        self,
        current: Profile,
        checked: ValidationResult,
        earlier: Sequence[PastMonth],
        *,
        month: str,
    ) -> tuple[Verdict, Verdict]:
        """Return the verdicts on drift and feed, as monitoring gives them on counted rows."""
        profiled = ProfiledBatch(self.plan, self.reference, current, sample=pl.DataFrame())
        rejections = Rejections(
            checked.rejected_count,
            checked.rule_counts,
            [before.rejected_share for before in earlier],
        )
        drift = judge_profiled_drift(
            profiled,
            importance=self.importance,
            schema=self.schema,
            policy=self.settings.drift,
            find_proven=lambda: find_proven_month(earlier, month),
        )
        feed = judge_profiled_feed(
            profiled,
            previous=read_previous_columns(earlier),
            rejections=rejections,
            schema=self.schema,
            policy=self.settings.feed,
        )
        return drift.verdict, feed

    def _judge_volume(self, past_month: PastMonth, earlier: Sequence[PastMonth]) -> Verdict:
        deliveries = [before.delivery for before in earlier]
        return judge_volume(past_month.delivery, deliveries, policy=self.settings.feed)

    def _judge_performance(self, month: DeliveredMonth, scored: pl.DataFrame) -> Verdict:
        known = (
            scored.select(*KEY, "default_probability")
            .join(month.outcomes.select(CLIENT_ID, OUTCOME), on=CLIENT_ID)
            .sort("default_probability")
        )
        evaluation = evaluate(
            known[OUTCOME].to_numpy(),
            known["default_probability"].to_numpy(),
            policy=self.bundle.decision_policy,
            seed=self.settings.seed,
        )
        policy = self.settings.performance
        return judge_performance(evaluation, policy=policy, reference=self.tested)

    def _judge_coverage(self, month: DeliveredMonth) -> list[Verdict]:
        """Return the verdicts in the month in which the outcomes are due, and in the one after."""
        policy = self.settings.coverage
        return [
            judge_coverage(
                float(month.outcome_delay <= months_due), months_due=months_due, policy=policy
            )
            for months_due in (0, 1)
        ]


def _check_statements(statements: pl.DataFrame, *, schema: Schema) -> ValidationResult:
    """Write the statements to a file, read it back as production does, and check its rows.

    Raises:
        InputError: The file as a whole is not what it should be.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "batch.parquet"
        write_table(statements, path)
        frames = list(open_statement_file(path, schema=schema).read_batches())
    return check_rows(lambda: iter(frames), schema=schema, outcome="ignored")


def _find_worst_levels(verdicts: Sequence[Verdict]) -> dict[str, Level]:
    """Return each gate's worst level."""
    levels: dict[str, Level] = {}
    for verdict in verdicts:
        known = levels.get(verdict.gate, verdict.level)
        levels[verdict.gate] = max(known, verdict.level, key=_LEVELS.index)
    return levels
