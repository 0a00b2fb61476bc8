"""The acts of production on one month, in memory: check, score, measure and judge, by the policies in force.

The same functions as in the flows, without a lake, a registry or a report: what a drill needs to be run in minutes.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.adapters.files.table_export import write_table
from credit_default.data.checking.row_rules import REPEATED_KEY
from credit_default.data.checking.validation import ValidationResult, check_rows
from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME
from credit_default.data.months import count_months
from credit_default.data.planted_faults.injection import DeliveredMonth
from credit_default.errors import InputError
from credit_default.gates.monitoring.coverage import judge_coverage
from credit_default.gates.monitoring.drift import judge_drift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.gates.monitoring.performance import judge_performance
from credit_default.gates.monitoring.volume import Delivery, judge_volume
from credit_default.gates.quality import BatchHistory, FileCounts, judge_quality
from credit_default.gates.verdict import Level, Verdict
from credit_default.model.estimator.bundle import ModelBundle, measure_input_importance
from credit_default.model.estimator.decision import decide
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.profile.column_counts import Profile, profile_rows
from credit_default.model.profile.plan import ProfilePlan, plan_profile
from credit_default.model.profile.shift_attribution import measure_score_shift
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_drift import EXPLAINED_COLUMNS

FILE_GATE: Final = "file"  # what stops a file before any row is judged
_MONTH_DAYS: Final = 30.0


@dataclass(frozen=True, slots=True)
class PastMonth:
    """What the months after need to know of one that was looked at."""

    delivery: Delivery
    statement_month: str
    rejected_share: float
    profile: Profile


@dataclass(frozen=True, slots=True)
class JudgedMonth:
    """What every gate said of one month; `delivered` is None where it was not let in."""

    levels: dict[str, Level]
    delivered: PastMonth | None


@dataclass(frozen=True)
class DrillPipeline:
    """A model and its reference, and the policies by which months are judged."""

    wiring: Wiring
    bundle: ModelBundle

    @cached_property
    def importance(self) -> dict[str, float]:
        """Each input's share of the model."""
        return measure_input_importance(self.bundle)

    @cached_property
    def plan(self) -> ProfilePlan:
        """How rows are counted."""
        return plan_profile(
            self._rows, schema=self.wiring.schema, decision_policy=self.bundle.decision_policy
        )

    @cached_property
    def reference(self) -> Profile:
        """The reference's profile."""
        return profile_rows(self.plan, self._rows)

    @cached_property
    def test_roc_auc(self) -> float:
        """The model's AUC on its own test side."""
        from sklearn.metrics import roc_auc_score

        return float(
            roc_auc_score(
                self._rows[OUTCOME].to_numpy(), self._rows["default_probability"].to_numpy()
            )
        )

    @property
    def _rows(self) -> pl.DataFrame:
        reference = self.bundle.reference
        if reference is None:
            raise InputError(
                "model",
                found="no reference",
                expected="one",
                remedy="Train it with `fit_challenger`.",
            )
        return reference

    def inspect(self, month: DeliveredMonth, earlier: Sequence[PastMonth]) -> JudgedMonth:
        """What the gates say of the month, held against those before it, the oldest first."""
        try:
            checked = self._check(month)
        except InputError:
            return JudgedMonth({FILE_GATE: "refused"}, None)
        quality = self._judge_quality(checked, earlier)
        if not quality.passed:
            return JudgedMonth({quality.gate: quality.level}, None)
        rows = checked.accepted_rows()
        probability = score_probability(self.bundle, rows)
        decision = decide(probability, self.bundle.decision_policy)
        scored = rows.with_columns(
            pl.Series("default_probability", probability), pl.Series("decision", decision.tolist())
        )
        current = profile_rows(self.plan, scored)
        delivered = self._describe(month, checked, current, earlier)
        verdicts = (
            quality,
            self._judge_drift(current),
            self._judge_feed(current, checked, earlier),
            judge_volume(
                delivered.delivery, [d.delivery for d in earlier], policy=self.wiring.settings.feed
            ),
            self._judge_performance(month, rows, probability),
            *self._judge_coverage(month),
        )
        return JudgedMonth(_find_worst_levels(verdicts), delivered)

    def _check(self, month: DeliveredMonth) -> ValidationResult:
        schema = self.wiring.schema
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "batch.parquet"
            write_table(month.statements, path)
            frames = list(open_statement_file(path, schema=schema).read_batches())
        return check_rows(lambda: iter(frames), schema=schema, outcome="ignored")

    def _judge_quality(self, checked: ValidationResult, earlier: Sequence[PastMonth]) -> Verdict:
        repeated_count = checked.rule_counts.get(REPEATED_KEY, 0)
        counts = FileCounts(
            checked.row_count, checked.rejected_count, repeated_count, checked.rule_counts
        )
        history = BatchHistory(tuple(before.delivery.row_count for before in earlier))
        return judge_quality(counts, history, policy=self.wiring.settings.quality)

    def _describe(
        self,
        month: DeliveredMonth,
        checked: ValidationResult,
        current: Profile,
        earlier: Sequence[PastMonth],
    ) -> PastMonth:
        step = count_months(earlier[-1].statement_month, month.statement_month) if earlier else None
        wait = _MONTH_DAYS * (1 + month.arrival_delay) if earlier else None
        return PastMonth(
            Delivery(checked.row_count, age=1 + month.arrival_delay, step=step, wait=wait),
            month.statement_month,
            checked.rejected_count / checked.row_count,
            current,
        )

    def _judge_drift(self, current: Profile) -> Verdict:
        schema, policy = self.wiring.schema, self.wiring.settings.drift
        telling = [
            column
            for column in schema.inputs
            if column.name in list(self.importance)[:EXPLAINED_COLUMNS]
        ]
        return judge_drift(
            measure_drift(self.plan, self.reference, current, schema=schema, policy=policy),
            row_count=current.row_count,
            policy=policy,
            importance=self.importance,
            shift=measure_score_shift(self.plan, self.reference, current, columns=telling),
        )

    def _judge_feed(
        self, current: Profile, checked: ValidationResult, earlier: Sequence[PastMonth]
    ) -> Verdict:
        before = earlier[-1].profile.columns if earlier else {}
        state = BatchState(
            row_count=current.row_count,
            reference_count=self.reference.row_count,
            columns=measure_feed(
                self.plan,
                self.reference,
                current,
                schema=self.wiring.schema,
                fingerprints={name: column.fingerprint for name, column in before.items()},
                counts={name: column.counts for name, column in before.items()},
            ),
            twin_share=current.twin_share,
            reference_twin_share=self.reference.twin_share,
            rejected_count=checked.rejected_count,
            rule_counts=checked.rule_counts,
            earlier_rejected_shares=[before.rejected_share for before in earlier],
        )
        return judge_feed(state, policy=self.wiring.settings.feed)

    def _judge_performance(
        self, month: DeliveredMonth, rows: pl.DataFrame, probability: np.ndarray
    ) -> Verdict:
        scored = rows.select(*KEY, pl.Series("default_probability", probability))
        known = scored.join(month.outcomes.select(CLIENT_ID, OUTCOME), on=CLIENT_ID).sort(
            "default_probability"
        )
        policy, seed = self.bundle.decision_policy, self.wiring.settings.seed
        evaluation = evaluate(
            known[OUTCOME].to_numpy(),
            known["default_probability"].to_numpy(),
            policy=policy,
            seed=seed,
        )
        return judge_performance(
            evaluation, policy=self.wiring.settings.performance, test_roc_auc=self.test_roc_auc
        )

    def _judge_coverage(self, month: DeliveredMonth) -> list[Verdict]:
        """Of the month in which outcomes are due, and of the one after."""
        policy = self.wiring.settings.coverage
        return [
            judge_coverage(
                float(month.outcome_delay <= months_due), months_due=months_due, policy=policy
            )
            for months_due in (0, 1)
        ]


def _find_worst_levels(verdicts: Sequence[Verdict]) -> dict[str, Level]:
    order: tuple[Level, ...] = ("not judged", "ok", "watch", "alarm", "refused")
    levels: dict[str, Level] = {}
    for verdict in verdicts:
        levels[verdict.gate] = max(
            levels.get(verdict.gate, verdict.level), verdict.level, key=order.index
        )
    return levels
