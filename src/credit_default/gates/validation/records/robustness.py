"""Would another seed or another sample of the same clients have given the same model?"""

from collections.abc import Callable
from typing import Final

import numpy as np

from credit_default.gates.validation.given_figures import RefitFigures
from credit_default.gates.validation.judgement import judge_limit, leave_unjudged
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest

_NONE: Final = "no refits of this recipe"
_FEWEST_REFITS: Final = 3


def _judge_areas(
    inputs: ValidationInput, pick: Callable[[RefitFigures], tuple[float, ...]], *, what: str
) -> tuple[Finding, ...]:
    areas = pick(inputs.given.refits) if inputs.given.refits else ()
    if len(areas) < _FEWEST_REFITS:
        return (leave_unjudged(_NONE if not areas else f"{len(areas)} refits are too few"),)
    spread, limit = float(np.std(areas, ddof=1)), inputs.policy.highest_refit_spread
    words = (
        f"the ROC AUC of {len(areas)} refits {what} goes from {min(areas):.4f} to {max(areas):.4f}"
    )
    return (judge_limit(spread, amber=limit, red=2 * limit, words=words),)


def _judge_seeds(inputs: ValidationInput) -> tuple[Finding, ...]:
    return _judge_areas(inputs, lambda refits: refits.seed_roc_aucs, what="with other seeds")


def _judge_resamples(inputs: ValidationInput) -> tuple[Finding, ...]:
    return _judge_areas(inputs, lambda refits: refits.resample_roc_aucs, what="on other samples")


def _judge_scores(inputs: ValidationInput) -> tuple[Finding, ...]:
    spread = inputs.given.refits.score_spread if inputs.given.refits else None
    if spread is None:
        return (leave_unjudged(_NONE),)
    limit = inputs.policy.highest_score_spread
    words = f"a client's probability varies by {spread:.4f} over refits"
    return (judge_limit(spread, amber=limit, red=2 * limit, words=words),)


def _judge_reasons(inputs: ValidationInput) -> tuple[Finding, ...]:
    agreement = inputs.given.refits.reason_agreement if inputs.given.refits else None
    if agreement is None:
        return (leave_unjudged("no reasons of refits"),)
    limit = inputs.policy.lowest_reason_agreement
    words = f"the first reason of {agreement:.1%} of clients stays the same over refits"
    return (judge_limit(agreement, amber=limit, red=2 * limit - 1, words=words),)


_LIMIT: Final = "None: a limit of the policy."

TESTS: Final = (
    ValidationTest(
        "robustness.seeds",
        "robustness",
        "Stability under other seeds",
        "standard deviation of the ROC AUC",
        _LIMIT,
        "refits",
        _judge_seeds,
    ),
    ValidationTest(
        "robustness.resamples",
        "robustness",
        "Stability under other samples",
        "standard deviation of the ROC AUC",
        _LIMIT,
        "refits on bootstrap samples",
        _judge_resamples,
    ),
    ValidationTest(
        "robustness.scores",
        "robustness",
        "Stability of a client's probability",
        "mean standard deviation over refits",
        _LIMIT,
        "refits on bootstrap samples",
        _judge_scores,
    ),
    ValidationTest(
        "robustness.reasons",
        "robustness",
        "Stability of the reason codes",
        "share of clients whose first reason stays",
        _LIMIT,
        "refits on bootstrap samples",
        _judge_reasons,
    ),
)
