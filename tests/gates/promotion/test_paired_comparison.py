from dataclasses import replace

import pytest

from credit_default.gates.promotion.paired_comparison import (
    compare_on_rows,
    describe_gain,
    describe_roc_auc_gain,
    find_sample_size_faults,
    find_significant_gains,
    find_worse_measures,
    name_measures,
)
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy

POLICY = PromotionPolicy(resample_count=50)


@pytest.fixture(scope="module")
def comparison(make_contest):
    contest = make_contest(3_000, champion_noise=0.7, challenger_noise=0.1, seed=1)
    return compare_on_rows(
        contest, decision_policy=DecisionPolicy(), policy=POLICY, rows_label="out of fold"
    )


def change(comparison, **gains):
    """The comparison with these gains, each as (gain, standard error)."""
    changed = {
        name: replace(
            comparison.gains[name],
            gain=gain,
            standard_error=error,
            low=gain - 2 * error,
            high=gain + 2 * error,
        )
        for name, (gain, error) in gains.items()
    }
    return replace(comparison, gains={**comparison.gains, **changed})


def test_a_gain_has_to_be_sure_and_worth_a_change(comparison):
    sure_but_small = change(
        comparison,
        log_loss=(0.0004, 0.0001),
        brier=(0.0001, 0.00001),
        roc_auc=(0.0009, 0.0001),
        cost_per_1000=(1.0, 0.1),
    )
    large_but_unsure = change(
        comparison,
        log_loss=(0.01, 0.01),
        brier=(0.01, 0.01),
        roc_auc=(0.01, 0.01),
        cost_per_1000=(50.0, 40.0),
    )

    assert [gain.measure for gain in find_significant_gains(comparison, policy=POLICY)][:3] == [
        "log_loss",
        "brier",
        "roc_auc",
    ]
    assert find_significant_gains(sure_but_small, policy=POLICY) == []
    assert find_significant_gains(large_but_unsure, policy=POLICY) == []


def test_cost_wins_by_a_share_of_what_the_champion_costs(comparison):
    champion = comparison.gains["cost_per_1000"].champion
    enough, too_little = (
        change(comparison, cost_per_1000=(share * champion, 0.1)) for share in (0.011, 0.009)
    )

    assert "cost_per_1000" in [
        gain.measure for gain in find_significant_gains(enough, policy=POLICY)
    ]
    assert "cost_per_1000" not in [
        gain.measure for gain in find_significant_gains(too_little, policy=POLICY)
    ]


def test_auc_lost_beyond_the_margin_counts_where_another_gain_would_outweigh_it(comparison):
    lower = change(comparison, roc_auc=(-0.003, 0.0013))  # beyond the noise of an objection alone
    won = find_significant_gains(lower, policy=POLICY)

    assert list(find_worse_measures(lower, significant_gains=won, policy=POLICY)) == [
        "ROC AUC is lower by more than 0.002 (promotion.roc_auc_margin)"
    ]
    assert list(find_worse_measures(lower, significant_gains=[], policy=POLICY)) == []


@pytest.mark.parametrize("auc", [(-0.0015, 0.0007), (-0.003, 0.002)], ids=["little", "by chance"])
def test_auc_lost_by_little_or_by_chance_does_not_keep_a_worse_champion(comparison, auc):
    lower = change(comparison, roc_auc=auc)
    won = find_significant_gains(lower, policy=POLICY)

    assert list(find_worse_measures(lower, significant_gains=won, policy=POLICY)) == []


def test_what_is_worse_beyond_noise_is_named_once(comparison):
    worse = change(comparison, log_loss=(-0.01, 0.001), roc_auc=(-0.01, 0.001))

    assert list(find_worse_measures(worse, significant_gains=[], policy=POLICY)) == [
        "worse beyond noise on log loss and ROC AUC (promotion.confidence)"
    ]


def test_gains_have_the_decimals_that_mean_something(comparison):
    gains = change(comparison, log_loss=(0.0123, 0.001), cost_per_1000=(-12.34, 1.0)).gains
    told = [
        describe_gain(replace(gains[name], champion=c, challenger=n))
        for name, c, n in (("log_loss", 0.45, 0.4377), ("cost_per_1000", 540.0, 552.34))
    ]

    assert told == [
        "log loss 0.4377 against 0.4500: challenger better by 0.0123 (+0.0103 to +0.0143)",
        "cost per 1,000 552.3 against 540.0: challenger worse by 12.3 (-14.3 to -10.3)",
    ]


def test_auc_is_described_with_both_intervals(comparison):
    told = describe_roc_auc_gain(comparison)

    assert told.startswith("ROC AUC 0.7")
    assert "(99.25%: bootstrap +0.0" in told
    assert ", DeLong +0.0" in told


def test_measures_are_listed_as_a_person_would(comparison):
    log_loss, brier, roc_auc, _ = comparison.gains.values()

    assert name_measures([brier]) == "Brier score"
    assert name_measures([log_loss, brier, roc_auc]) == "log loss, Brier score and ROC AUC"


def test_figures_hold_both_intervals_of_the_auc(comparison):
    figures = comparison.list_figures(prefix="test_")

    assert figures["test_roc_auc_gain_low_delong"] == comparison.auc_difference.low
    assert figures["test_roc_auc_gain_low"] == pytest.approx(
        comparison.auc_difference.low, abs=0.01
    )
    assert figures["test_champion_brier"] > figures["test_challenger_brier"]


@pytest.mark.parametrize(
    ("row_count", "default_count", "fault_count"),
    [(200, 20, 0), (199, 20, 1), (200, 19, 1), (200, 180, 0), (200, 181, 1), (199, 180, 2)],
)
def test_rows_and_clients_of_either_outcome_may_be_too_few(row_count, default_count, fault_count):
    faults = find_sample_size_faults(row_count, default_count, policy=POLICY)

    assert len(faults) == fault_count
