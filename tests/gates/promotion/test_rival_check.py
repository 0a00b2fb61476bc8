import pytest

from credit_default.gates.promotion.paired_gains import Gain
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.rival_check import RivalGain, check_rivals


def make_rival(gain, *, error=0.01, name="scorecard", family="scorecard"):
    reach = 1.96 * error
    measured = Gain("roc_auc", 0.80 - gain, 0.80, gain, gain - reach, gain + reach, error)
    return RivalGain(name, measured, family=family)


def test_a_rival_that_ranks_better_is_named_with_its_lead_interval_and_remedy():
    check = check_rivals([make_rival(-0.05)], family="forest")

    assert check.fault == ""
    assert check.watch == "scorecard ranks better"
    assert check.summary == (
        "a simple rival ranks better: scorecard, ROC AUC 0.8500 against 0.8000, by 0.0500 "
        '(95 %: +0.0304 to +0.0696); train with recipe.family = "scorecard"'
    )
    assert check.figures["rival_roc_auc"] == pytest.approx(0.85)
    assert check.figures["rival_roc_auc_lead"] == pytest.approx(0.05)


@pytest.mark.parametrize("gain", [0.05, 0.0, -0.015])
def test_a_rival_that_is_worse_or_better_within_noise_says_nothing(gain):
    check = check_rivals([make_rival(gain)], family="forest")

    assert (check.watch, check.summary, check.figures) == ("", "", {})


def test_a_lead_that_is_not_worth_a_change_says_nothing():
    assert not check_rivals([make_rival(-0.0009, error=0.0001)], family="forest").watch
    assert check_rivals([make_rival(-0.0011, error=0.0001)], family="forest").watch


def test_many_rivals_must_each_show_more():
    lead = make_rival(-0.022)

    assert check_rivals([lead], family="forest").watch
    assert not check_rivals([lead] + [make_rival(0.1, name="x")] * 4, family="forest").watch
    lenient = PromotionPolicy(objection_confidence=0.5)
    assert check_rivals([lead] * 5, family="forest", policy=lenient).watch


def test_the_best_of_several_is_named_first():
    rivals = [make_rival(-0.05), make_rival(-0.09, name="boosting", family="boosting")]

    check = check_rivals(rivals, family="forest")

    assert check.watch == "boosting ranks better"
    assert "; scorecard too; " in check.summary
    assert check.summary.endswith('train with recipe.family = "boosting"')


@pytest.mark.parametrize(
    "rival", [make_rival(-0.05), make_rival(-0.05, name="best input", family="")]
)
def test_where_no_other_family_is_left_a_search_is_advised(rival):
    check = check_rivals([rival], family="scorecard")

    assert check.summary.endswith("`credit-default tune`")


def test_a_lead_of_just_what_is_worth_a_change_is_watched():
    policy = PromotionPolicy(least_roc_auc_gain=0.0625)

    assert check_rivals([make_rival(-0.0625)], family="forest", policy=policy).watch
    assert not check_rivals([make_rival(-0.0624)], family="forest", policy=policy).watch


def test_the_model_s_own_family_is_searched_and_no_rivals_say_nothing():
    advice = check_rivals([make_rival(-0.05)], family="scorecard").summary
    assert advice.endswith("search for a recipe that suits these rows with `credit-default tune`")
    assert check_rivals([], family="forest").summary == ""


def test_a_rival_alone_is_held_to_the_confidence_itself():
    policy = PromotionPolicy(objection_confidence=0.95)

    # 1.96 standard errors, and 2.24 of one of two
    assert check_rivals([make_rival(-0.0197)], family="forest", policy=policy).watch
    assert not check_rivals([make_rival(-0.0195)], family="forest", policy=policy).watch
