import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from credit_default.errors import InputError
from credit_default.gates.promotion.paired_gains import MEASURES, PairedScores, measure_gains
from credit_default.model.estimator.decision import DecisionPolicy


def measure(contest, *, confidence=0.95, seed=1, resample_count=200):
    gains = measure_gains(
        contest,
        decision_policy=DecisionPolicy(),
        confidence=confidence,
        resample_count=resample_count,
        seed=seed,
    )
    return {gain.measure: gain for gain in gains}


def test_gains_are_differences_of_the_plain_figures_and_positive_where_the_challenger_is_better(
    make_contest,
):
    contest = make_contest(1500, champion_noise=0.6, challenger_noise=0.1, seed=1)

    gains = measure(contest)

    assert tuple(gains) == MEASURES
    for name, figure in (
        ("log_loss", log_loss),
        ("brier", brier_score_loss),
        ("roc_auc", roc_auc_score),
    ):
        champion, challenger = (
            figure(contest.defaulted, side) for side in (contest.champion, contest.challenger)
        )
        assert gains[name].champion == pytest.approx(champion)
        assert gains[name].challenger == pytest.approx(challenger)
        assert abs(gains[name].gain) == pytest.approx(abs(challenger - champion))
        assert gains[name].gain > 0
        assert gains[name].low < gains[name].gain < gains[name].high


def test_swapping_the_sides_turns_the_gains_around(make_contest):
    contest = make_contest(800, champion_noise=0.6, challenger_noise=0.1, seed=2)

    forth = measure(contest)
    back = measure(PairedScores(contest.defaulted, contest.challenger, contest.champion))

    for name in MEASURES:
        assert back[name].gain == pytest.approx(-forth[name].gain)
        assert back[name].low == pytest.approx(-forth[name].high)


def test_a_model_against_itself_gains_exactly_nothing(make_contest):
    contest = make_contest(500, champion_noise=0.3, challenger_noise=0.3, seed=3)

    gains = measure(PairedScores(contest.defaulted, contest.champion, contest.champion.copy()))

    for gain in gains.values():
        assert (gain.gain, gain.low, gain.high) == (0.0, 0.0, 0.0)
        assert not gain.is_better
        assert not gain.is_worse(confidence=0.5)


def test_cost_counts_both_mistakes_at_the_threshold_in_force():
    contest = PairedScores(
        np.array([1, 0, 0, 1]), np.array([0.1, 0.1, 0.9, 0.9]), np.array([0.9, 0.1, 0.1, 0.9])
    )

    cost = measure(contest)["cost_per_1000"]

    assert (cost.champion, cost.challenger, cost.gain) == (1500.0, 0.0, 1500.0)


def test_more_confidence_makes_wider_intervals(make_contest):
    contest = make_contest(500, champion_noise=0.3, challenger_noise=0.2, seed=4)

    narrow, wide = measure(contest, confidence=0.8), measure(contest, confidence=0.99)

    assert all(
        wide[name].low < narrow[name].low < narrow[name].high < wide[name].high for name in MEASURES
    )


def test_intervals_of_paired_gains_hold_the_truth_about_as_often_as_they_claim(make_contest):
    held = [
        gain.low <= 0 <= gain.high
        for seed in range(40)
        for gain in measure(
            make_contest(600, champion_noise=0.4, challenger_noise=0.4, seed=seed),
            resample_count=60,
        ).values()
    ]

    assert np.mean(held) == pytest.approx(0.95, abs=0.06)


@pytest.mark.parametrize(
    ("groups", "protected", "found"),
    [({"sex": ["f"]}, (), "1 labels"), ({}, ("sex",), "no labels")],
)
def test_groups_hold_one_label_a_row_and_protected_ones_are_among_them(groups, protected, found):
    with pytest.raises(InputError, match=f"'sex': found {found}; expected one for each of 2 rows"):
        PairedScores([0, 1], [0.1, 0.2], [0.1, 0.2], groups=groups, protected=protected)


def test_a_client_exactly_at_the_threshold_is_declined():
    outcome = np.tile([1, 0, 0, 0], 50)
    at, below = (np.full(200, value) for value in (DecisionPolicy().threshold, 0.1))

    cost = measure(PairedScores(outcome, at, below))["cost_per_1000"]

    # all declined: three false alarms in four; all accepted: one missed default in four, at five times the cost
    assert (cost.champion, cost.challenger) == (750.0, 1250.0)
