"""Print how fast reasons are computed: for the declined rows of the public data's 30,000, and for a small batch.

    python benchmarks/reasons.py UCI_Credit_Card.csv

The model is the compact recipe's, trained on the development side; the background are the accepted clients of the test
side. Seconds are of CPU, summed over cores, without imports, so that other processes do not matter.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from model_quality import read_rows

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import split
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_codes import ReasonFinder, build_reason_finder
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

SMALL_BATCH = 500


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    arguments = parser.parse_args()
    import woodelf  # noqa: F401 - its import is no part of the figure

    rows = read_rows(arguments.data, month=arguments.month)
    bundle = fit_model(rows)
    flagged = score_probability(bundle, rows) >= bundle.decision_policy.threshold
    declined = rows.filter(pl.Series(flagged))
    giver = build_reason_finder(bundle, CREDIT_CARD_REASONS, schema=CREDIT_CARD)
    print(
        f"{declined.height:,} of {rows.height:,} clients declined, background: {giver.explainer.background}"
    )
    print_time(giver, declined.head(SMALL_BATCH))
    print_time(giver, declined)
    print_closeness(giver, declined)


def fit_model(rows: pl.DataFrame) -> ModelBundle:
    """Fit the compact model on the development side, with the test side as its reference."""
    sides = split(rows)
    bundle = fit(
        COMPACT_RECIPE,
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
        job_count=2,
    )
    return attach_reference(bundle, sides.test)


def print_time(giver: ReasonFinder, declined: pl.DataFrame) -> None:
    """Print the CPU seconds that the reasons of these clients take, and the mean count of reasons."""
    began, began_at = time.process_time(), time.perf_counter()
    reasons = giver.find_reasons(declined)
    spent, waited = time.process_time() - began, time.perf_counter() - began_at
    mean = np.mean([len(given) for given in reasons])
    print(
        f"reasons of {declined.height:>6,} declined rows: {spent:.1f} s of CPU ({declined.height / spent:,.0f} rows/s), "
        f"{waited:.1f} s by the clock; {mean:.1f} reasons a client"
    )


def print_closeness(giver: ReasonFinder, declined: pl.DataFrame) -> None:
    """Print the largest difference between the probability and base plus contributions."""
    explained = giver.explainer.explain(declined)
    sums = explained.base_probability + explained.contributions.sum(axis=1)
    print(
        f"base plus contributions miss the probability by at most {np.abs(sums - explained.probability).max():.1e}"
    )


if __name__ == "__main__":
    main()
