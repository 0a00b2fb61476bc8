"""Trainings that must give one digest: `python trainings.py ROWS.parquet COUNT TREE_COUNT`, each digest on a line.

Every training gets the rows and the columns in another order, and one core or two in turn. Hash seed, time zone, locale,
threads and working folder are the caller's to choose.
"""

import json
import locale
import sys
import time

import polars as pl

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import split
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


def main():
    path, count, tree_count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    locale.setlocale(locale.LC_ALL, "")
    rows = pl.read_parquet(path)
    seed = hash("another in each process")  # by PYTHONHASHSEED
    for number in range(count):
        shuffled = rows.sample(fraction=1.0, shuffle=True, seed=(seed + number) % 2**32)
        sides = split(shuffled.select(rows.columns if number % 3 else rows.columns[::-1]))
        bundle = fit(
            Recipe(tree_count=tree_count),
            sides.development,
            schema=CREDIT_CARD,
            features=CREDIT_CARD_FEATURES,
            decision_policy=DecisionPolicy(),
            job_count=1 + number % 2,
        )
        told = {
            "digest": attach_reference(bundle, sides.test).digest,
            "first": shuffled["client_id"][0],
            "zone": time.tzname[0],
        }
        sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
