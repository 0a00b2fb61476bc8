"""Print what the monotone option costs on the public data: both recipes on the same pooled five folds, paired.

    python benchmarks/monotone.py UCI_Credit_Card.csv [--seeds 1 2 3] [--job-count 2]

Gains are those of the monotone recipe, with 95 % intervals from paired resamples; a negative gain is a loss. Each seed draws
its own folds and fits its own forests.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from model_quality import read_rows

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.gates.promotion.paired_gains import PairedScores, measure_gains
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import cross_validate
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--job-count", type=int, default=2)
    arguments = parser.parse_args()
    rows = read_rows(arguments.data, month=arguments.month)
    print(
        f"{rows.height} rows, pooled five folds; gain of the monotone over the unconstrained recipe, 95 % interval"
    )
    for seed in arguments.seeds:
        scores = [
            cross_validate(
                replace(COMPACT_RECIPE, seed=seed, monotone=monotone),
                rows,
                schema=CREDIT_CARD,
                features=CREDIT_CARD_FEATURES,
                seed=seed,
                job_count=arguments.job_count,
            ).default_probability
            for monotone in (False, True)
        ]
        gains = measure_gains(
            PairedScores(rows["defaulted"].to_numpy(), *scores),
            decision_policy=DecisionPolicy(),
            confidence=0.95,
            resample_count=300,
            seed=seed,
        )
        for gain in gains:
            print(
                f"  seed {seed} {gain.measure:14s} unconstrained {gain.champion:9.4f}  monotone {gain.challenger:9.4f}  "
                f"gain {gain.gain:+.5f} ({gain.low:+.5f} to {gain.high:+.5f})",
                flush=True,
            )


if __name__ == "__main__":
    main()
