"""Is another model, such as a scorecard, better on the same rows?"""

from typing import Final

import numpy as np
from scipy.stats import spearmanr

from credit_default.gates.validation.judgement import (
    Measured,
    judge_p_value,
    leave_unjudged,
    measure_both_tails,
    measure_upper_tail,
    show_official,
)
from credit_default.gates.validation.ranking import (
    Estimate,
    measure_area,
    measure_area_gain,
    measure_mean,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest
from credit_default.model.statistics.bootstrap import FloatArray, measure_log_loss

_DELONG: Final = "DeLong, DeLong and Clarke-Pearson 1988, Biometrics 44, 837-845"
_CLIENTS: Final = "rows of one client together by Obuchowski 1997, Biometrics 53, 567-578"
_SAME: Final = "the benchmark ranks exactly as the model does"


def _judge_area(inputs: ValidationInput) -> tuple[Finding, ...]:
    gain = _measure_gain(inputs)
    if not gain.variance:
        return (leave_unjudged(_SAME),)
    z = gain.value / gain.error
    return (judge_p_value(_describe(inputs, gain, z, measure_upper_tail(z)), inputs.policy),)


def _show_area(inputs: ValidationInput) -> tuple[Finding, ...]:
    known = inputs.known
    gain = measure_area_gain(known.outcomes, *_list_scores(inputs))
    if not gain.variance:
        return (leave_unjudged(_SAME),)
    z = gain.value / gain.error
    return (show_official(_describe(inputs, gain, z, measure_both_tails(z))),)


def _measure_gain(inputs: ValidationInput) -> Estimate:
    known = inputs.known
    return measure_area_gain(known.outcomes, *_list_scores(inputs), client=known.client_id)


def _describe(inputs: ValidationInput, gain: Estimate, z: float, p_value: float) -> Measured:
    model = measure_area(inputs.known.outcomes, inputs.known.default_probability).value
    figures = {"gain": gain.value, "standard_error": gain.error}
    words = f"ROC AUC {model:.4f}, of the benchmark {model + gain.value:.4f}"
    return Measured(float(z), p_value, words, figures=figures)


def _judge_log_loss(inputs: ValidationInput) -> tuple[Finding, ...]:
    outcomes = inputs.known.outcomes.astype(np.int64)
    losses = [measure_log_loss(outcomes, scores) for scores in _list_scores(inputs)]
    return (_judge_losses(inputs, losses[0], losses[1], name="log loss"),)


def _judge_brier(inputs: ValidationInput) -> tuple[Finding, ...]:
    losses = [(inputs.known.outcomes - scores) ** 2 for scores in _list_scores(inputs)]
    return (_judge_losses(inputs, losses[0], losses[1], name="Brier score"),)


def _list_scores(inputs: ValidationInput) -> tuple[FloatArray, FloatArray]:
    assert inputs.known.benchmark_probability is not None
    return inputs.known.default_probability, inputs.known.benchmark_probability


def _judge_losses(
    inputs: ValidationInput, model: FloatArray, benchmark: FloatArray, *, name: str
) -> Finding:
    gain = measure_mean(model - benchmark, inputs.known.client_id)
    if not gain.variance:
        return leave_unjudged("the benchmark gives the same probabilities as the model")
    z = gain.value / gain.error
    words = f"{name} {model.mean():.4f}, of the benchmark {benchmark.mean():.4f}"
    return judge_p_value(Measured(z, measure_upper_tail(z), words), inputs.policy)


def _show_agreement(inputs: ValidationInput) -> tuple[Finding, ...]:
    assert inputs.sample.benchmark_probability is not None
    scores = inputs.sample.default_probability, inputs.sample.benchmark_probability
    if min(np.ptp(side) for side in scores) == 0:
        return (leave_unjudged("one of the scores is constant"),)
    agreement = float(spearmanr(*scores).statistic)
    return (Finding("for information", f"rank correlation {agreement:.3f}", agreement),)


TESTS: Final = (
    ValidationTest(
        "benchmark.auc",
        "benchmark",
        "ROC AUC against the benchmark",
        "z of the paired difference",
        "The benchmark ranks no better than the model.",
        f"{_DELONG}, one-sided; {_CLIENTS}",
        _judge_area,
        ("outcomes", "benchmark"),
    ),
    ValidationTest(
        "benchmark.delong_official",
        "benchmark",
        "DeLong's test against the benchmark",
        "z of the paired difference",
        "Benchmark and model rank equally well.",
        _DELONG,
        _show_area,
        ("outcomes", "benchmark"),
    ),
    ValidationTest(
        "benchmark.log_loss",
        "benchmark",
        "Log loss against the benchmark",
        "z of the paired difference",
        "The benchmark's log loss is no smaller than the model's.",
        "Diebold and Mariano 1995, Journal of Business and Economic Statistics 13, 253-263",
        _judge_log_loss,
        ("outcomes", "benchmark"),
    ),
    ValidationTest(
        "benchmark.brier",
        "benchmark",
        "Brier score against the benchmark",
        "z of the paired difference",
        "The benchmark's Brier score is no smaller than the model's.",
        "Redelmeier, Bloch and Hickam 1991, Journal of Clinical Epidemiology 44, 1141-1146",
        _judge_brier,
        ("outcomes", "benchmark"),
    ),
    ValidationTest(
        "benchmark.agreement",
        "benchmark",
        "Agreement with the benchmark",
        "rank correlation",
        "None: a description.",
        "Spearman 1904; scipy.stats.spearmanr",
        _show_agreement,
        ("benchmark",),
    ),
)
