"""Are the probabilities right month after month? Defaults of one month move together.

The normal test and the traffic lights need no correlation: each month is one observation.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy.special import ndtri
from scipy.stats import chi2, multinomial
from scipy.stats import t as student

from credit_default.gates.validation.band_table import BandTable, count_parts
from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    judge_p_value,
    leave_unjudged,
    measure_both_tails,
    measure_upper_tail,
    show_official,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.statistics.bootstrap import FloatArray

_WP14: Final = "BCBS 2005, Working Paper 14"
_COLOUR_SHARES: Final = (0.5, 0.3, 0.15, 0.05)  # green, yellow, orange, red
_LONGEST: Final = 36  # months: the number of profiles grows with the third power


def _count_months(inputs: ValidationInput) -> BandTable | None:
    """Return the counts by month; None where there are fewer months than a test over time needs."""
    assert inputs.known.month is not None
    table = count_parts(inputs.known, inputs.known.month)
    # A month whose probabilities are all 0 or 1 leaves nothing to chance.
    table = table.keep(table.variance > 0)
    return table if len(table.labels) >= inputs.policy.fewest_months else None


def _few(inputs: ValidationInput) -> tuple[Finding, ...]:
    return (leave_unjudged(f"fewer than {inputs.policy.fewest_months} months have outcomes"),)


def measure_normal_statistic(default_rate: FloatArray, probability: FloatArray) -> float:
    """Return the mean excess of the default rate over its standard error from the months alone."""
    excess = default_rate - probability
    error = float(excess.std(ddof=1)) / np.sqrt(len(excess))
    return float(excess.mean() / error) if error else 0.0


def _measure_normal(table: BandTable, *, exact: bool) -> Measured:
    rates = table.default_count / table.row_count
    statistic = measure_normal_statistic(rates, table.default_probability)
    months = len(table.labels)
    p_value = float(student.sf(statistic, months - 1)) if exact else measure_upper_tail(statistic)
    return Measured(
        statistic,
        p_value,
        f"in {months} months {rates.mean():.2%} defaulted a month "
        f"where {table.default_probability.mean():.2%} were expected",
        figures={"months": float(months)},
    )


def _judge_normal(inputs: ValidationInput) -> tuple[Finding, ...]:
    table = _count_months(inputs)
    if table is None:
        return _few(inputs)
    return (judge_p_value(_measure_normal(table, exact=True), inputs.policy),)


def _show_normal(inputs: ValidationInput) -> tuple[Finding, ...]:
    table = _count_months(inputs)
    return _few(inputs) if table is None else (show_official(_measure_normal(table, exact=False)),)


def colour_months(excess: FloatArray) -> FloatArray:
    """Return the number of months of each colour, from green to red.

    Args:
        excess: Each month's standardised excess of defaults.
    """
    edges = ndtri(np.cumsum(_COLOUR_SHARES)[:3])
    # A month on an edge has the better colour; 1e-12 beyond it is rounding.
    colour = (excess[:, None] > edges + 1e-12).sum(axis=1)
    return np.bincount(colour, minlength=4).astype(np.float64)


def measure_lights_p_value(counts: Sequence[float] | FloatArray) -> float:
    """Return the chance of a profile of colours that is no better (Blochwitz, Hohl and Wehn).

    Profiles are ordered by their green months, then the yellow, then the orange ones.

    Args:
        counts: Months of each colour, from green to red.
    """
    months = int(np.sum(counts))
    steps = range(months + 1)
    profiles = np.array(
        [
            (green, yellow, orange, months - green - yellow - orange)
            for green in steps
            for yellow in steps[: months - green + 1]
            for orange in steps[: months - green - yellow + 1]
        ]
    )
    chances = multinomial.pmf(profiles, months, _COLOUR_SHARES)
    place = int(np.flatnonzero((profiles == np.asarray(counts)).all(axis=1))[0])
    return float(min(1.0, chances[: place + 1].sum()))


def _judge_lights(inputs: ValidationInput) -> tuple[Finding, ...]:
    table = _count_months(inputs)
    if table is None:
        return _few(inputs)
    z = (table.default_count - table.expected_count) / np.sqrt(table.variance)
    counts = colour_months(z[-_LONGEST:])
    names = ("green", "yellow", "orange", "red")
    told = ", ".join(f"{int(n)} {name}" for n, name in zip(counts, names, strict=True))
    measured = Measured(
        float(counts @ np.array([1000.0, 100.0, 10.0, 1.0])),
        measure_lights_p_value(counts),
        f"months by colour: {told}",
        figures=dict(zip(names, (float(n) for n in counts), strict=True)),
    )
    return (judge_p_value(measured, inputs.policy),)


def _judge_level_over_time(inputs: ValidationInput) -> tuple[Finding, ...]:
    table = _count_months(inputs)
    if table is None:
        return _few(inputs)
    z = (table.default_count - table.expected_count) / np.sqrt(table.variance)
    statistic, months = float((z**2).sum()), len(z)
    worst = table.labels[int(np.abs(z).argmax())]
    measured = Measured(
        statistic,
        float(chi2.sf(statistic, months)),
        f"chi-square {statistic:.1f} over {months} months, most of it from {worst}",
        figures={"variance_ratio": statistic / months},
    )
    return (judge_p_value(measured, inputs.policy),)


def _judge_each_month(inputs: ValidationInput) -> tuple[Finding, ...]:
    assert inputs.known.month is not None
    table = count_parts(inputs.known, inputs.known.month)
    family = []
    for place, (month, count, defaults, probability) in enumerate(table):
        if count < inputs.policy.fewest_band_rows or not table.variance[place]:
            continue
        z = float((defaults - table.expected_count[place]) / np.sqrt(table.variance[place]))
        words = f"{defaults / count:.2%} defaulted where {probability:.2%} were expected"
        figures = {"row_count": float(count), "default_count": float(defaults)}
        figures |= {"default_rate": defaults / count, "default_probability": probability}
        family.append(Measured(z, measure_both_tails(z), words, month, figures))
    return judge_family(family, inputs.policy)


TESTS: Final = (
    ValidationTest(
        "calibration.each_month",
        "calibration",
        "Calibration in the large by month",
        "z, each row with its own variance",
        "As many clients default in the month as the probabilities say, defaults independent.",
        "Cox 1958, Biometrika 45, 562-565; Holm over the months",
        _judge_each_month,
        ("outcomes", "months"),
    ),
    ValidationTest(
        "calibration.over_time",
        "calibration",
        "Level from month to month",
        "chi-square, as many degrees of freedom as months",
        "Months differ from their probabilities no more than independent defaults do.",
        "Pearson's dispersion; Cochran 1954, Biometrics 10, 417-451",
        _judge_level_over_time,
        ("outcomes", "months"),
    ),
    ValidationTest(
        "calibration.normal_months",
        "calibration",
        "Normal test over the months",
        "t, months - 1 degrees of freedom",
        "No more clients default than the probabilities say, over the months on average.",
        f"{_WP14}, with Student's t in place of the normal: the variance is estimated",
        _judge_normal,
        ("outcomes", "months"),
    ),
    ValidationTest(
        "calibration.normal_months_official",
        "calibration",
        "Normal test over the months, official form",
        "z",
        "No more clients default than the probabilities say, over the months on average.",
        _WP14,
        _show_normal,
        ("outcomes", "months"),
    ),
    ValidationTest(
        "calibration.traffic_lights",
        "calibration",
        "Traffic lights over the months",
        "1000 green + 100 yellow + 10 orange + red",
        "The probabilities are right, and no month is likelier to be red than 5 %.",
        f"{_WP14}, Blochwitz, Hohl and Wehn; exact multinomial",
        _judge_lights,
        ("outcomes", "months"),
    ),
)
