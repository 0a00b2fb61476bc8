"""Are the clients of the sample those that the model was developed for?"""

from typing import Final

from credit_default.gates.validation.distributions import (
    PSI_SOURCE,
    Shift,
    compare_labels,
    compare_values,
)
from credit_default.gates.validation.judgement import Measured, judge_family, leave_unjudged
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest


def _compare_segments(inputs: ValidationInput) -> list[tuple[str, Shift]]:
    then = inputs.then.segments
    return [
        (name, compare_labels(then[name], labels))
        for name, labels in inputs.now.segments.items()
        if name in then
    ]


def _compare_variables(inputs: ValidationInput) -> list[tuple[str, Shift]]:
    then = inputs.then.variables
    return [
        (name, compare_values(then[name], values))
        for name, values in inputs.now.variables.items()
        if name in then
    ]


def _judge(inputs: ValidationInput, shifts: list[tuple[str, Shift]]) -> tuple[Finding, ...]:
    if not shifts:
        return (leave_unjudged("nothing is in the sample and in development"),)
    return judge_family(
        [
            Measured(
                shift.psi,
                shift.p_value,
                f"PSI {shift.psi:.4f}",
                name,
                {"psi": shift.psi},
                psi=shift.psi,
            )
            for name, shift in shifts
        ],
        inputs.policy,
    )


def _judge_segments(inputs: ValidationInput) -> tuple[Finding, ...]:
    return _judge(inputs, _compare_segments(inputs))


def _judge_variables(inputs: ValidationInput) -> tuple[Finding, ...]:
    return _judge(inputs, _compare_variables(inputs))


def _show_limits(inputs: ValidationInput) -> tuple[Finding, ...]:
    shifts = _compare_segments(inputs) + _compare_variables(inputs)
    if not shifts:
        return (leave_unjudged("nothing is in the sample and in development"),)
    name, worst = max(shifts, key=lambda item: item[1].psi)
    beyond = sum(shift.psi > inputs.policy.psi_watch for _, shift in shifts)
    words = f"{beyond} of {len(shifts)} have a PSI beyond {inputs.policy.psi_watch:g}; the largest is {worst.psi:.3f}"
    return (Finding("for information", words, worst.psi, subject=name),)


_SAME: Final = "Its values are distributed as in development."

TESTS: Final = (
    ValidationTest(
        "representativeness.segments",
        "representativeness",
        "Shares of the segments",
        "PSI",
        _SAME,
        "Pearson's chi-square of homogeneity, thin bins merged; Holm over the segmentations",
        _judge_segments,
        ("segments", "reference"),
    ),
    ValidationTest(
        "representativeness.variables",
        "representativeness",
        "Distribution of each variable",
        "PSI",
        _SAME,
        "Pearson's chi-square of homogeneity, thin bins merged; Holm over the variables",
        _judge_variables,
        ("variables", "reference"),
    ),
    ValidationTest(
        "representativeness.psi_limits_official",
        "representativeness",
        "Segments and variables by the industry's limit",
        "the largest PSI",
        "None: the limit holds no error rate.",
        PSI_SOURCE,
        _show_limits,
        ("reference",),
    ),
)
