import numpy as np
import pytest

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.gates.promotion.level_check import ScoredRows
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate


def judge_scores(defaulted, probability, *, resample_count=60):
    evaluation = evaluate(
        defaulted, probability, policy=DecisionPolicy(), seed=1, resample_count=resample_count
    )
    return judge_first_model(evaluation, ScoredRows(defaulted, probability))


def judge_noisy(make_contest, *, noise=0.1, count=1500, seed=1):
    contest = make_contest(count, champion_noise=noise, challenger_noise=0.0, seed=seed)
    return judge_scores(contest.defaulted, contest.champion)


def score(odds):
    return 1 / (1 + np.exp(-odds))


def draw_calibrated(count, *, spread, seed):
    """Outcomes and the probabilities that they are drawn from: the wider they spread, the better they rank."""
    generator = np.random.default_rng(seed)
    true = score(-1.4 + spread * generator.normal(size=count))
    return (generator.random(count) < true).astype(int), true


def test_a_good_first_model_clears_every_floor(make_contest):
    verdict = judge_noisy(make_contest)

    assert verdict.level == "ok"
    assert "every floor met" in verdict.reasons[0]
    assert verdict.figures["roc_auc"] > 0.72


def test_a_first_model_that_barely_ranks_is_refused(make_contest):
    verdict = judge_noisy(make_contest, noise=3.0)

    assert verdict.level == "refused"
    assert any(reason.startswith("ROC AUC 0.6") for reason in verdict.reasons)


def test_a_first_model_worse_than_the_plain_default_rate_is_refused(make_contest):
    contest = make_contest(1500, champion_noise=0.1, challenger_noise=0.1, seed=1)
    too_high = contest.champion**0.2  # ranks as well as ever, and says far too much

    verdict = judge_scores(contest.defaulted, too_high)

    assert verdict.level == "refused"
    assert any(reason.startswith("Brier skill -") for reason in verdict.reasons)


def test_a_first_model_too_extreme_by_half_is_refused(make_contest):
    contest = make_contest(3000, champion_noise=0.1, challenger_noise=0.1, seed=1)
    odds = np.log(contest.champion / (1 - contest.champion))

    verdict = judge_scores(contest.defaulted, score(2.5 * (odds + 0.5)))

    assert verdict.level == "refused"
    assert any("calibration slope 0." in reason for reason in verdict.reasons)


def test_a_first_model_beyond_belief_is_refused():
    defaulted = np.arange(1000) % 5 == 0
    leaked = np.where(defaulted, 0.7, 0.1) + np.linspace(0, 0.1, 1000)
    leaked[[0, 1]] = leaked[[1, 0]]

    verdict = judge_scores(defaulted.astype(int), leaked)

    assert verdict.level == "refused"
    assert any(
        reason.startswith("ROC AUC 0.99") and "too good to be true" in reason
        for reason in verdict.reasons
    )


def test_a_constant_first_model_is_refused():
    verdict = judge_scores([0, 0, 0, 1] * 100, [0.25] * 400)

    assert verdict.level == "refused"
    assert "the model gives every client the same probability" in verdict.reasons


def test_a_first_model_cannot_be_judged_by_one_outcome_or_few_rows():
    verdict = judge_scores([0] * 100, np.linspace(0.1, 0.9, 100))

    assert verdict.level == "refused"
    assert (
        "100 rows are too few to judge by: at least 200 (promotion.fewest_rows)" in verdict.reasons
    )
    assert any(
        reason.startswith("ROC AUC cannot be measured: both outcomes") for reason in verdict.reasons
    )


def count_passed(count, tries, *, spread):
    return sum(
        judge_scores(*draw_calibrated(count, spread=spread, seed=seed), resample_count=100).passed
        for seed in range(tries)
    )


def test_a_model_below_the_floor_hardly_ever_passes_on_few_rows():
    # a spread of .65 gives a true AUC of .664; point values passed 22 % of these
    assert count_passed(220, 200, spread=0.65) <= 10


def test_a_good_model_passes_on_enough_rows():
    assert count_passed(6_000, 25, spread=1.15) == 25


def test_a_floor_that_few_rows_cannot_show_is_said_with_its_interval(make_contest):
    verdict = judge_noisy(make_contest, count=260, noise=0.6, seed=5)

    assert verdict.level == "refused"
    told = next(reason for reason in verdict.reasons if reason.startswith("ROC AUC"))
    assert "is not shown to be above 0.7 (promotion.lowest_roc_auc) by 260 rows" in told
    assert "(95 %: 0." in told
    assert verdict.figures["roc_auc_low"] <= 0.7


@pytest.mark.parametrize(("shift", "words"), [(0.62, "too many"), (-0.75, "too few")])
def test_a_first_model_that_ranks_well_at_a_far_level_is_refused(shift, words):
    defaulted, true = draw_calibrated(2_000, spread=1.15, seed=3)

    verdict = judge_scores(defaulted, score(np.log(true / (1 - true)) + shift))

    assert verdict.level == "refused"
    assert any(f"{words} defaults" in reason for reason in verdict.reasons)
    assert verdict.reasons[-1].startswith("level: expects ")


