from dataclasses import replace
from statistics import NormalDist

import numpy as np
import pytest

from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.slice_check import SliceGain, check_slices, measure_slices
from credit_default.model.statistics.bootstrap import measure_log_loss

POLICY = PromotionPolicy()


def divide(contest, *, count=4):
    """The contest's rows dealt out in turn."""
    labels = np.array([f"hand {number}" for number in range(count)])[
        np.arange(len(contest.defaulted)) % count
    ]
    return replace(contest, groups={"deal": labels})


def spoil(contest, label, *, noise=1.5):
    """The contest with a challenger that guesses in one slice."""
    chosen = contest.groups["deal"] == label
    odds = np.log(contest.challenger / (1 - contest.challenger))
    shaken = 1 / (1 + np.exp(-(odds + noise * np.random.default_rng(9).normal(size=len(odds)))))
    return replace(contest, challenger=np.where(chosen, shaken, contest.challenger))


def test_a_gain_is_the_mean_difference_of_log_loss_in_the_slice(make_contest):
    contest = divide(make_contest(2_000, champion_noise=0.5, challenger_noise=0.1, seed=1))

    found = {slice_.name: slice_ for slice_ in measure_slices(contest, policy=POLICY)}

    first = np.arange(2_000) % 4 == 0
    old, new = (
        measure_log_loss(contest.defaulted, side)[first]
        for side in (contest.champion, contest.challenger)
    )
    assert list(found) == [f"deal hand {number}" for number in range(4)]
    assert found["deal hand 0"].row_count == 500
    assert found["deal hand 0"].gain == pytest.approx((old - new).mean())
    assert found["deal hand 0"].standard_error == pytest.approx((old - new).std() / np.sqrt(500))


def test_equal_models_are_worse_nowhere(make_contest):
    contest = divide(make_contest(8_000, champion_noise=0.2, challenger_noise=0.2, seed=2))

    found = check_slices(contest, policy=POLICY)

    assert found.fault == ""
    assert found.summary.startswith(
        "slices: none of 4 is worse beyond noise; the closest is deal hand "
    )
    assert found.figures["slice_count"] == 4.0


def test_one_spoiled_slice_is_named(make_contest):
    contest = spoil(
        divide(make_contest(8_000, champion_noise=0.3, challenger_noise=0.1, seed=3)), "hand 2"
    )

    found = check_slices(contest, policy=POLICY)

    assert found.fault == "the slice deal hand 2 is worse (promotion.slice_log_loss_margin)"
    assert found.summary.startswith("slices: worse for deal hand 2, log loss worse by 0.")
    assert "on 2,000 rows" in found.summary


def test_many_spoiled_slices_are_counted_and_three_are_named(make_contest):
    contest = divide(make_contest(8_000, champion_noise=0.1, challenger_noise=1.0, seed=3))

    found = check_slices(contest, policy=POLICY)

    assert found.fault == "4 slices are worse (promotion.slice_log_loss_margin)"
    assert found.summary.count("log loss worse") == 3
    assert found.summary.endswith("and 1 more")


def test_a_loss_that_is_sure_but_within_the_margin_is_none(make_contest):
    contest = spoil(
        divide(make_contest(8_000, champion_noise=0.1, challenger_noise=0.1, seed=3)), "hand 2"
    )

    assert check_slices(contest, policy=replace(POLICY, slice_log_loss_margin=1.0)).fault == ""


def test_slices_without_enough_of_both_outcomes_are_left_out(make_contest):
    contest = make_contest(1_000, champion_noise=0.1, challenger_noise=0.1, seed=4)
    place = np.arange(1_000)
    contest.defaulted[place < 300] = 0
    labels = np.select([place < 300, place < 400], ["all paid", "too few"], "enough")

    found = list(measure_slices(replace(contest, groups={"deal": labels}), policy=POLICY))

    assert [slice_.name for slice_ in found] == ["deal enough"]


