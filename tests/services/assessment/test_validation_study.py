from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.model.evaluation.metrics import evaluate
from credit_default.services.assessment.validation_study import assess_challenger
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.training_rows import split_rows


@pytest.fixture(scope="module")
def sides(champion_lake):
    return split_rows(champion_lake.wiring, champion_lake.training)


@pytest.fixture(scope="module")
def wiring(champion_lake):
    quick = {"stability": {"refit_count": 1}, "proxies": {"tree_count": 5}}
    settings = type(champion_lake.wiring.settings)(
        **(champion_lake.wiring.settings.model_dump() | quick)
    )
    return replace(champion_lake.wiring, settings=settings)


@pytest.fixture(scope="module")
def challenger(wiring, champion_lake, sides):
    return fit_challenger(wiring, champion_lake.training, sides)


@pytest.fixture(scope="module")
def assessment(wiring, challenger, sides):
    return assess_challenger(wiring, challenger, sides)


def test_everything_that_a_validator_asks_for_is_measured_on_the_test_side(assessment, sides):
    assert assessment.economics.row_count == sides.test.height
    assert assessment.fairness.row_count == sides.test.height
    assert assessment.loss.expected_loss_amount > 0
    assert assessment.stability.refit_count == 1
    assert [baseline.name for baseline in assessment.baselines] == [
        "scorecard",
        "small tree",
        "base rate",
        "boosting",
        "best input",
    ]
    assert assessment.sensitivity
    assert assessment.comparison.row_count == sides.test.height


def test_thresholds_are_chosen_on_development_rows_alone(assessment, wiring, challenger, sides):
    turned = replace(challenger, test_defaulted=1 - challenger.test_defaulted)

    again = assess_challenger(wiring, turned, sides)

    assert again.economics.cheapest.threshold == assessment.economics.cheapest.threshold
    assert [p.reached.threshold for p in again.economics.capacity] == [
        p.reached.threshold for p in assessment.economics.capacity
    ]


def test_protected_attributes_are_divisions_of_the_fairness_report_and_not_of_the_slices(
    assessment, wiring
):
    assert {group.attribute for group in assessment.fairness.groups} >= set(wiring.schema.protected)
    assert set(assessment.slices).isdisjoint(wiring.schema.protected)
    assert {"credit limit", "payment"} <= set(assessment.slices)


def test_flipping_a_protected_attribute_changes_no_score(assessment, wiring):
    assert [flip.attribute for flip in assessment.flips] == list(wiring.schema.protected)
    assert all(flip.changed_count == 0 for flip in assessment.flips)


def test_only_protected_attributes_are_asked_for_proxies(assessment, wiring):
    assert {proxy.attribute for proxy in assessment.proxies} <= set(wiring.schema.protected)


def test_a_model_that_sees_protected_attributes_is_compared_with_none(wiring, champion_lake, sides):
    recipe = replace(wiring.settings.recipe, include_protected=True)
    own = replace(wiring, settings=wiring.settings.model_copy(update={"recipe": recipe}))

    assert (
        assess_challenger(own, fit_challenger(own, champion_lake.training, sides), sides).comparison
        is None
    )


def test_what_one_outcome_cannot_give_is_left_out(wiring, challenger, sides):
    paid = pl.Series(challenger.test_defaulted == 0)
    probability = challenger.test_probability[paid.to_numpy()]
    no_defaults = np.zeros(len(probability), dtype=np.int64)
    evaluation = evaluate(
        no_defaults, probability, policy=challenger.bundle.decision_policy, seed=1
    )
    quiet = replace(
        challenger, test_defaulted=no_defaults, test_probability=probability, evaluation=evaluation
    )

    assessment = assess_challenger(wiring, quiet, replace(sides, test=sides.test.filter(paid)))

    assert assessment.baselines == ()
    assert assessment.comparison is None
