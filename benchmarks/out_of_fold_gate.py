"""How often the gate of a first model passes a model that is exactly at a floor, where it is judged out of fold.

Scores of different folds are by different models and are not exchangeable, so the interval of all rows is put to the
test by refits: each repetition draws new clients, fits a model on each of five folds and one on the development side,
and the gate judges the pooled predictions. The world is set so that the registered models' true ROC AUC, measured on
20,000 other clients, is at the floor on average; what is counted is how often the gate says `ok`.
Assumed: clients are independent and drawn from one population, and the folds are drawn once.

    python benchmarks/out_of_fold_gate.py --repetitions 400
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.gates.promotion.level_check import ScoredRows
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.statistics.auc_placements import measure_roc_auc_error

FOLD_COUNT, TEST_SHARE, FEATURE_COUNT = 5, 0.2, 12
INTERCEPT = -1.2
# Signal at which the true AUC of models fitted on 80 % of so many rows is .70 on average (`find_signal`).
SIGNALS = {"logistic": {500: 0.902, 1_000: 0.845, 1_500: 0.832}}


@dataclass(frozen=True)
class Clients:
    """Features of shape (rows, features), and outcomes (0/1)."""

    matrix: np.ndarray
    defaulted: np.ndarray


def draw_clients(generator: np.random.Generator, count: int, *, signal: float) -> Clients:
    """Draw clients of whose twelve features a half tells of the outcome."""
    matrix = generator.normal(size=(count, FEATURE_COUNT))
    weights = np.array([1.0, 0.8, 0.6, 0.4, 0.3, 0.2])
    odds = matrix[:, : len(weights)] @ (weights / np.sqrt((weights**2).sum()))
    defaulted = generator.random(count) < expit(INTERCEPT + signal * odds)
    return Clients(matrix, defaulted.astype(np.int64))


def build_logistic() -> Any:
    """Return an unfitted logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def build_forest() -> Any:
    """Return an unfitted forest with the leaves of 800 rows."""
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(
        30, max_depth=8, min_samples_leaf=11, max_samples=0.5, random_state=0
    )


LEARNERS: dict[str, Callable[[], Any]] = {"logistic": build_logistic, "forest": build_forest}


def pass_gate(generator: np.random.Generator, count: int, *, signal: float, learner: str) -> bool:
    """Return whether the gate passes one model, by the out-of-fold predictions of its rows."""
    clients = draw_clients(generator, count, signal=signal)
    fold = generator.permutation(count) % FOLD_COUNT
    probability = np.empty(count)
    for number in range(FOLD_COUNT):
        held_out = fold == number
        model = LEARNERS[learner]().fit(clients.matrix[~held_out], clients.defaulted[~held_out])
        probability[held_out] = model.predict_proba(clients.matrix[held_out])[:, 1]
    evaluation = evaluate(
        clients.defaulted, probability, policy=DecisionPolicy(), seed=0, resample_count=200
    )
    return judge_first_model(evaluation, ScoredRows(clients.defaulted, probability)).passed


def measure_true_roc_auc(
    generator: np.random.Generator, count: int, *, signal: float, learner: str, fit_count: int
) -> float:
    """Return the mean true ROC AUC of models that are fitted on the development side of so many clients."""
    others = draw_clients(generator, 20_000, signal=signal)
    found = []
    for _ in range(fit_count):
        own = draw_clients(generator, round(count * (1 - TEST_SHARE)), signal=signal)
        model = LEARNERS[learner]().fit(own.matrix, own.defaulted)
        scored = model.predict_proba(others.matrix)[:, 1]
        found.append(measure_roc_auc_error(others.defaulted, scored).value)
    return float(np.mean(found))


def find_signal(count: int, *, learner: str, roc_auc: float = 0.70, fit_count: int = 60) -> float:
    """Return the signal at which models of so many clients have this true ROC AUC on average."""

    def miss(signal: float) -> float:
        generator = np.random.default_rng(17)
        return (
            measure_true_roc_auc(
                generator, count, signal=signal, learner=learner, fit_count=fit_count
            )
            - roc_auc
        )

    return float(brentq(miss, 0.3, 2.5, xtol=0.005))


def main() -> None:
    """Print, by learner and number of rows, the share of models at the floor that the gate passes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=400)
    parser.add_argument("--learner", choices=LEARNERS, default="logistic")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 1_000, 1_500])
    options = parser.parse_args()
    for count in options.sizes:
        signal = find_signal(count, learner=options.learner)
        generator = np.random.default_rng(3)
        passed = sum(
            pass_gate(generator, count, signal=signal, learner=options.learner)
            for _ in range(options.repetitions)
        )
        print(
            f"{options.learner} {count:,} rows, signal {signal:.3f}: {passed} of {options.repetitions} "
            f"at the floor pass ({passed / options.repetitions:.1%})"
        )


if __name__ == "__main__":
    main()
