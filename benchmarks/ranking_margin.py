"""Measure how often a lower ROC AUC keeps a champion whose level is wrong, by its value alone and beyond noise.

    python benchmarks/ranking_margin.py [--row-counts 800 3000] [--trial-count 200]

The champion's log odds are .4 too low throughout, as after a recession has begun. Both models see the true log odds through
noise of their own: as much of it, more of it in the challenger, and much more. The gate objects to an area that is lower by
more than the margin and beyond the noise of an objection; before, the margin alone was enough.
"""

import argparse
from statistics import NormalDist

import numpy as np
from promotion_ties import POLICY, draw_contest

from credit_default.gates.promotion.delong import AucDifference, measure_auc_difference

TOO_LOW = 0.4  # the champion's log odds
NOISES = ((0.2, 0.2), (0.1, 0.3), (0.1, 0.5))  # of champion and challenger, on the log odds


def measure(row_count: int, seed: int, *, champion: float, challenger: float) -> AucDifference:
    """Return the difference in ROC AUC of one contest between models with these noises."""

    def see(generator: np.random.Generator, odds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        old, new = (
            odds + noise * generator.normal(size=odds.size) for noise in (champion, challenger)
        )
        return old - TOO_LOW, new

    contest = draw_contest(see, row_count=row_count, seed=seed)
    return measure_auc_difference(
        contest.defaulted, contest.champion, challenger=contest.challenger, confidence=0.95
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--row-counts", type=int, nargs="+", default=[800, 3_000])
    parser.add_argument("--trial-count", type=int, default=200)
    asked = parser.parse_args()
    reach = NormalDist().inv_cdf((1 + POLICY.objection_confidence) / 2)
    print("rows  noise of both  mean gain  refused by the margin  and beyond noise")
    for row_count in asked.row_counts:
        for old, new in NOISES:
            found = [
                measure(row_count, seed, champion=old, challenger=new)
                for seed in range(asked.trial_count)
            ]
            gains = np.array([each.gain for each in found])
            errors = np.array([each.standard_error for each in found])
            lower = gains < -POLICY.roc_auc_margin
            shown = lower & (gains < -reach * errors)
            print(
                f"{row_count:5,}  {old:.1f} and {new:.1f}    {gains.mean():+9.4f}"
                f"  {lower.mean():21.1%}  {shown.mean():16.1%}"
            )


if __name__ == "__main__":
    main()
