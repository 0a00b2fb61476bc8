from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from sklearn.metrics import roc_auc_score

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.refit_stability import StabilityPolicy, measure_refit_stability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES


def measure(bundle, development, test, **policy):
    return measure_refit_stability(
        bundle,
        development,
        test,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        policy=StabilityPolicy(**policy),
    )


@pytest.fixture(scope="module")
def unseen(make_rows):
    return make_rows(300, seed=11, prefix="U")


def test_refits_stay_near_the_model_and_turn_few_decisions(bundle, rows, unseen):
    stability = measure(bundle, rows, unseen, refit_count=2)

    assert stability.refit_count == 2
    assert 0.5 < stability.lowest_roc_auc <= stability.highest_roc_auc < 1
    assert 0 < stability.mean_difference < stability.high_difference < 0.5
    assert 0 < stability.changed_decision_share < 0.4


def test_each_refit_is_another_model(bundle, rows, unseen):
    stability = measure(bundle, rows, unseen, refit_count=3, client_share=0.95)

    assert stability.lowest_roc_auc < stability.highest_roc_auc


def test_row_order_changes_no_figure(bundle, rows, unseen):
    shuffled = (
        rows.sample(fraction=1, shuffle=True, seed=3),
        unseen.sample(fraction=1, shuffle=True, seed=4),
    )

    found, again = (
        measure(bundle, rows, unseen, refit_count=1),
        measure(bundle, *shuffled, refit_count=1),
    )

    assert found.lowest_roc_auc == again.lowest_roc_auc
    assert found.changed_decision_share == again.changed_decision_share
    assert found.mean_difference == pytest.approx(again.mean_difference, abs=1e-15)


def test_a_small_share_of_the_clients_makes_other_models(bundle, rows, unseen):
    most, few = (
        measure(bundle, rows, unseen, refit_count=1, client_share=share) for share in (0.95, 0.2)
    )

    assert few.mean_difference > most.mean_difference


def test_areas_are_absent_where_all_outcomes_are_alike(bundle, rows, unseen):
    stability = measure(bundle, rows, unseen.filter(pl.col("defaulted") == 0), refit_count=1)

    assert stability.lowest_roc_auc is None
    assert stability.highest_roc_auc is None


def test_nothing_is_measured_when_no_refit_is_asked_for(bundle, rows, unseen):
    assert measure(bundle, rows, unseen, refit_count=0) is None


@pytest.mark.parametrize(
    "wrong", [{"client_share": 0.0}, {"client_share": 1.0}, {"refit_count": -1}]
)
def test_an_invalid_policy_is_refused(wrong):
    with pytest.raises(InputError, match="stability"):
        StabilityPolicy(**wrong)


def test_a_refit_on_all_clients_differs_by_its_seed_alone(bundle, rows, unseen):
    stability = measure(bundle, rows, unseen, refit_count=1, client_share=0.9999)

    assert stability.mean_difference > 0


def test_the_figures_are_those_of_the_refits_themselves(bundle, rows, unseen):
    found = measure(bundle, rows, unseen, refit_count=2, client_share=0.7)

    base = score_probability(bundle, unseen)
    clients = rows["client_id"].unique().sort()
    refits = []
    for number in (1, 2):
        seed = bundle.recipe.seed + 1_000 * number
        drawn = clients.sample(280, seed=seed)
        refit = fit(
            replace(bundle.recipe, seed=seed),
            rows.filter(pl.col("client_id").is_in(drawn.to_list())),
            schema=CREDIT_CARD,
            features=CREDIT_CARD_FEATURES,
            decision_policy=bundle.decision_policy,
        )
        refits.append(score_probability(refit, unseen))
    differences = np.abs(np.array(refits) - base)
    threshold = bundle.decision_policy.threshold
    changed = [(refit >= threshold) != (base >= threshold) for refit in refits]
    areas = [roc_auc_score(unseen["defaulted"], refit) for refit in refits]

    assert found.refit_count == 2
    assert (found.lowest_roc_auc, found.highest_roc_auc) == pytest.approx((min(areas), max(areas)))
    assert found.mean_difference == pytest.approx(differences.mean(), rel=1e-12)
    assert found.high_difference == pytest.approx(np.quantile(differences, 0.95), rel=1e-12)
    assert found.changed_decision_share == np.mean(changed)


def test_a_single_default_is_enough_for_an_area_and_two_clients_for_a_refit(bundle, rows, unseen):
    payers, defaulters = (unseen.filter(defaulted=outcome) for outcome in (0, 1))
    few = pl.concat([payers[:5], defaulters[:1]])

    assert measure(bundle, rows, few, refit_count=1).lowest_roc_auc is not None
    most = pl.concat([payers[:1], defaulters[:5]])
    assert measure(bundle, rows, most, refit_count=1).lowest_roc_auc is not None


def test_the_standard_policy_makes_two_refits_on_four_fifths(bundle, rows, unseen):
    standard = measure_refit_stability(
        bundle, rows, unseen, schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES
    )

    assert standard == measure(bundle, rows, unseen, refit_count=2, client_share=0.8)


@pytest.mark.parametrize("right", [{"client_share": 0.001}, {"client_share": 0.999}])
def test_a_policy_just_within_its_bounds_is_accepted(right):
    StabilityPolicy(refit_count=0, **right)
