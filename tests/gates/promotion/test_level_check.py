from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.promotion.level_check import (
    WHOLE,
    ScoredRows,
    SliceLevel,
    check_first_level,
    check_level,
    measure_slice_levels,
    select_wrong_levels,
)
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy

POLICY = PromotionPolicy()
DIVISIONS = {"sex": 2, "age": 5, "credit limit": 5, "education": 4}


def score(odds):
    return 1 / (1 + np.exp(-odds))


def draw(row_count, *, seed):
    """Outcomes, the probabilities they were drawn from, and slices that mean nothing."""
    generator = np.random.default_rng(seed)
    true = score(generator.normal(-1.55, 1.15, row_count))
    defaulted = (generator.random(row_count) < true).astype(int)
    groups = {name: generator.integers(0, count, row_count) for name, count in DIVISIONS.items()}
    return defaulted, true, groups


def draw_first(row_count, *, seed, factor=1.0):
    defaulted, true, groups = draw(row_count, seed=seed)
    return ScoredRows(defaulted, np.minimum(factor * true, 1.0), groups)


def draw_pair(row_count, *, seed, champion=1.0, challenger=1.0, sex=None):
    defaulted, true, groups = draw(row_count, seed=seed)
    where = np.ones(row_count, bool) if sex is None else groups["sex"] == int(sex)
    old, new = (
        np.where(where, np.minimum(factor * true, 1.0), true) for factor in (champion, challenger)
    )
    return PairedScores(defaulted, old, new, groups=groups)


def count_faults(checks):
    return sum(bool(check.fault) for check in checks)


@pytest.mark.parametrize(("factor", "words"), [(1.53, "too many"), (0.58, "too few")])
def test_a_first_model_at_a_far_level_is_refused_even_on_few_rows(factor, words):
    checks = [
        check_first_level(draw_first(600, seed=seed, factor=factor), policy=POLICY)
        for seed in range(40)
    ]

    assert count_faults(checks) >= 38
    assert words in next(check.fault for check in checks if check.fault)


@pytest.mark.parametrize("factor", [1.10, 1.17])
def test_a_challenger_that_expects_too_many_where_the_champion_is_right_is_refused(factor):
    checks = [
        check_level(draw_pair(6_000, seed=seed, challenger=factor), policy=POLICY)
        for seed in range(40)
    ]

    assert count_faults(checks) >= 37  # of a level off by 10 %; 40 by 17 %
    assert "too many defaults" in checks[0].fault


def test_a_right_level_is_refused_by_chance_no_more_often_than_is_said():
    seeds = range(150)
    # without the margin: what noise alone would do
    strict = replace(POLICY, largest_first_level_error=0.0)
    firsts = [draw_first(2_000, seed=seed) for seed in seeds]

    first = count_faults(check_first_level(scored, policy=POLICY) for scored in firsts)
    bare = count_faults(check_first_level(scored, policy=strict) for scored in firsts)
    pair = count_faults(
        check_level(draw_pair(2_000, seed=seed, champion=1.03), policy=POLICY) for seed in seeds
    )

    assert 1 <= bare <= 16  # 5 % of 150 are 7.5 ± 2.7
    assert first <= bare
    assert pair <= 12


def test_a_challenger_is_not_refused_for_the_champions_own_level():
    equal, better, worse = (
        check_level(draw_pair(6_000, seed=1, champion=1.2, challenger=factor), policy=POLICY)
        for factor in (1.21, 1.12, 1.3)
    )

    assert equal.fault == better.fault == ""
    assert "too many defaults" in worse.fault


def test_a_level_off_in_one_slice_alone_is_found_and_named():
    checks = [
        check_level(draw_pair(12_000, seed=seed, challenger=1.25, sex="1"), policy=POLICY)
        for seed in range(10)
    ]

    assert all(check.fault for check in checks)
    assert any("too many defaults for sex 1" in check.summary for check in checks)


def test_a_level_off_within_the_tolerance_is_no_fault_however_sure():
    check = check_level(
        replace(draw_pair(60_000, seed=1, challenger=1.03), groups={}), policy=POLICY
    )

    assert check.figures["expected_over_observed_low"] > 1
    assert check.fault == ""


def test_many_slices_are_corrected_for():
    generator = np.random.default_rng(1)
    faults = 0
    for seed in range(60):
        scored = draw_first(4_000, seed=seed)
        groups = {f"division {number}": generator.integers(0, 8, 4_000) for number in range(6)}
        strict = replace(POLICY, largest_first_level_error=0.0)
        faults += bool(check_first_level(replace(scored, groups=groups), policy=strict).fault)

    assert faults <= 9  # 48 uncorrected slices at 5 % would find one nine times in ten


def test_summary_tells_counts_ratio_interval_and_champion():
    check = check_level(draw_pair(6_000, seed=1), policy=POLICY)

    assert check.summary.startswith("level: expects 1,3")
    assert "defaults where 1," in check.summary
    assert ", the champion's " in check.summary
    assert check.summary.endswith("; not off by more than 5% beyond noise nor in any of 16 slices")


