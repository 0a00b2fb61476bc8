"""Are the scores, the bands and the default rate those of the development?"""

from typing import Final

import numpy as np
from scipy.stats import ks_2samp

from credit_default.gates.validation.distributions import (
    PSI_SOURCE,
    Shift,
    compare_counts,
    compare_labels,
    compare_values,
    count_labels,
)
from credit_default.gates.validation.judgement import (
    Measured,
    judge_limit,
    judge_p_value,
    leave_unjudged,
    measure_both_tails,
    measure_upper_tail,
    show_official,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.statistics.bootstrap import FloatArray

_ECB: Final = "ECB 2019, Instructions for reporting the validation results of internal models"


def _compare_scores(inputs: ValidationInput) -> Shift:
    return compare_values(inputs.then.default_probability, inputs.now.default_probability)


def _judge_psi(inputs: ValidationInput) -> tuple[Finding, ...]:
    shift = _compare_scores(inputs)
    measured = Measured(
        shift.psi,
        shift.psi_p_value,
        f"PSI {shift.psi:.4f} over {shift.bin_count} bins",
        figures={"scaled_psi": shift.scaled_psi, "bins": float(shift.bin_count)},
        psi=shift.psi,
    )
    return (judge_p_value(measured, inputs.policy),)


def _show_psi_limits(inputs: ValidationInput) -> tuple[Finding, ...]:
    policy, psi = inputs.policy, _compare_scores(inputs).psi
    told = judge_limit(
        psi,
        amber=policy.psi_watch,
        red=policy.psi_alarm,
        words=f"PSI {psi:.4f}: beyond {policy.psi_watch:g} the industry looks, "
        f"beyond {policy.psi_alarm:g} it acts, whatever the number of rows",
    )
    figures = {**told.figures, "beyond_watch": float(psi > policy.psi_watch)}
    return (Finding("for information", told.reason, psi, figures=figures),)


def _judge_ks(inputs: ValidationInput) -> tuple[Finding, ...]:
    found = ks_2samp(
        inputs.then.default_probability, inputs.now.default_probability, method="asymp"
    )
    measured = Measured(
        float(found.statistic),
        float(found.pvalue),
        f"scores lie up to {found.statistic:.4f} from those of development",
        psi=_compare_scores(inputs).psi,
    )
    return (judge_p_value(measured, inputs.policy),)


def _judge_bands(inputs: ValidationInput) -> tuple[Finding, ...]:
    assert inputs.now.band is not None
    assert inputs.then.band is not None
    shift = compare_labels(inputs.then.band, inputs.now.band)
    words = f"PSI {shift.psi:.4f} over the bands"
    measured = Measured(shift.psi, shift.p_value, words, psi=shift.psi)
    return (judge_p_value(measured, inputs.policy),)


def measure_herfindahl(counts: FloatArray) -> tuple[float, float]:
    """Return the Herfindahl index of the counts' shares, 1/K to 1, and its variance.

    The variance is that of the delta method for multinomial counts.
    """
    share = counts / counts.sum()
    index = float((share**2).sum())
    return index, float(4 * ((share**3).sum() - index**2) / counts.sum())


def measure_concentration_statistic(current: FloatArray, reference: FloatArray) -> float:
    """Return the ECB's statistic of a rise in concentration (2019, 2.5.5.3).

    It takes the K bands for a sample of K, so that it hardly ever rejects.
    """
    now, then = (_measure_variation(counts / counts.sum()) for counts in (current, reference))
    error = now * np.sqrt(0.5 + now**2)
    return float(np.sqrt(len(current) - 1) * (now - then) / error) if error else 0.0


def _measure_variation(share: FloatArray) -> float:
    return float(np.sqrt(len(share) * ((share - 1 / len(share)) ** 2).sum()))


def _count_bands(inputs: ValidationInput) -> tuple[FloatArray, FloatArray]:
    """Return the rows by band of the sample and of the development."""
    assert inputs.now.band is not None
    assert inputs.then.band is not None
    labels = np.union1d(inputs.now.band, inputs.then.band)
    current, reference = (
        count_labels(rows, labels).astype(np.float64)
        for rows in (inputs.now.band, inputs.then.band)
    )
    return current, reference


def _judge_concentration(inputs: ValidationInput) -> tuple[Finding, ...]:
    counts = _count_bands(inputs)
    (now, error), (then, error_then) = (measure_herfindahl(side) for side in counts)
    variance = error + error_then
    z = (now - then) / np.sqrt(variance) if variance > 0 else 0.0
    words = f"Herfindahl index {now:.4f}, in development {then:.4f}"
    figures = {"herfindahl": now, "development_herfindahl": then}
    psi = compare_counts(counts[1].astype(np.int64), counts[0].astype(np.int64)).psi
    measured = Measured(float(z), measure_upper_tail(z), words, figures=figures, psi=psi)
    return (judge_p_value(measured, inputs.policy),)


def _show_concentration(inputs: ValidationInput) -> tuple[Finding, ...]:
    current, reference = _count_bands(inputs)
    if len(current) < 2:  # noqa: PLR2004
        return (leave_unjudged("fewer than two bands"),)
    z = measure_concentration_statistic(current, reference)
    now = _measure_variation(current / current.sum())
    index = 1 + np.log((now**2 + 1) / len(current)) / np.log(len(current))
    words = f"the bands' concentration index is {index:.4f}"
    figures = {"coefficient_of_variation": now, "herfindahl_index": float(index)}
    return (show_official(Measured(z, measure_upper_tail(z), words, figures=figures)),)


def _judge_default_rate(inputs: ValidationInput) -> tuple[Finding, ...]:
    now, then = inputs.known_now.outcomes, inputs.known_then.outcomes
    pooled = (now.sum() + then.sum()) / (len(now) + len(then))
    error = np.sqrt(pooled * (1 - pooled) * (1 / len(now) + 1 / len(then)))
    z = float((now.mean() - then.mean()) / error) if error else 0.0
    words = f"{now.mean():.2%} defaulted, in development {then.mean():.2%}"
    return (judge_p_value(Measured(z, measure_both_tails(z), words), inputs.policy),)


TESTS: Final = (
    ValidationTest(
        "stability.psi",
        "stability",
        "Population stability of the score",
        "PSI",
        "The scores are distributed as in development.",
        PSI_SOURCE,
        _judge_psi,
        ("reference",),
    ),
    ValidationTest(
        "stability.psi_limits_official",
        "stability",
        "Population stability by the industry's limits",
        "PSI",
        "None: the limits of .10 and .25 hold no error rate.",
        "Siddiqi 2006, Credit Risk Scorecards",
        _show_psi_limits,
        ("reference",),
    ),
    ValidationTest(
        "stability.kolmogorov_smirnov",
        "stability",
        "Kolmogorov-Smirnov test of the score",
        "KS distance",
        "The scores are distributed as in development.",
        "scipy.stats.ks_2samp",
        _judge_ks,
        ("reference",),
    ),
    ValidationTest(
        "stability.band_distribution",
        "stability",
        "Distribution over the bands",
        "PSI",
        "The rows fall into the bands as in development.",
        "Pearson's chi-square of homogeneity, thin bands merged",
        _judge_bands,
        ("reference", "bands", "reference bands"),
    ),
    ValidationTest(
        "stability.concentration",
        "stability",
        "Concentration in the bands",
        "z of the Herfindahl index",
        "The rows are no more concentrated in few bands than in development.",
        "Herfindahl index; delta method for multinomial counts",
        _judge_concentration,
        ("reference", "bands", "reference bands"),
    ),
    ValidationTest(
        "stability.concentration_official",
        "stability",
        "Concentration in the bands, official form",
        "z of the coefficient of variation",
        "The rows are no more concentrated in few bands than in development.",
        f"{_ECB}, 2.5.5.3",
        _show_concentration,
        ("reference", "bands", "reference bands"),
    ),
    ValidationTest(
        "stability.default_rate",
        "stability",
        "Default rate against development",
        "z, pooled",
        "As large a share of clients defaults as in development.",
        "two proportions, pooled",
        _judge_default_rate,
        ("outcomes", "reference outcomes"),
    ),
)
