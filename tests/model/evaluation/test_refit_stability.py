import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError
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