def test_a_group_that_holds_everybody_is_no_slice(make_contest):
    contest = make_contest(1_000, champion_noise=0.1, challenger_noise=0.1, seed=4)

    found = check_slices(replace(contest, groups={"month": ["2005-09"] * 1_000}), policy=POLICY)

    assert (found.fault, found.summary) == (
        "",
        "slices: none is large enough to be judged separately",
    )


def test_the_same_model_twice_is_worse_nowhere_and_a_loss_without_noise_is_certain():
    outcome = np.tile([0, 0, 0, 1], 400)
    score = np.full(1_600, 0.3)
    labels = np.repeat(["left", "right"], 800)
    contest = PairedScores(outcome, score, score, groups={"side": labels})

    slices = list(measure_slices(contest, policy=POLICY))
    certain = replace(slices[0], gain=-0.1)

    assert [(slice_gain.gain, slice_gain.p_value) for slice_gain in slices] == [
        (0.0, 1.0),
        (0.0, 1.0),
    ]
    assert certain.p_value == 0.0


def test_ties_are_accused_by_twenty_slices_no_more_often_than_by_one(make_contest):
    accused = [
        bool(
            check_slices(
                divide(
                    make_contest(8_000, champion_noise=0.2, challenger_noise=0.2, seed=seed),
                    count=20,
                ),
                policy=POLICY,
            ).fault
        )
        for seed in range(100)
    ]

    assert sum(accused) <= 10


def build_contest(*, loss, size=400, spread=0.0):
    """Two slices; in one the challenger loses so much log loss on every client, or on average."""
    defaulted = np.tile([1, 0, 0, 0], size // 2)
    first = np.arange(2 * size) < size
    champion = np.full(2 * size, 0.25)
    moved = loss + spread * np.tile([1.0, 1.0, -1.0, -1.0], size // 2)[: 2 * size]
    likelihood = np.where(defaulted == 1, champion, 1 - champion)
    changed = likelihood * np.exp(-np.where(first, moved, 0.0))
    challenger = np.where(defaulted == 1, changed, 1 - changed)
    labels = np.where(first, "first", "second")
    return PairedScores(defaulted, champion, challenger, groups={"part": labels})


@pytest.mark.parametrize(("loss", "is_worse"), [(0.00101, True), (0.00099, False), (-0.1, False)])
def test_a_certain_loss_is_judged_by_its_margin(loss, is_worse):
    check = check_slices(build_contest(loss=loss), policy=POLICY)

    assert bool(check.fault) is is_worse
    assert check.figures["slice_count"] == 2.0


@pytest.mark.parametrize(("factor", "is_worse"), [(0.99, False), (1.01, True)])
def test_a_loss_is_worse_beyond_noise_corrected_for_the_slices(factor, is_worse):
    # the spread of a slice of 400 rows has an error of .05 / 20; of two slices one may be worse
    reach = NormalDist().inv_cdf(1 - (1 - POLICY.objection_confidence) / 2) * 0.05 / 20

    check = check_slices(build_contest(loss=factor * reach, spread=0.05), policy=POLICY)

    assert bool(check.fault) is is_worse


def test_the_p_value_of_a_slice_is_the_lower_tail():
    assert SliceGain("a", 100, -0.02, 0.01).p_value == pytest.approx(NormalDist().cdf(-2))
    assert SliceGain("a", 100, 0.0, 0.0).p_value == 1.0
    assert SliceGain("a", 100, -1e-9, 0.0).p_value == 0.0


def test_three_worse_slices_are_named_without_a_rest(make_contest):
    contest = divide(
        make_contest(12_000, champion_noise=0.0, challenger_noise=0.0, seed=3), count=3
    )
    for number in range(3):
        contest = spoil(contest, f"hand {number}")

    check = check_slices(contest, policy=POLICY)

    assert check.summary.count("worse by") == 3
    assert not check.summary.endswith("more")
