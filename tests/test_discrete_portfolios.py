"""Portfolios of few values: clients who share a row are no twins, the sides have their share, and models are trained."""

import numpy as np
import polars as pl
import pytest

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.splitting import assign_folds, split
from credit_default.data.twins import find_twins
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.features.declaration import parse_features
from credit_default.model.statistics.auc_placements import measure_placements

COUNT = 3_000
QUICK = Recipe(tree_count=20, maximum_depth=5)


def declare(names, **column):
    schema = parse_schema(
        {
            "name": "few-values",
            "version": "1",
            "columns": [
                {"name": "client_id", "kind": "identifier", "description": "Who."},
                {"name": "statement_month", "kind": "month", "description": "When."},
                *({"name": n, "kind": "integer", "description": n, **column} for n in names),
            ],
            "outcome": {"description": "Went bad."},
        }
    )
    features = [{"name": f"raw_{n}", "function": "raw", "columns": [n]} for n in names]
    return schema, parse_features(features, columns=names)


def build_rows(inputs, names, log_odds, seed=1):
    generator = np.random.default_rng(seed)
    return pl.DataFrame(inputs, schema=list(names)).with_columns(
        client_id=pl.Series([f"c{number:05d}" for number in range(len(inputs))]),
        statement_month=pl.lit("2005-09"),
        defaulted=pl.Series(
            (generator.random(len(inputs)) < 1 / (1 + np.exp(-log_odds))).astype(int)
        ),
    )


def make_discrete(seed):
    """Three columns of 4, 5 and 12 values: each of 240 rows is that of a dozen clients."""
    inputs = np.random.default_rng(seed).integers(0, [4, 5, 12], (COUNT, 3))
    names = ("grade", "region", "term")
    return *declare(names), build_rows(inputs, names, inputs[:, 0] - 3.0)


def make_heloc(seed):
    """HELOC's form: 23 whole numbers, of which -7, -8 and -9 are none; 383 of 10,459 clients have no bureau file."""
    generator = np.random.default_rng(seed)
    inputs = generator.integers(0, 90, (COUNT, 23))
    special = generator.random((COUNT, 23)) < 0.05
    inputs[special] = generator.choice([-7, -8], special.sum())
    inputs[generator.random(COUNT) < 383 / 10_459] = -9
    names = tuple(f"c{number}" for number in range(23))
    schema, features = declare(names, special={"-7": "none", "-8": "none", "-9": "no bureau file"})
    return schema, features, build_rows(inputs, names, 0.08 * (45 - inputs[:, 0]))


@pytest.mark.parametrize("make", [make_discrete, make_heloc])
@pytest.mark.parametrize("seed", range(3))
def test_clients_who_share_a_row_are_no_twins_and_the_sides_have_their_share(make, seed):
    _, _, rows = make(seed)

    sides, folds = split(rows), assign_folds(rows)

    number = pl.Series("#client", np.arange(COUNT), dtype=pl.UInt32)
    assert find_twins(rows, client=number).is_empty()
    assert abs(sides.test.height / COUNT - 0.2) < 0.03
    assert np.ptp(np.bincount(folds)) < 0.1 * COUNT / 5


def test_clients_without_a_bureau_file_are_on_both_sides():
    _, _, rows = make_heloc(1)
    sides = split(rows)

    counts = [side.filter(c0=-9).height for side in (sides.development, sides.test)]

    assert sum(counts) > 80
    assert abs(counts[1] / sum(counts) - 0.2) < 0.1


@pytest.mark.parametrize("make", [make_discrete, make_heloc])
def test_a_model_is_trained_on_them_and_ranks(make):
    schema, features, rows = make(1)
    sides = split(rows)

    bundle = fit(
        QUICK,
        sides.development,
        schema=schema,
        features=features,
        decision_policy=DecisionPolicy(),
    )

    probability = score_probability(bundle, sides.test)
    defaulted = sides.test["defaulted"].to_numpy()
    assert measure_placements(defaulted, probability)[defaulted == 1].mean() > 0.7
