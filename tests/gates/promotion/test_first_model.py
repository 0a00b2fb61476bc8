import numpy as np

from credit_default.gates.promotion.first_model import judge_first_model
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate


def evaluate_noisy(make_contest, *, noise=0.1, count=1500, seed=1):
    contest = make_contest(count, champion_noise=noise, challenger_noise=0.0, seed=seed)
    return evaluate(
        contest.defaulted, contest.champion, policy=DecisionPolicy(), seed=1, resample_count=20
    )


def evaluate_scores(defaulted, probability):
    return evaluate(defaulted, probability, policy=DecisionPolicy(), seed=1, resample_count=20)


def test_a_good_first_model_clears_every_floor(make_contest):
    verdict = judge_first_model(evaluate_noisy(make_contest))

    assert verdict.level == "ok"
    assert "every floor met" in verdict.reasons[0]
    assert verdict.figures["roc_auc"] > 0.72


def test_a_first_model_that_barely_ranks_is_refused(make_contest):
    verdict = judge_first_model(evaluate_noisy(make_contest, noise=3.0))

    assert verdict.level == "refused"
    assert any(reason.startswith("ROC AUC 0.6") for reason in verdict.reasons)


def test_a_first_model_worse_than_the_plain_default_rate_is_refused(make_contest):
    contest = make_contest(1500, champion_noise=0.1, challenger_noise=0.1, seed=1)
    too_high = contest.champion**0.2  # ranks as well as ever, and says far too much

    verdict = judge_first_model(evaluate_scores(contest.defaulted, too_high))

    assert verdict.level == "refused"
    assert any(reason.startswith("Brier skill -") for reason in verdict.reasons)


def test_a_first_model_too_extreme_by_half_is_refused(make_contest):
    contest = make_contest(3000, champion_noise=0.1, challenger_noise=0.1, seed=1)
    odds = np.log(contest.champion / (1 - contest.champion))

    verdict = judge_first_model(
        evaluate_scores(contest.defaulted, 1 / (1 + np.exp(-2.5 * (odds + 0.5))))
    )

    assert verdict.level == "refused"
    assert any("calibration slope 0." in reason for reason in verdict.reasons)


def test_a_first_model_beyond_belief_is_refused():
    defaulted = np.arange(1000) % 5 == 0
    leaked = np.where(defaulted, 0.7, 0.1) + np.linspace(0, 0.1, 1000)
    leaked[[0, 1]] = leaked[[1, 0]]

    verdict = judge_first_model(evaluate_scores(defaulted.astype(int), leaked))

    assert verdict.level == "refused"
    assert any(reason.startswith("ROC AUC 0.99") for reason in verdict.reasons)


def test_a_constant_first_model_is_refused():
    verdict = judge_first_model(evaluate_scores([0, 0, 0, 1] * 100, [0.25] * 400))

    assert verdict.level == "refused"
    assert "the model gives every client the same probability" in verdict.reasons


def test_a_first_model_cannot_be_judged_by_one_outcome_or_few_rows():
    verdict = judge_first_model(evaluate_scores([0] * 100, np.linspace(0.1, 0.9, 100)))

    assert verdict.level == "refused"
    assert "100 rows are too few to judge by: at least 200" in verdict.reasons
    assert any(
        reason.startswith("ROC AUC cannot be measured: both outcomes") for reason in verdict.reasons
    )