def test_levels_are_sums_over_the_rows_of_a_slice():
    scored = ScoredRows([1, 0, 1, 0], [0.5, 0.1, 0.9, 0.3], {"half": ["a", "a", "b", "b"]})
    tiny = replace(POLICY, fewest_rows=2, fewest_defaults=1)

    found = {level.name: level for level in measure_slice_levels(scored, policy=tiny)}

    assert list(found) == ["all rows", "half a", "half b"]
    assert found["all rows"].ratio == pytest.approx(0.9)
    assert found["half b"].ratio == pytest.approx(1.2)
    assert found["half a"].variance == pytest.approx(0.25 + 0.09)


@pytest.mark.parametrize(("part", "is_wrong"), [(0.4, True), (0.8, False)])
def test_all_rows_have_half_of_the_probability_of_a_false_fault(part, is_wrong):
    deviations = float(norm.isf(part * (1 - POLICY.objection_confidence) / 2))
    level = SliceLevel(WHOLE, 20_000, 4_000, 4_000 + deviations * 50, 2_500.0, None)

    assert level.p_value == pytest.approx(part * (1 - POLICY.objection_confidence), rel=0.05)
    assert (select_wrong_levels([level], policy=POLICY, largest=0.0) == [level]) is is_wrong


def build_level(ratio, *, champion=None, name="half a", deviations=5.0):
    """A level with 1,000 defaults, off by so many deviations."""
    expected = 1_000 * ratio
    variance = ((expected - 1_000) / deviations) ** 2
    count = None if champion is None else 1_000 * champion
    return SliceLevel(name, 10_000, 1_000, expected, variance, count)


@pytest.mark.parametrize(
    ("ratio", "is_wrong"),
    [(1.0499, False), (1.0501, True), (1 / 1.0499, False), (1 / 1.0501, True)],
)
def test_a_level_is_wrong_beyond_the_error_on_either_side_as_a_factor(ratio, is_wrong):
    level = build_level(ratio, name=WHOLE)

    assert (select_wrong_levels([level], policy=POLICY, largest=0.05) == [level]) is is_wrong


@pytest.mark.parametrize(
    ("champion", "is_further"),
    [
        (1.2 / 1.0201, True),
        (1.2 / 1.0199, False),
        (1.0201 / 1.2, True),
        (1.0199 / 1.2, False),
        (1.3, False),
    ],
)
def test_a_challenger_is_further_off_beyond_the_margin_as_a_factor(champion, is_further):
    level = build_level(1.2, champion=champion)

    assert level.is_further_than_champion(0.02) is is_further
    assert build_level(1.2).is_further_than_champion(0.02)
    assert not build_level(1.2, champion=1.2).is_further_than_champion(0.0)  # as far off


def test_a_level_of_nothing_expected_is_further_than_any():
    nothing = SliceLevel(WHOLE, 100, 20, 0.0, 1e-9, 5.0)

    assert nothing.is_further_than_champion(0.02)
    assert not SliceLevel(WHOLE, 100, 20, 10.0, 1e-9, 0.0).is_further_than_champion(0.02)


@pytest.mark.parametrize(("part", "is_wrong"), [(0.999, True), (1.001, False)])
def test_the_slices_share_the_other_half_by_holm(part, is_wrong):
    half = (1 - POLICY.objection_confidence) / 2
    whole = SliceLevel(WHOLE, 10_000, 1_000, 1_000.0, 1.0, None)
    deviations = float(norm.isf(part * half / 2 / 2))  # two-sided, of two slices
    slices = [build_level(1.5, deviations=deviations), build_level(1.0001, name="half b")]
    slices[1] = replace(slices[1], variance=1.0)

    found = select_wrong_levels([whole, *slices], policy=POLICY, largest=0.05)

    assert (found == slices[:1]) is is_wrong


def test_four_wrong_slices_are_counted_and_three_named():
    generator = np.random.default_rng(3)
    labels = np.repeat(list("abcd"), 3_000)
    defaulted = (generator.random(12_000) < 0.2).astype(int)
    off = PairedScores(
        defaulted,
        np.full(12_000, 0.2),
        np.full(12_000, 0.4) + 1e-3 * defaulted,
        groups={"part": labels},
    )

    check = check_level(off, policy=POLICY)

    assert check.summary.count("too many defaults") == 3
    assert check.summary.endswith("and 2 more")  # of all rows and four slices
    assert check.fault.startswith("it expects")


def test_labels_of_rows_and_figures_are_told_with_their_prefix():
    scores = draw_pair(3_000, seed=4)

    check = check_level(scores, policy=POLICY, rows_label="out of fold", figure_prefix="oof_")

    assert check.summary.startswith("level out of fold: expects")
    assert set(check.figures) == {
        "oof_expected_over_observed",
        "oof_expected_over_observed_low",
        "oof_expected_over_observed_high",
    }


def test_a_single_slice_is_counted():
    pair = draw_pair(6_000, seed=1)
    one = {"sex": np.where(np.arange(6_000) < 5, 2, 1)}  # five rows are no slice to judge

    check = check_level(replace(pair, groups=one), policy=POLICY)

    assert check.summary.endswith(" nor in any of 1 slices")
