"""Does the score rank defaulters above payers, as well as it did in development, and everywhere?"""

from itertools import pairwise
from typing import Final

import numpy as np
from scipy.stats import chi2, ks_2samp

from credit_default.gates.validation.band_table import count_bands
from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    judge_p_value,
    judge_wanted_rejection,
    leave_unjudged,
    measure_upper_tail,
    show_official,
)
from credit_default.gates.validation.ranking import Estimate, measure_area, measure_areas
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest

_ECB: Final = "ECB 2019, Instructions for reporting the validation results of internal models"
_DELONG: Final = (
    "DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845; "
    "rows of one client together by Obuchowski 1997, Biometrics 53, 567-578"
)
_WP14: Final = "BCBS 2005, Working Paper 14"


def _compare_with_development(inputs: ValidationInput, *, with_reference_error: bool) -> Measured:
    now, then = _measure(inputs.known), _measure(inputs.known_reference)
    variance = now.variance + (then.variance if with_reference_error else 0.0)
    z = (then.value - now.value) / np.sqrt(variance) if variance else 0.0
    return Measured(
        statistic=float(z),
        p_value=measure_upper_tail(z),
        words=f"ROC AUC {now.value:.4f}, in development {then.value:.4f}",
        figures={
            "roc_auc": now.value,
            "standard_error": float(np.sqrt(now.variance)),
            "development_roc_auc": then.value,
            "development_standard_error": float(np.sqrt(then.variance)),
        },
    )


def _measure(known: ScoredSample) -> Estimate:
    return measure_area(known.outcomes, known.default_probability, known.client_id)


def _judge_against_development(inputs: ValidationInput) -> tuple[Finding, ...]:
    return (
        judge_p_value(_compare_with_development(inputs, with_reference_error=True), inputs.policy),
    )


def _show_against_development(inputs: ValidationInput) -> tuple[Finding, ...]:
    return (show_official(_compare_with_development(inputs, with_reference_error=False)),)


def _judge_chance(inputs: ValidationInput) -> tuple[Finding, ...]:
    area = _measure(inputs.known)
    error = area.error
    if not error and area.value > 0.5:  # noqa: PLR2004
        return (Finding("green", "the scores separate defaulters from payers without exception"),)
    z = (area.value - 0.5) / error if error else 0.0
    measured = Measured(
        float(z),
        measure_upper_tail(z),
        f"ROC AUC {area.value:.4f}",
        figures={
            "roc_auc": area.value,
            "gini": 2 * area.value - 1,
            "standard_error": error,
            "low": area.value - 1.96 * error,
            "high": area.value + 1.96 * error,
        },
    )
    return (judge_wanted_rejection(measured, inputs.policy),)


def _judge_ks(inputs: ValidationInput) -> tuple[Finding, ...]:
    is_default = inputs.known.outcomes == 1
    scores = inputs.known.default_probability
    found = ks_2samp(scores[is_default], scores[~is_default], method="asymp")
    measured = Measured(
        float(found.statistic),
        float(found.pvalue),
        f"scores of defaulters and payers lie up to {found.statistic:.3f} apart",
    )
    return (judge_wanted_rejection(measured, inputs.policy),)


