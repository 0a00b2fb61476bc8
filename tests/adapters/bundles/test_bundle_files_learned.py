"""A model with named, ordered, computed and learned features is stored, loaded, and refused when its tables are forged."""

import copy
import math

import numpy as np
import pytest
from tests.fakes.noisy_categories import SCHEMA, declare, draw_rows

from credit_default.adapters.bundles.artifact_check import check_pipeline
from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.errors import ArtifactError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability

FEATURES = declare(
    {"name": "city_woe", "function": "woe", "columns": ["city"]},
    {"name": "city_rate", "function": "target_mean", "columns": ["city"]},
    {
        "name": "city_place",
        "function": "ordinal",
        "columns": ["city"],
        "arguments": {"order": [3, 1, 2]},
    },
    {"name": "both", "expression": "debt / noise"},
)
NAN = float("nan")


@pytest.fixture(scope="module")
def bundle():
    rows = draw_rows(1_200, seed=1, effect=1.0)
    recipe = Recipe(tree_count=8, leaf_row_count=20)
    return fit(recipe, rows, schema=SCHEMA, features=FEATURES, decision_policy=DecisionPolicy())


def test_a_loaded_bundle_has_the_same_tables_and_scores_to_the_same_bits(bundle, tmp_path):
    sealed = write_bundle(bundle, tmp_path)
    new = draw_rows(500, seed=2, effect=1.0, prefix="N")

    loaded = read_bundle(sealed.folder, expected_digest=bundle.digest, seal=sealed.seal)

    assert loaded.features == bundle.features
    assert score_probability(loaded, new).tobytes() == score_probability(bundle, new).tobytes()


def test_what_was_learned_is_stored_as_plain_numbers(bundle):
    learned = bundle.pipeline.named_steps["features"].kw_args["spec"][0]["arguments"]["learned"]

    assert len(learned) == len(FEATURES[0].arguments["values"]) + 2
    assert all(type(number) is float and math.isfinite(number) for number in learned)


FORGERIES = {
    "no table": (0, "learned", lambda _: []),
    "a table one too short": (0, "learned", lambda table: table[:-1]),
    "a table one too long": (0, "learned", lambda table: [*table, 0.0]),
    "a table of a million": (0, "learned", lambda table: table[:1] * 1_000_000),
    "a table with NaN": (0, "learned", lambda table: [NAN, *table[1:]]),
    "a table with infinity": (0, "learned", lambda table: [math.inf, *table[1:]]),
    "a huge number": (0, "learned", lambda table: [1e308, *table[1:]]),
    "a number that is too large for any": (0, "learned", lambda table: [10**400, *table[1:]]),
    "a text": (0, "learned", lambda table: ["0.5", *table[1:]]),
    "a truth": (0, "learned", lambda table: [True, *table[1:]]),
    "a table in a table": (0, "learned", lambda table: [table]),
    "an array": (0, "learned", np.array),
    "a rate above 1": (1, "learned", lambda table: [1.5, *table[1:]]),
    "a rate below 0": (1, "learned", lambda table: [-0.5, *table[1:]]),
    "values twice": (0, "values", lambda values: [values[0], *values[:-1]]),
    "no values": (0, "values", lambda _: []),
    "NaN among the values": (0, "values", lambda values: [NAN, *values[1:]]),
    "a strength of 0": (0, "strength", lambda _: 0.0),
    "an endless strength": (0, "strength", lambda _: math.inf),
    "an order twice": (2, "order", lambda order: [*order, order[0]]),
    "an empty order": (2, "order", lambda _: []),
    "an aggregate": (3, "expression", lambda _: "SUM(debt) / noise"),
    "a window": (3, "expression", lambda _: "debt / AVG(noise) OVER ()"),
    "a file": (3, "expression", lambda _: "READ_CSV('/etc/passwd')"),
    "other columns": (3, "expression", lambda _: "noise / debt"),
    "an expression too long": (3, "expression", lambda _: "debt / noise" + " + debt" * 500),
    "brackets without an end": (3, "expression", lambda _: "(" * 900),
    "an expression that is none": (3, "expression", lambda _: 3),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_table_or_expression_is_refused(bundle, name):
    place, argument, forge = FORGERIES[name]
    step = bundle.pipeline.named_steps["features"]
    before = step.kw_args
    forged = copy.deepcopy(before)
    arguments = forged["spec"][place]["arguments"]
    arguments[argument] = forge(arguments[argument])
    try:
        step.kw_args = forged
        with pytest.raises(ArtifactError):
            check_pipeline(bundle.pipeline, recipe=bundle.recipe)
    finally:
        step.kw_args = before
    check_pipeline(bundle.pipeline, recipe=bundle.recipe)


def test_a_table_that_is_changed_within_its_bounds_is_refused_by_the_digest(bundle, tmp_path):
    step = bundle.pipeline.named_steps["features"]
    before = step.kw_args
    forged = copy.deepcopy(before)
    forged["spec"][0]["arguments"]["learned"][0] += 0.5
    try:
        step.kw_args = forged
        sealed = write_bundle(bundle, tmp_path)
    finally:
        step.kw_args = before

    with pytest.raises(ArtifactError, match="content with the digest"):
        read_bundle(sealed.folder, expected_digest=bundle.digest, seal=sealed.seal)