def test_a_first_model_at_a_far_level_in_one_slice_is_refused_for_it():
    defaulted, true = draw_calibrated(6_000, spread=1.15, seed=4)
    sex = np.arange(6_000) % 2
    scored = np.where(sex == 1, score(np.log(true / (1 - true)) + 0.5), true)
    evaluation = evaluate(defaulted, scored, policy=DecisionPolicy(), seed=1, resample_count=60)

    whole = judge_first_model(evaluation, ScoredRows(defaulted, scored))
    sliced = judge_first_model(evaluation, ScoredRows(defaulted, scored, {"sex": sex}))

    assert whole.level == "ok"
    assert "for sex 1" in sliced.reasons[0]


def test_a_steep_slope_that_may_be_too_steep_is_not_shown_to_be_right():
    defaulted, true = draw_calibrated(1_500, spread=1.15, seed=2)
    odds = np.log(true / (1 - true))

    verdict = judge_scores(defaulted, score(-1.4 + 0.64 * (odds + 1.4)))

    assert any("is not shown to be below 1.6" in reason for reason in verdict.reasons)


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"lowest_roc_auc": 0.99}, "promotion.lowest_roc_auc"),
        ({"highest_roc_auc": 0.6}, "promotion.highest_roc_auc"),
        ({"lowest_brier_skill": 0.9}, "promotion.lowest_brier_skill"),
        ({"lowest_calibration_slope": 3.0}, "promotion.lowest_calibration_slope"),
        ({"highest_calibration_slope": 0.1}, "promotion.highest_calibration_slope"),
    ],
)
def test_a_missed_floor_names_the_setting_that_it_comes_from(make_contest, change, setting):
    contest = make_contest(1500, champion_noise=0.1, challenger_noise=0.0, seed=1)
    scores = contest.defaulted, contest.champion
    evaluation = evaluate(*scores, policy=DecisionPolicy(), seed=1, resample_count=20)

    verdict = judge_first_model(evaluation, ScoredRows(*scores), policy=PromotionPolicy(**change))

    assert verdict.level == "refused"
    assert any(setting in reason for reason in verdict.reasons)


def judge_with(make_contest, *checks):
    contest = make_contest(1500, champion_noise=0.1, challenger_noise=0.0, seed=1)
    scores = contest.defaulted, contest.champion
    evaluation = evaluate(*scores, policy=DecisionPolicy(), seed=1, resample_count=20)
    return judge_first_model(evaluation, ScoredRows(*scores), checks=checks)


def test_a_rival_that_ranks_better_is_watched_and_stops_nothing(make_contest):
    rival = Check("a simple rival ranks better: …", watch="scorecard ranks better")

    verdict = judge_with(make_contest, Check("", figures={"best_input_roc_auc": 0.7}), rival)

    assert (verdict.level, verdict.passed) == ("watch", True)
    assert verdict.reasons[0].endswith("every floor met by 1,500 rows, but scorecard ranks better")
    assert verdict.reasons[1] == rival.summary
    assert verdict.figures["best_input_roc_auc"] == 0.7


def test_a_leak_refuses_a_first_model_and_says_what_to_look_for(make_contest):
    leak = Check("leak: look for an input …", fault="recovered tells the outcome")
    rival = Check("a simple rival ranks better: …", watch="scorecard ranks better")

    verdict = judge_with(make_contest, leak, rival)

    assert verdict.level == "refused"
    assert verdict.reasons == (leak.fault, leak.summary)


def test_rows_are_named_as_given_or_by_their_number():
    generator = np.random.default_rng(1)
    true = score(generator.normal(-1.4, 1.5, 2_000))
    defaulted = (generator.random(2_000) < true).astype(int)
    evaluation = evaluate(defaulted, true, policy=DecisionPolicy(), seed=1, resample_count=60)
    scored = ScoredRows(defaulted, true)

    by_number = judge_first_model(evaluation, scored)
    named = judge_first_model(evaluation, scored, rows_name="all rows of May")

    assert "every floor met by 2,000 rows" in by_number.reasons[0]
    assert "every floor met by all rows of May" in named.reasons[0]


def test_a_floor_that_is_just_reached_is_not_shown_to_be_exceeded():
    generator = np.random.default_rng(1)
    true = score(generator.normal(-1.4, 1.5, 2_000))
    defaulted = (generator.random(2_000) < true).astype(int)
    evaluation = evaluate(defaulted, true, policy=DecisionPolicy(), seed=1, resample_count=60)
    at_floor = PromotionPolicy(lowest_roc_auc=evaluation.metrics["roc_auc"].low)

    verdict = judge_first_model(evaluation, ScoredRows(defaulted, true), policy=at_floor)

    assert verdict.level == "refused"
    assert "(promotion.lowest_roc_auc)" in verdict.reasons[0]
