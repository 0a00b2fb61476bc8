"""What a validation found, as one value: terminal, page, JSON and workbook are made from it alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import LIGHTS, Light, ValidationResult
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation_report.reporting_tables import (
    ReportingTables,
    build_reporting_tables,
)
from credit_default.gates.validation_report.validation_verdict import judge_results
from credit_default.gates.verdict import Verdict


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """What a sample consists of; outcomes and defaults are 0 where no outcome is known."""

    row_count: int
    outcome_count: int
    default_count: int
    mean_probability: float  # of the rows, 0-1
    months: tuple[str, ...]  # YYYY-MM, in order; empty where none are given

    @property
    def default_rate(self) -> float | None:
        """Return the share of defaults among the known outcomes, 0-1; None where none is known."""
        return self.default_count / self.outcome_count if self.outcome_count else None


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """All results of one validation, in the battery's order, with what they are about.

    Attributes:
        subject: What was validated, as in "version 3" or the name of a file.
        is_simulated: Whether no real client stands behind the figures.
        input_digest: What identifies the input; it stands in every result too.
        policy_id: Of the policy that chose the lights.
        sample: The judged rows.
        reference: The development rows; None where there are none.
        results: Every test's results.
        tables: The tables of the reporting template.
        verdict: On all results together.
        notes: What people should know about how the input was read.
    """

    subject: str
    is_simulated: bool
    input_digest: str
    policy_id: str
    sample: SampleFacts
    reference: SampleFacts | None
    results: tuple[ValidationResult, ...]
    tables: ReportingTables
    verdict: Verdict
    notes: tuple[str, ...]

    def count_lights(self, *, chapter: str | None = None) -> Mapping[Light, int]:
        """Return how many results have each light, worst first; of one chapter where it is named."""
        counts = Counter(
            result.light for result in self.results if chapter in {None, result.chapter}
        )
        return {light: counts[light] for light in LIGHTS}

    @property
    def test_count(self) -> int:
        """Return the number of different tests."""
        return len({result.test_id for result in self.results})


def build_report(
    results: Sequence[ValidationResult],
    sample: ScoredSample,
    *,
    reference: ScoredSample | None,
    policy: ValidationPolicy,
    subject: str,
    input_digest: str,
    is_simulated: bool = False,
    notes: Sequence[str] = (),
) -> ValidationReport:
    """Return the report on these results.

    Args:
        results: Of `run_battery`, in its order.
        sample: The rows that were judged.
        reference: The development rows; None where there are none.
        policy: The policy that the battery judged by.
        subject: What was validated.
        input_digest: What identifies the input.
        is_simulated: Whether no real client stands behind the figures.
        notes: What people should know about how the input was read.
    """
    return ValidationReport(
        subject,
        is_simulated,
        input_digest,
        policy.policy_id,
        _count_rows(sample),
        None if reference is None else _count_rows(reference),
        tuple(results),
        build_reporting_tables(sample, reference=reference, policy=policy),
        judge_results(results, policy=policy),
        tuple(notes),
    )


def sort_worst_first(results: Sequence[ValidationResult]) -> tuple[ValidationResult, ...]:
    """Return the results by light, red first, and of one light by p-value; those without one come first."""
    return tuple(
        sorted(
            results,
            key=lambda r: (LIGHTS.index(r.light), -1.0 if r.p_value is None else r.p_value),
        )
    )


def _count_rows(sample: ScoredSample) -> SampleFacts:
    outcomes = np.array([]) if sample.defaulted is None else sample.defaulted
    known = outcomes[~np.isnan(outcomes)]
    months = () if sample.month is None else tuple(map(str, np.unique(sample.month)))
    return SampleFacts(
        sample.row_count,
        len(known),
        int(known.sum()),
        float(sample.default_probability.mean()) if sample.row_count else 0.0,
        months,
    )
