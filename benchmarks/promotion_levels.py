"""Measure how often first models and challengers are refused for their level, and how often floors let a model pass.

    python benchmarks/promotion_levels.py [--trial-count 1000]

Outcomes are drawn from log odds around -1.55; a model's probabilities are the true ones times a factor, so that a factor of 1
is a right model and its refusals are the size of the objection. Slices are 16 that mean nothing. Floors are tried by models
whose probabilities are right and spread more or less widely, which gives their true AUC.
"""

import argparse

import numpy as np

from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.gates.promotion.level_check import ScoredRows, check_first_level, check_level
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate

POLICY = PromotionPolicy()
DIVISIONS = {"sex": 2, "age": 5, "credit limit": 5, "education": 4}
FACTORS = (1.0, 0.58, 0.8, 1.25, 1.53)  # of a first model's level
CHANGES = ((1.0, 1.0), (1.0, 1.05), (1.0, 1.1), (1.0, 1.17), (0.85, 0.9), (1.2, 1.2))
FLOORS = ((0.65, 220), (0.785, 220), (0.785, 6_000), (1.15, 220), (1.15, 600), (1.15, 6_000))


def draw(
    row_count: int, *, seed: int, spread: float = 1.15
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return outcomes, the probabilities that they were drawn from, and slices."""
    generator = np.random.default_rng(seed)
    true = 1 / (1 + np.exp(1.55 - spread * generator.normal(size=row_count)))
    defaulted = (generator.random(row_count) < true).astype(int)
    groups = {name: generator.integers(0, k, row_count) for name, k in DIVISIONS.items()}
    return defaulted, true, groups


def refuse_first(row_count: int, *, seed: int, factor: float) -> bool:
    """Return whether a first model is refused for its level."""
    defaulted, true, groups = draw(row_count, seed=seed)
    scored = ScoredRows(defaulted, np.minimum(factor * true, 1.0), groups)
    return bool(check_first_level(scored, policy=POLICY).fault)


def refuse_challenger(row_count: int, *, seed: int, champion: float, challenger: float) -> bool:
    """Return whether a challenger is refused for its level."""
    defaulted, true, groups = draw(row_count, seed=seed)
    old, new = (np.minimum(factor * true, 1.0) for factor in (champion, challenger))
    return bool(check_level(PairedScores(defaulted, old, new, groups=groups), policy=POLICY).fault)


def pass_floors(row_count: int, *, seed: int, spread: float) -> bool:
    """Return whether a first model is promoted."""
    defaulted, true, groups = draw(row_count, seed=seed, spread=spread)
    evaluation = evaluate(defaulted, true, policy=DecisionPolicy(), seed=seed)
    return judge_first_model(evaluation, ScoredRows(defaulted, true, groups)).passed


def measure_true_auc(spread: float) -> float:
    """Return the AUC of right probabilities that spread so widely, on many rows."""
    defaulted, true, _ = draw(400_000, seed=1, spread=spread)
    ranks = np.argsort(np.argsort(true))
    defaults = int(defaulted.sum())
    return float((ranks[defaulted == 1].mean() - (defaults - 1) / 2) / (len(defaulted) - defaults))


def describe(share: float, count: int) -> str:
    """Return the share with its Monte Carlo error."""
    return f"{share:7.2%} ± {np.sqrt(share * (1 - share) / count):.2%}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--trial-count", type=int, default=1_000)
    count = parser.parse_args().trial_count
    for row_count in (600, 2_000, 6_000):
        for factor in FACTORS:
            share = np.mean(
                [refuse_first(row_count, seed=seed, factor=factor) for seed in range(count)]
            )
            print(
                f"first model {row_count:6,} rows, expects × {factor:g}: refused {describe(float(share), count)}",
                flush=True,
            )
        for champion, challenger in CHANGES:
            share = np.mean(
                [
                    refuse_challenger(
                        row_count, seed=seed, champion=champion, challenger=challenger
                    )
                    for seed in range(count)
                ]
            )
            print(
                f"challenger {row_count:7,} rows, expects × {challenger:g}, champion × {champion:g}: "
                f"refused {describe(float(share), count)}",
                flush=True,
            )
    for spread, row_count in FLOORS:
        share = np.mean([pass_floors(row_count, seed=seed, spread=spread) for seed in range(count)])
        print(
            f"floors {row_count:6,} rows, true AUC {measure_true_auc(spread):.3f}: "
            f"promoted {describe(float(share), count)}",
            flush=True,
        )


if __name__ == "__main__":
    main()
