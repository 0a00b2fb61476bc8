"""Are the probabilities right in each band, segment and range of a variable?"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from credit_default.gates.validation.band_table import BandTable, count_bands, count_parts
from credit_default.gates.validation.calibration.default_counts import (
    measure_binomial_p_value,
    measure_jeffreys_p_value,
)
from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    judge_p_value,
    leave_unjudged,
    measure_both_tails,
    show_official,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.profile.binning import plan_bins

_ECB: Final = "ECB 2019, Instructions for reporting the validation results of internal models"
_WP14: Final = "BCBS 2005, Working Paper 14"
_HOSMER: Final = "Hosmer and Lemeshow 1980, Communications in Statistics A9, 1043-1069"
_FITTED_COUNT: Final = 2  # degrees of freedom that a fitted model spends, and given ones do not


def _count_bands(inputs: ValidationInput) -> BandTable:
    return count_bands(inputs.known, band_count=inputs.policy.band_count)


def _list_bands(inputs: ValidationInput) -> list[tuple[str, int, int, float]]:
    return [b for b in _count_bands(inputs) if b[1] >= inputs.policy.fewest_band_rows]


def _judge_jeffreys(inputs: ValidationInput) -> tuple[Finding, ...]:
    return judge_family(
        [
            _describe_band(band, measure_jeffreys_p_value(*band[1:]), statistic=band[2] / band[1])
            for band in _list_bands(inputs)
        ],
        inputs.policy,
    )


def _judge_binomial(inputs: ValidationInput) -> tuple[Finding, ...]:
    return judge_family(
        [
            _describe_band(band, measure_binomial_p_value(*band[1:], mid=True), statistic=band[2])
            for band in _list_bands(inputs)
        ],
        inputs.policy,
    )


def _describe_band(
    band: tuple[str, int, int, float], p_value: float, *, statistic: float
) -> Measured:
    label, count, defaults, probability = band
    return Measured(
        statistic=float(statistic),
        p_value=p_value,
        words=f"{defaults / count:.2%} of {count:,} rows defaulted where {probability:.2%} were expected",
        subject=f"band {label}",
        figures={
            "row_count": float(count),
            "default_count": float(defaults),
            "default_rate": defaults / count,
            "default_probability": probability,
        },
    )


def measure_chi_square(table: BandTable) -> float:
    """Return the sum over bands of squared deviations over their binomial variances.

    A band whose probability is 0 or 1 has no variance and adds nothing.
    """
    expected = table.row_count * table.default_probability
    variance = expected * (1 - table.default_probability)
    usable = variance > 0
    deviation = table.default_count[usable] - expected[usable]
    return float((deviation**2 / variance[usable]).sum())


def _measure_bands(inputs: ValidationInput, *, spent: int) -> Measured | None:
    table = _count_bands(inputs)
    chance = (table.default_probability > 0) & (table.default_probability < 1)
    freedom = int(chance.sum()) - spent
    if freedom < 1:
        return None
    statistic = measure_chi_square(table)
    return Measured(
        statistic,
        float(chi2.sf(statistic, freedom)),
        f"chi-square {statistic:.1f} over {len(table.labels)} bands",
        figures={"degrees_of_freedom": float(freedom)},
    )


def _judge_chi_square(inputs: ValidationInput) -> tuple[Finding, ...]:
    measured = _measure_bands(inputs, spent=0)
    return (judge_p_value(measured, inputs.policy),) if measured else (_few_bands(),)


def _show_hosmer(inputs: ValidationInput) -> tuple[Finding, ...]:
    measured = _measure_bands(inputs, spent=_FITTED_COUNT)
    return (show_official(measured),) if measured else (_few_bands(),)


def _few_bands() -> Finding:
    return leave_unjudged("too few bands")


def _judge_segments(inputs: ValidationInput) -> tuple[Finding, ...]:
    family: list[Measured] = []
    for name, labels in inputs.known.segments.items():
        family += _measure_levels(inputs, labels, prefix=name)
    return judge_family(family, inputs.policy)


def _measure_levels(
    inputs: ValidationInput, part: NDArray[Any], *, prefix: str
) -> Sequence[Measured]:
    table = count_parts(inputs.known, part)
    found = []
    for place, (label, count, defaults, probability) in enumerate(table):
        variance = float(table.variance[place])
        if count < inputs.policy.fewest_band_rows or not variance:
            continue
        z = (defaults - float(table.expected_count[place])) / variance**0.5
        measured = _describe_band(
            (label, count, defaults, probability), measure_both_tails(z), statistic=z
        )
        found.append(
            Measured(
                z, measured.p_value, measured.words, f"{prefix} {label}".strip(), measured.figures
            )
        )
    return found


def _judge_variables(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for name, values in inputs.known.variables.items():
        table = count_parts(inputs.known, plan_bins(values).assign_bins(values))
        usable = (table.variance > 0) & (table.row_count >= inputs.policy.fewest_band_rows)
        freedom = int(usable.sum())
        if not freedom:
            continue
        z = (table.default_count - table.expected_count)[usable] / np.sqrt(table.variance[usable])
        statistic = float((z**2).sum())
        words = f"chi-square {statistic:.1f} over {freedom} ranges"
        family.append(Measured(statistic, float(chi2.sf(statistic, freedom)), words, name))
    return judge_family(family, inputs.policy)


TESTS: Final = (
    ValidationTest(
        "calibration.jeffreys_by_band",
        "calibration",
        "Jeffreys test by band",
        "default rate",
        "No more clients of the band default than its probability says.",
        f"{_ECB}, 2.5.3.1; Holm over the bands",
        _judge_jeffreys,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.binomial_by_band",
        "calibration",
        "Binomial test by band, mid-p",
        "defaults",
        "No more clients of the band default than its probability says, defaults independent.",
        f"{_WP14}; mid-p by Lancaster 1961; Holm over the bands",
        _judge_binomial,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.chi_square_bands",
        "calibration",
        "Chi-square over the bands",
        "chi-square, as many degrees of freedom as bands",
        "Each band's probability is the true one.",
        f"{_WP14}: the probabilities are given, so that no degree of freedom is spent",
        _judge_chi_square,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.hosmer_lemeshow_official",
        "calibration",
        "Hosmer-Lemeshow, official form",
        "chi-square, bands - 2 degrees of freedom",
        "Each band's probability is the true one.",
        f"{_HOSMER}: for the sample that a model was fitted on, and too often red on others",
        _show_hosmer,
        ("outcomes",),
    ),
    ValidationTest(
        "calibration.by_segment",
        "calibration",
        "Calibration in the large by segment",
        "z, each row with its own variance",
        "As many clients of the segment default as their probabilities say.",
        "Cox 1958, Biometrika 45, 562-565; Holm over the segments",
        _judge_segments,
        ("outcomes", "segments"),
    ),
    ValidationTest(
        "calibration.by_variable",
        "calibration",
        "Calibration over the ranges of each variable",
        "chi-square, as many degrees of freedom as ranges",
        "In each range of the variable as many clients default as their probabilities say.",
        f"{_HOSMER}, over a variable's ranges; Holm over the variables",
        _judge_variables,
        ("outcomes", "variables"),
    ),
)
