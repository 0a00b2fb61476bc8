from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from credit_default.gates.promotion.paired_comparison import (
    compare_on_rows,
    describe_gain,
    describe_roc_auc_gain,
    find_comparison_faults,
    find_sample_size_faults,
    find_significant_gains,
    find_worse_measures,
    name_measures,
)
from credit_default.gates.promotion.paired_gains import Gain
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
    ("name", "least"), [("log_loss", 0.0005), ("brier", 0.0002), ("roc_auc", 0.001)]
)
def test_a_sure_gain_counts_from_the_least_that_is_worth_a_change(comparison, name, least):
    def find(gain, error=1e-9):
        nothing = {other: (0.0, 1.0) for other in comparison.gains if other != name}
        changed = change(comparison, **nothing, **{name: (gain, error)})
        return [g.measure for g in find_significant_gains(changed, policy=POLICY)]

    assert find(least) == [name]
    assert find(least * 0.999) == []
    assert find(least * 2, error=least) == []  # the interval ends at nought


def test_a_gain_in_cost_counts_from_a_hundredth_of_the_champions(comparison):
    cost = comparison.gains["cost_per_1000"].champion
    nothing = dict.fromkeys(comparison.gains, (0.0, 1.0))

    for gain, found in ((0.01 * cost, ["cost_per_1000"]), (0.00999 * cost, [])):
        changed = change(comparison, **nothing | {"cost_per_1000": (gain, 1e-9)})
        assert [g.measure for g in find_significant_gains(changed, policy=POLICY)] == found


@pytest.mark.parametrize(
    ("gain", "error", "is_told"),
    [
        (-0.002, 0.0009, False),
        (-0.00201, 0.0009, True),  # 2.23 standard errors, beyond 95 %
        (-0.00201, 0.0011, False),  # 1.83
    ],
)
def test_an_area_is_lower_beyond_its_margin_and_the_noise_of_an_objection(
    comparison, gain, error, is_told
):
    easy = replace(POLICY, confidence=1 - 1e-15)  # nothing is worse beyond noise itself
    changed = change(comparison, roc_auc=(gain, error))
    won = [comparison.gains["log_loss"]]

    told = list(find_worse_measures(changed, significant_gains=won, policy=easy))

    assert told == (
        ["ROC AUC is lower by more than 0.002 (promotion.roc_auc_margin)"] if is_told else []
    )
    assert list(find_worse_measures(changed, significant_gains=[], policy=easy)) == []


def test_an_interval_is_worse_only_beyond_its_quantile():
    gain = Gain("brier", 0.2, 0.21, -0.01, -0.02, 0.0, standard_error=0.01)

    quantile = NormalDist().inv_cdf(0.975)
    assert not replace(gain, gain=-0.01 * quantile).is_worse(confidence=0.95)
    assert replace(gain, gain=-0.010001 * quantile).is_worse(confidence=0.95)
    assert not replace(gain, low=0.0).is_better
    assert replace(gain, low=1e-9).is_better


@pytest.mark.parametrize(
    ("rows", "defaults", "fault_count"),
    [(200, 20, 0), (199, 20, 1), (200, 19, 1), (200, 180, 0), (200, 181, 1), (199, 5, 2)],
)
def test_two_hundred_rows_with_twenty_of_either_outcome_can_be_judged(rows, defaults, fault_count):
    assert len(find_sample_size_faults(rows, defaults, policy=POLICY)) == fault_count


def test_a_constant_challenger_and_one_that_is_no_probability_are_faults(make_contest):
    contest = make_contest(300, champion_noise=0.1, challenger_noise=0.1, seed=2)
    constant = replace(contest, challenger=np.full(300, 0.2))
    broken = replace(contest, champion=np.full(300, 1.2))

    def find(scores):
        return find_comparison_faults(scores, policy=POLICY, rows_label="out of fold")

    assert find(contest) == []
    assert find(constant) == ["the challenger gives every client the same probability out of fold"]
    assert find(broken)[0].startswith("the champion cannot be compared out of fold")


@pytest.mark.parametrize(("gain", "side"), [(0.0, "better"), (-1e-9, "worse")])
def test_no_difference_is_told_as_better(comparison, gain, side):
    changed = change(comparison, brier=(gain, 0.1)).gains["brier"]

    assert f"challenger {side} by" in describe_gain(changed)


def test_an_attempt_has_its_own_confidence_and_otherwise_the_policys(make_contest):
    contest = make_contest(1_000, champion_noise=0.3, challenger_noise=0.1, seed=1)
    how = {"decision_policy": DecisionPolicy(), "policy": POLICY, "rows_label": "out of fold"}

    usual = compare_on_rows(contest, **how)
    strict = compare_on_rows(contest, confidence=0.9999, **how)

    assert (usual.confidence, strict.confidence) == (POLICY.confidence, 0.9999)
    assert strict.auc_difference.low < usual.auc_difference.low
