import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.promotion import calibration_check
from credit_default.gates.promotion.calibration_check import check_calibration
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.calibration_line import Slope, measure_slope

POLICY = PromotionPolicy()


def stretch(probability, factor):
    """The probabilities with their log odds times this factor: too extreme above 1, too timid below."""
    return 1 / (1 + np.exp(-factor * np.log(probability / (1 - probability))))


def check(make_contest, *, factor, count=12_000, seed=1):
    contest = make_contest(count, champion_noise=0.0, challenger_noise=0.0, seed=seed)
    return check_calibration(
        PairedScores(contest.defaulted, contest.champion, stretch(contest.challenger, factor)),
        policy=POLICY,
    )


def test_a_calibrated_challenger_passes_with_its_slope_beside_the_champions(make_contest):
    found = check(make_contest, factor=1.0)

    assert found.fault == ""
    assert found.summary.startswith("calibration: slope 1.0")
    assert "the champion's 1.0" in found.summary
    low, slope, high = (found.figures[f"calibration_slope{end}"] for end in ("_low", "", "_high"))
    assert low < 1 < high
    assert high - slope == pytest.approx(slope - low)


@pytest.mark.parametrize(
    ("factor", "slope"), [(1.25, "0.8"), (0.8, "1.2")], ids=["too extreme", "too timid"]
)
def test_a_slope_out_of_range_beyond_noise_is_a_fault(make_contest, factor, slope):
    found = check(make_contest, factor=factor)

    assert found.fault.startswith(f"its calibration slope {slope}")


@pytest.mark.parametrize(
    ("champions", "challengers", "is_fault"),
    [
        (1.5, 1.25, False),
        (1.25, 1.5, True),
        (0.6, 1.25, False),
        (1.25, 0.6, True),
        (-1.0, 1.25, False),
        (1.25, -1.0, True),
    ],
)
def test_slope_out_of_range_is_none_where_the_champions_is_further_off(
    make_contest, champions, challengers, is_fault
):
    contest = make_contest(12_000, champion_noise=0.0, challenger_noise=0.0, seed=1)
    champion, challenger = (
        stretch(contest.champion, champions),
        stretch(contest.challenger, challengers),
    )

    found = check_calibration(PairedScores(contest.defaulted, champion, challenger), policy=POLICY)

    assert bool(found.fault) == is_fault
    assert found.summary.endswith(", and the champion is further from 1") != is_fault


def test_a_slope_that_is_off_but_in_range_is_none(make_contest):
    found = check(make_contest, factor=1.06, count=60_000)

    assert found.figures["calibration_slope_high"] < 1
    assert found.fault == ""


def test_few_rows_do_not_accuse_a_calibrated_challenger_more_often_than_one_time_in_twenty(
    make_contest,
):
    accused = [
        bool(check(make_contest, factor=1.0, count=400, seed=seed).fault) for seed in range(100)
    ]

    assert sum(accused) <= 10


def test_a_slope_of_eight_tenths_is_found_on_two_thousand_rows_more_often_than_not(make_contest):
    accused = [
        bool(check(make_contest, factor=1.25, count=2_000, seed=seed).fault) for seed in range(40)
    ]

    assert sum(accused) >= 30


def test_interval_of_the_slope_holds_the_truth_about_as_often_as_it_claims(make_contest):
    held = [
        found.figures["calibration_slope_low"] <= 1 <= found.figures["calibration_slope_high"]
        for found in (
            check(make_contest, factor=1.0, count=1_000, seed=seed) for seed in range(120)
        )
    ]

    assert np.mean(held) == pytest.approx(0.95, abs=0.06)


def test_a_constant_champion_has_no_slope_and_a_constant_challenger_cannot_be_measured(
    make_contest,
):
    contest = make_contest(1_000, champion_noise=0.1, challenger_noise=0.1, seed=1)
    constant = np.full(1_000, 0.22)

    beside = check_calibration(
        PairedScores(contest.defaulted, constant, contest.challenger), policy=POLICY
    )
    alone = check_calibration(
        PairedScores(contest.defaulted, contest.champion, constant), policy=POLICY
    )

    assert "the champion has none" in beside.summary
    assert alone.fault == "its calibration cannot be measured"


@pytest.mark.parametrize(("factor", "side"), [(1.6, "lowest"), (0.6, "highest")])
def test_a_slope_at_the_end_of_the_range_is_within_it(make_contest, factor, side):
    contest = make_contest(3_000, champion_noise=0.0, challenger_noise=0.0, seed=1)
    scores = PairedScores(contest.defaulted, contest.champion, stretch(contest.challenger, factor))
    slope = measure_slope(np.asarray(contest.defaulted), np.asarray(scores.challenger))
    beyond = np.nextafter(slope.value, 1.0)
    wide = {"lowest_slope": 0.0, "highest_slope": 9.0}

    within, out = (
        check_calibration(scores, policy=PromotionPolicy(**wide | {f"{side}_slope": end}))
        for end in (slope.value, beyond)
    )

    assert not within.fault
    assert out.fault.endswith(f"is out of range (promotion.{side}_slope)")
    deviations = norm.ppf((1 + PromotionPolicy().objection_confidence) / 2)
    reach = deviations * slope.standard_error
    assert within.figures["calibration_slope_low"] == pytest.approx(slope.value - reach)
    assert within.figures["calibration_slope_high"] == pytest.approx(slope.value + reach)


@pytest.mark.parametrize(
    ("slope", "champion", "is_closer"),
    [
        (0.8, 0.75, True),
        (0.5, 1.99, False),  # half is as far as twice
        (0.5, 2.0, False),
        (0.5, 2.01, True),
        (0.5, 0.5, False),
        (-0.1, 0.0, False),  # neither has a distance
        (0.1, 0.0, True),
        (0.5, None, False),
    ],
)
def test_the_distance_from_one_is_that_of_a_factor(slope, champion, is_closer):
    other = None if champion is None else Slope(champion, 0.0)

    assert calibration_check._is_closer_to_one(Slope(slope, 0.0), other) is is_closer
