"""Measure how often the promotion gate's measures would let a tie pass, at several levels of confidence.

    python benchmarks/promotion_ties.py [--row-count 2000] [--tie-count 8000]

Two equally good models see the true log odds through noise that is partly shared. Errors are those that the gate's
bootstrap converges to (stratified sums, DeLong's for the AUC), so that thousands of ties take a minute; `make nightly` puts
3,000 ties through the gate itself, with all its checks.
"""

import argparse
from statistics import NormalDist

import numpy as np

from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy

COSTS, POLICY = DecisionPolicy(), PromotionPolicy()
NOISES = ((0.0, 0.3), (0.2, 0.1), (0.2, 0.03))  # shared, and each model's own, on the log odds
CONFIDENCES = (0.99, POLICY.confidence, 0.995)


def draw_tie(
    seed: int, row_count: int, *, shared: float, own: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return outcomes, and the default probabilities of two equally good models."""
    generator = np.random.default_rng(seed)
    odds = -1.55 + 1.15 * generator.normal(size=row_count)
    seen = odds + shared * generator.normal(size=row_count)
    defaulted = (generator.random(row_count) < 1 / (1 + np.exp(-odds))).astype(int)
    first, second = (
        1 / (1 + np.exp(-(seen + own * generator.normal(size=row_count)))) for _ in range(2)
    )
    return defaulted, first, second


def measure_losses(defaulted: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return log loss, squared error and cost per 1,000 of each row, shape (rows, 3)."""
    declined = probability >= COSTS.threshold
    cost = np.where(
        declined, COSTS.false_alarm_cost * (1 - defaulted), COSTS.missed_default_cost * defaulted
    )
    chosen = np.where(defaulted == 1, probability, 1 - probability)
    return np.column_stack([-np.log(chosen), (probability - defaulted) ** 2, 1000 * cost])


def measure_tie(
    defaulted: np.ndarray, first: np.ndarray, second: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the second model's gains in log loss, Brier, cost and AUC: in standard errors, and over the least that counts."""
    old, new = measure_losses(defaulted, first), measure_losses(defaulted, second)
    differences, count = old - new, len(defaulted)
    variance = (
        sum(differences[defaulted == k].var(axis=0) * (defaulted == k).sum() for k in (0, 1))
        / count**2
    )
    area = measure_auc_difference(defaulted, first, challenger=second, confidence=0.95)
    gains = np.append(differences.mean(axis=0), area.gain)
    least_cost = POLICY.least_cost_gain_share * old[:, 2].mean()
    least = np.array(
        [POLICY.least_log_loss_gain, POLICY.least_brier_gain, least_cost, POLICY.least_roc_auc_gain]
    )
    return gains / np.append(np.sqrt(variance), area.standard_error), gains / least


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--row-count", type=int, default=2_000)
    parser.add_argument("--tie-count", type=int, default=8_000)
    arguments = parser.parse_args()
    row_count, tie_count = arguments.row_count, arguments.tie_count
    for shared, own in NOISES:
        ties = [
            measure_tie(*draw_tie(seed, row_count, shared=shared, own=own))
            for seed in range(tie_count)
        ]
        errors, worth = (np.array(side) for side in zip(*ties, strict=True))
        for confidence in CONFIDENCES:
            reach = NormalDist().inv_cdf((1 + confidence) / 2)
            won = ((errors > reach) & (worth >= 1)).any(axis=1) & ~(errors < -reach).any(axis=1)
            print(
                f"{row_count:,} rows, noise {shared:g} + {own:g}, confidence {confidence:.2%}: {won.mean():.2%} pass"
            )


if __name__ == "__main__":
    main()
