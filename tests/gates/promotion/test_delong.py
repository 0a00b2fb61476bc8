import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.gates.promotion.paired_gains import measure_gains
from credit_default.model.estimator.decision import DecisionPolicy


def measure(contest, *, confidence=0.95):
    return measure_auc_difference(
        contest.defaulted, contest.champion, challenger=contest.challenger, confidence=confidence
    )


def compare_everybody(defaulted, champion, challenger):
    """The gain and its standard error by the definition: every defaulter against every other client."""
    outcome = np.asarray(defaulted) == 1
    wins = []
    for scores in (np.asarray(champion), np.asarray(challenger)):
        above = scores[outcome][:, None] - scores[~outcome][None, :]
        wins.append((above > 0) + 0.5 * (above == 0))
    gains = wins[1] - wins[0]
    variances = [np.var(gains.mean(axis=axis), ddof=1) / gains.shape[1 - axis] for axis in (0, 1)]
    return gains.mean(), np.sqrt(sum(variances))


# few levels, so that ties are everywhere
SCORES = st.integers(0, 6).map(lambda level: level / 7)
ROWS = st.lists(st.tuples(SCORES, SCORES), min_size=6, max_size=40)


@given(ROWS)
def test_midranks_say_what_comparing_everybody_with_everybody_says(rows):
    champion, challenger = (list(side) for side in zip(*rows, strict=True))
    defaulted = [position % 3 == 0 for position in range(len(rows))]

    difference = measure_auc_difference(defaulted, champion, challenger=challenger, confidence=0.95)

    gain, error = compare_everybody(defaulted, champion, challenger)
    assert difference.gain == pytest.approx(gain, abs=1e-12)
    assert difference.standard_error == pytest.approx(error, abs=1e-12)


@given(ROWS)
@settings(max_examples=30)
def test_swapping_the_sides_turns_the_interval_around(rows):
    champion, challenger = (list(side) for side in zip(*rows, strict=True))
    defaulted = [position % 2 for position in range(len(rows))]

    forth = measure_auc_difference(defaulted, champion, challenger=challenger, confidence=0.95)
    back = measure_auc_difference(defaulted, challenger, challenger=champion, confidence=0.95)

    assert (back.low, back.high) == pytest.approx((-forth.high, -forth.low), abs=1e-12)


def test_areas_are_the_plain_ones(make_contest):
    contest = make_contest(900, champion_noise=0.6, challenger_noise=0.2, seed=1)

    difference = measure(contest)

    assert difference.champion == pytest.approx(roc_auc_score(contest.defaulted, contest.champion))
    assert difference.challenger == pytest.approx(
        roc_auc_score(contest.defaulted, contest.challenger)
    )
    assert difference.low < difference.gain < difference.high


def test_interval_is_the_bootstraps_within_its_noise(make_contest):
    contest = make_contest(3000, champion_noise=0.4, challenger_noise=0.3, seed=2)
    gains = measure_gains(
        contest, decision_policy=DecisionPolicy(), confidence=0.95, resample_count=400, seed=1
    )

    difference = measure(contest)

    bootstrap = {gain.measure: gain for gain in gains}["roc_auc"]
    assert difference.gain == pytest.approx(bootstrap.gain)
    assert difference.standard_error == pytest.approx(bootstrap.standard_error, rel=0.15)


def test_a_model_against_itself_differs_by_exactly_nothing(make_contest):
    contest = make_contest(500, champion_noise=0.3, challenger_noise=0.3, seed=3)

    same = measure_auc_difference(
        contest.defaulted, contest.champion, challenger=contest.champion, confidence=0.95
    )

    assert (same.gain, same.standard_error, same.low, same.high) == (0.0, 0.0, 0.0, 0.0)


def test_more_confidence_makes_a_wider_interval(make_contest):
    contest = make_contest(500, champion_noise=0.3, challenger_noise=0.2, seed=4)

    narrow, wide = measure(contest, confidence=0.8), measure(contest, confidence=0.99)

    assert wide.low < narrow.low < narrow.high < wide.high
