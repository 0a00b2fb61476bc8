import polars as pl
import pytest
from tests.fakes.bureau_loans import FEATURES, NO_FILE, SCHEMA, UNUSABLE, lend

from credit_default.data.contract.schema import Column
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.evaluation.sensitivity import _perturb_numbers, measure_sensitivity
from credit_default.model.fairness.acceptance_counts import count_acceptance, plan_acceptance
from credit_default.model.fairness.attribute_flip_test import measure_flip_sensitivity
from credit_default.model.fairness.groupings import build_groupings, find_quartiles
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.proxy_check import measure_proxies


def group(rows, name):
    (found,) = build_groupings(rows, schema=SCHEMA, attributes=[name], bands=())
    return dict(
        zip(rows[name].to_list(), (found.labels[place] for place in found.group), strict=True)
    )


def test_a_missing_code_is_a_group_of_its_own():
    rows = pl.DataFrame({"sex": [1, None, 2]})

    assert group(rows, "sex") == {1: "male", None: "not stated", 2: "female"}


def test_missing_and_special_numbers_are_groups_of_their_own_and_move_no_quartile():
    rows = pl.DataFrame({"bureau_score": [NO_FILE, UNUSABLE, 400, 500, 600, 700, 800, None]})

    found = group(rows, "bureau_score")

    assert found[None] == "not stated"
    assert (found[NO_FILE], found[UNUSABLE]) == ("no bureau file", "file not usable")
    assert found[400] == "below 500"
    assert found[800] == "700 and above"


def test_an_attribute_that_is_missing_throughout_is_one_group():
    rows = pl.DataFrame({"income": pl.Series([None, None], dtype=pl.Float64)})

    assert set(group(rows, "income").values()) == {"not stated"}
    assert find_quartiles(rows["income"]) == ()


def test_acceptance_counts_those_who_do_not_say():
    rows = pl.DataFrame(
        {"sex": [1, None, None, 2], "decision": ["accept", "accept", "decline", "decline"]}
    )
    plan = plan_acceptance(rows, schema=SCHEMA, policy=FairnessPolicy(attributes=()))

    (counts,) = count_acceptance([rows], schema=SCHEMA, plan=plan).values()

    assert (counts["not stated"].row_count, counts["not stated"].accept_count) == (2, 1)


@pytest.fixture(scope="module")
def loans():
    return fit(
        Recipe(tree_count=5, leaf_row_count=20),
        lend(600, seed=1),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )


def test_flips_proxies_and_sensitivity_take_missing_and_special_values(loans):
    rows = lend(400, seed=2, prefix="N")

    (flip,) = measure_flip_sensitivity(loans, rows, schema=SCHEMA)
    proxies = measure_proxies(loans, rows, schema=SCHEMA, attributes=("sex",), seed=1)
    found = measure_sensitivity(loans, rows, schema=SCHEMA)

    assert flip.changed_count == 0
    assert {proxy.group for proxy in proxies} <= {"male", "female", "not stated"}
    assert {item.column for item in found} == set(loans.input_names)


def test_a_nudge_moves_numbers_only():
    column = Column("score", "integer", "Score", special={-9.0: "no file"}, optional=True)

    ((_, moved),) = _perturb_numbers(column, pl.Series("score", [5, -9, None]))

    assert moved.to_list() == [6, -9, None]
