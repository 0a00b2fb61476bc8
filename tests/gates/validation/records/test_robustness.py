import pytest
from tests.fakes.scored_samples import draw_sample, run_one

from credit_default.gates.validation.given_figures import GivenFigures, RefitFigures
from credit_default.gates.validation.records.robustness import TESTS


def judge(name, refits):
    return run_one(TESTS, name, draw_sample(1), given=GivenFigures(refits=refits)).light


@pytest.mark.parametrize(
    ("areas", "light"),
    [
        ((0.780, 0.782, 0.778), "green"),
        ((0.780, 0.800, 0.770), "amber"),
        ((0.78, 0.84, 0.72), "red"),
        ((0.78, 0.84), "not judged"),
        ((), "not judged"),
    ],
)
def test_areas_of_refits_that_lie_apart_are_seen(areas, light):
    assert judge("seeds", RefitFigures(seed_roc_aucs=areas)) == light
    assert judge("resamples", RefitFigures(resample_roc_aucs=areas)) == light


@pytest.mark.parametrize(
    ("spread", "agreement", "light"),
    [(0.02, 0.9, "green"), (0.07, 0.6, "amber"), (0.2, 0.3, "red"), (None, None, "not judged")],
)
def test_probabilities_and_reasons_that_change_are_seen(spread, agreement, light):
    refits = RefitFigures(score_spread=spread, reason_agreement=agreement)

    assert judge("scores", refits) == light
    assert judge("reasons", refits) == light


def test_no_refits_are_not_judged():
    for name in ("seeds", "resamples", "scores", "reasons"):
        assert judge(name, None) == "not judged"


@pytest.mark.parametrize(
    ("figures", "name", "light"),
    [
        ({"seed_roc_aucs": (0.70, 0.70)}, "seeds", "not judged"),
        ({"seed_roc_aucs": (0.70, 0.7099, 0.7198)}, "seeds", "green"),  # a deviation of .0099
        ({"seed_roc_aucs": (0.70, 0.7101, 0.7202)}, "seeds", "amber"),
        ({"resample_roc_aucs": (0.70, 0.7199, 0.7398)}, "resamples", "amber"),
        ({"resample_roc_aucs": (0.70, 0.7201, 0.7402)}, "resamples", "red"),
        ({"score_spread": 0.05}, "scores", "green"),
        ({"score_spread": 0.1}, "scores", "amber"),
        ({"score_spread": 0.1001}, "scores", "red"),
        ({"reason_agreement": 0.7}, "reasons", "green"),
        ({"reason_agreement": 0.6999}, "reasons", "amber"),
        ({"reason_agreement": 0.4001}, "reasons", "amber"),
        ({"reason_agreement": 0.3999}, "reasons", "red"),
    ],
)
def test_refits_are_judged_by_a_limit_and_twice_as_far(figures, name, light):
    given = GivenFigures(refits=RefitFigures(**figures))

    found = run_one(TESTS, name, draw_sample(1), given=given)

    assert found.light == light
    if light != "not judged":
        assert run_one(TESTS, name, draw_sample(1)).light == "not judged"