def _judge_segments(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for name, labels in inputs.known.segments.items():
        then = inputs.known_reference.segments.get(name)
        if then is None:
            continue
        fewest = inputs.policy.fewest_outcomes
        before = measure_areas(inputs.known_reference, then, fewest_outcomes=fewest)
        for label, area in measure_areas(inputs.known, labels, fewest_outcomes=fewest).items():
            if label in before:
                family.append(_compare_segment(f"{name} {label}", area, before[label]))
    if not family:
        return (leave_unjudged("no segment has enough outcomes here and in development"),)
    return judge_family(family, inputs.policy)


def _compare_segment(subject: str, now: Estimate, then: Estimate) -> Measured:
    variance = now.variance + then.variance
    z = float((then.value - now.value) / np.sqrt(variance)) if variance else 0.0
    gini, before = 2 * now.value - 1, 2 * then.value - 1
    return Measured(
        z,
        measure_upper_tail(z),
        f"Gini {gini:.3f}, in development {before:.3f}",
        subject,
        {"gini": gini, "development_gini": before, "gini_standard_error": 2 * now.variance**0.5},
    )


def _judge_months(inputs: ValidationInput) -> tuple[Finding, ...]:
    assert inputs.known.month is not None
    fewest = inputs.policy.fewest_outcomes
    areas = measure_areas(inputs.known, inputs.known.month, fewest_outcomes=fewest)
    usable = [area for area in areas.values() if area.variance > 0]
    if len(usable) < 2:  # noqa: PLR2004
        return (leave_unjudged("fewer than two months have enough outcomes"),)
    values = np.array([area.value for area in usable])
    weights = 1 / np.array([area.variance for area in usable])
    mean = float((weights * values).sum() / weights.sum())
    statistic = float((weights * (values - mean) ** 2).sum())
    measured = Measured(
        statistic,
        float(chi2.sf(statistic, len(usable) - 1)),
        f"ROC AUC from {values.min():.3f} to {values.max():.3f} in {len(usable)} months",
        figures={f"roc_auc_{month}": area.value for month, area in areas.items()},
    )
    return (judge_p_value(measured, inputs.policy),)


def _judge_order(inputs: ValidationInput) -> tuple[Finding, ...]:
    table = count_bands(inputs.known, band_count=inputs.policy.band_count)
    family = []
    parts = [part for part in table if part[1] >= inputs.policy.fewest_band_rows]
    for (low, n, d, _), (high, m, e, _) in pairwise(parts):
        pooled = (d + e) / (n + m)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = float((d / n - e / m) / error) if error else 0.0
        words = f"{d / n:.1%} of band {low} and {e / m:.1%} of band {high} defaulted"
        rates = {"lower_rate": d / n, "upper_rate": e / m}
        family.append(Measured(z, measure_upper_tail(z), words, f"{low}, {high}", rates))
    if not family:
        return (leave_unjudged("fewer than two bands have enough rows"),)
    return judge_family(family, inputs.policy)


TESTS: Final = (
    ValidationTest(
        "discrimination.auc_against_development",
        "discrimination",
        "ROC AUC against development",
        "z, with the variance of both areas",
        "The score ranks at least as well as in development.",
        f"{_ECB}, 2.5.4.1, the variance of the development's area added; {_DELONG}",
        _judge_against_development,
        ("outcomes", "reference outcomes"),
    ),
    ValidationTest(
        "discrimination.auc_against_development_official",
        "discrimination",
        "ROC AUC against development, official form",
        "z, the development's area taken as exact",
        "The score ranks at least as well as in development.",
        f"{_ECB}, 2.5.4.1",
        _show_against_development,
        ("outcomes", "reference outcomes"),
    ),
    ValidationTest(
        "discrimination.auc_above_chance",
        "discrimination",
        "ROC AUC above chance",
        "z",
        "The score ranks no better than chance (a good model rejects this).",
        _DELONG,
        _judge_chance,
        ("outcomes",),
    ),
    ValidationTest(
        "discrimination.kolmogorov_smirnov",
        "discrimination",
        "Kolmogorov-Smirnov separation",
        "KS distance",
        "Defaulters and payers have the same scores (a good model rejects this).",
        f"{_WP14}; scipy.stats.ks_2samp",
        _judge_ks,
        ("outcomes",),
    ),
    ValidationTest(
        "discrimination.gini_by_segment",
        "discrimination",
        "Gini by segment against development",
        "z, with the variance of both",
        "The score ranks each segment at least as well as in development.",
        f"{_ECB}, 2.5.4.1, by segment; {_DELONG}",
        _judge_segments,
        ("outcomes", "segments", "reference outcomes"),
    ),
    ValidationTest(
        "discrimination.auc_by_month",
        "discrimination",
        "ROC AUC by month",
        "chi-square, months - 1 degrees of freedom",
        "The score ranks equally well in every month.",
        f"Cochran 1954, Biometrics 10, 101-129; {_DELONG}",
        _judge_months,
        ("outcomes", "months"),
    ),
    ValidationTest(
        "discrimination.band_order",
        "discrimination",
        "Order of the bands",
        "z of two neighbouring bands",
        "Each band defaults at least as often as the band below it.",
        f"{_WP14}; two proportions, pooled",
        _judge_order,
        ("outcomes",),
    ),
)
