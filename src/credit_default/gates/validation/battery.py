"""The battery: every test in a fixed order, each listed even where it could not be judged."""

from collections.abc import Sequence
from typing import Final

from credit_default.gates.validation import (
    benchmark,
    data_quality,
    discrimination,
    migration,
    representativeness,
    stability,
    variables,
)
from credit_default.gates.validation.calibration import months, parts, whole
from credit_default.gates.validation.given_figures import GivenFigures
from credit_default.gates.validation.judgement import leave_unjudged
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.records import back_testing, fairness, overrides, robustness
from credit_default.gates.validation.result import Finding, ValidationResult
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import (
    ValidationInput,
    ValidationTest,
    build_input,
    find_lack,
)

TESTS: Final[tuple[ValidationTest, ...]] = (
    *discrimination.TESTS,
    *whole.TESTS,
    *parts.TESTS,
    *months.TESTS,
    *stability.TESTS,
    *migration.TESTS,
    *data_quality.TESTS,
    *representativeness.TESTS,
    *variables.TESTS,
    *overrides.TESTS,
    *fairness.TESTS,
    *benchmark.TESTS,
    *robustness.TESTS,
    *back_testing.TESTS,
)


def run_battery(
    sample: ScoredSample,
    reference: ScoredSample | None,
    policy: ValidationPolicy,
    input_digest: str,
    *,
    given: GivenFigures | None = None,
) -> tuple[ValidationResult, ...]:
    """Return the results of every test, in the battery's order.

    Args:
        sample: The rows to be judged.
        reference: The development sample; None where there is none.
        policy: The battery's numbers.
        input_digest: What identifies the input; it stands in every result.
        given: Figures measured elsewhere.
    """
    inputs = build_input(sample, reference, policy=policy, given=given)
    return tuple(
        _build_result(test, finding, policy_id=policy.policy_id, input_digest=input_digest)
        for test in TESTS
        for finding in measure_findings(test, inputs)
    )


def measure_findings(test: ValidationTest, inputs: ValidationInput) -> Sequence[Finding]:
    """Return a test's findings; one that is `not judged` where the input lacks what it needs."""
    lack = find_lack(inputs, test.needs)
    return (leave_unjudged(lack),) if lack else test.measure(inputs)


def _build_result(
    test: ValidationTest, finding: Finding, *, policy_id: str, input_digest: str
) -> ValidationResult:
    return ValidationResult(
        test_id=test.test_id,
        chapter=test.chapter,
        title=test.title,
        subject=finding.subject,
        statistic=finding.statistic,
        statistic_name=test.statistic_name,
        p_value=finding.p_value,
        null_hypothesis=test.null_hypothesis,
        source=test.source,
        light=finding.light,
        reason=finding.reason,
        policy_id=policy_id,
        input_digest=input_digest,
        figures=finding.figures,
    )
