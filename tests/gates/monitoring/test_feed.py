from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from credit_default.gates.monitoring.feed import BatchState, ColumnState, judge_feed
from credit_default.gates.monitoring.feed_policy import FeedPolicy

CLEAN = BatchState(
    row_count=1_000,
    reference_count=6_000,
    columns=tuple(
        ColumnState(f"column_{number}", repeat_share=0.04, reference_repeat_share=0.04)
        for number in range(5)
    ),
    identical_share=0.01,
    reference_identical_share=0.01,
    rejected_count=2,
    earlier_rejected_shares=(0.001, 0.002, 0.003),
)


def plant(**fault):
    return replace(CLEAN, columns=(*CLEAN.columns[:-1], replace(CLEAN.columns[-1], **fault)))


def test_clean_batch_is_ok_and_says_what_went_to_quarantine():
    verdict = judge_feed(CLEAN)

    assert (verdict.gate, verdict.level) == ("feed", "ok")
    assert verdict.reasons == ("nothing is unusual; 0.2% of the rows are in quarantine",)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"is_constant": True}, "one value in every row: 'column_4'"),
        ({"is_stale": True}, "the same as in the month before, value for value: 'column_4'"),
        (
            {"scale": 0.001},
            "column_4 is 0.001 times as large as in the reference: delivered in another unit (feed.highest_scale)?",
        ),
        (
            {"scale": 1000.0},
            "column_4 is 1e+03 times as large as in the reference: delivered in another unit (feed.highest_scale)?",
        ),
        (
            {"repeat_share": 0.4},
            "column_4 repeats the month before in 40.0% of the rows, 4.0% usually (feed.stale_margin)",
        ),
    ],
)
def test_broken_column_raises_an_alarm_and_is_named(fault, reason):
    verdict = judge_feed(plant(**fault))

    assert (verdict.level, verdict.reasons) == ("alarm", (reason,))


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"missing_share": 0.02}, "column_4 is missing in 2.0% of the rows"),
        (
            {"new_share": 0.02, "new_codes": ("7", "8")},
            "column_4 holds codes that the reference never held, in 2.0% of the rows (feed.new_share): 7, 8",
        ),
        (
            {"repeat_share": 0.15},
            "column_4 repeats the month before in 15.0% of the rows, 4.0% usually (feed.repeat_margin)",
        ),
        (
            {"low_tail_share": 0.2},
            "column_4: 20.0% more of the rows than usual are smaller than nearly all of the reference (feed.tail_margin)",
        ),
        (
            {"high_tail_share": 0.2},
            "column_4: 20.0% more of the rows than usual are larger than nearly all of the reference (feed.tail_margin)",
        ),
    ],
)
def test_odd_column_is_watched_and_named(fault, reason):
    verdict = judge_feed(plant(**fault))

    assert (verdict.level, verdict.reasons) == ("watch", (reason,))


@pytest.mark.parametrize(
    "little",
    [
        {"scale": 2.0},
        {"new_share": 0.001, "new_codes": ("8",)},
        {"repeat_share": 0.07},
        {"low_tail_share": 0.05},
    ],
)
def test_what_chance_and_the_month_bring_is_quiet(little):
    assert judge_feed(plant(**little)).level == "ok"


def test_code_that_a_small_reference_lacks_by_chance_is_quiet():
    little = plant(new_share=0.008, new_codes=("8",))

    assert judge_feed(little).level == "watch"
    assert judge_feed(replace(little, reference_count=300)).level == "ok"


@pytest.mark.parametrize(
    ("fault", "level"),
    [
        # Beyond the margin of 1 %, 5 % or 10 %, and within what 200 rows of each side bring.
        ({"rejected_count": 3}, "ok"),
        ({"rejected_count": 6}, "watch"),
        ({"identical_share": 0.07}, "ok"),
        ({"identical_share": 0.12}, "alarm"),
    ],
)
def test_few_rows_may_be_beyond_a_margin_by_chance(fault, level):
    small = replace(CLEAN, row_count=200, reference_count=200, rejected_count=0)

    assert judge_feed(replace(small, **fault)).level == level


@pytest.mark.parametrize("name", ["repeat_share", "low_tail_share", "high_tail_share"])
def test_a_column_of_few_rows_may_be_beyond_a_margin_by_chance(name):
    fault = plant(**{name: 0.12})
    small = replace(fault, row_count=200, reference_count=200)

    assert judge_feed(small).level == "ok"
    assert judge_feed(replace(small, row_count=20_000, reference_count=20_000)).level == "watch"


def test_copied_rows_raise_an_alarm():
    assert judge_feed(replace(CLEAN, identical_share=0.2)).level == "alarm"
    assert judge_feed(replace(CLEAN, identical_share=0.05)).level == "ok"


def test_quarantine_above_the_usual_is_watched_with_its_faults():
    rules = {
        "age|nullability": 20,
        "sex|code": 5,
        "bill_within_limit_m1": 3,
        "credit_limit|min": 2,
        "age|max": 1,
    }

    verdict = judge_feed(replace(CLEAN, rejected_count=31, rule_counts=rules))

    assert verdict.level == "watch"
    (reason,) = verdict.reasons
    assert reason.startswith(
        "3.0% of the rows are in quarantine, 0.2% usually (feed.rejected_margin): missing values 20, unknown codes 5, "
    )
    assert reason.endswith("values out of range 3, values that contradict each other 3")
    assert (
        judge_feed(replace(CLEAN, rejected_count=31, earlier_rejected_shares=(0.03,))).level == "ok"
    )


def test_quarantine_without_history_or_rules_is_held_against_none():
    verdict = judge_feed(replace(CLEAN, rejected_count=40, earlier_rejected_shares=()))

    assert verdict.reasons == (
        "3.8% of the rows are in quarantine, 0.0% usually (feed.rejected_margin): no rule named",
    )


def test_small_batch_is_not_judged():
    verdict = judge_feed(replace(plant(is_constant=True), row_count=199))

    assert (verdict.level, verdict.figures["constant_count"]) == ("not judged", 1.0)


def test_batch_of_no_rows_has_no_share_rejected():
    assert (
        judge_feed(replace(CLEAN, row_count=0, rejected_count=0)).figures["rejected_share"] == 0.0
    )


def test_five_findings_are_listed_and_the_rest_counted():
    broken = replace(
        CLEAN,
        columns=tuple(replace(column, is_constant=True, scale=9.0) for column in CLEAN.columns),
    )

    reasons = judge_feed(broken).reasons

    assert (
        reasons[0]
        == "one value in every row: 'column_0', 'column_1', 'column_2', 'column_3', 'column_4'"
    )
    assert reasons[-1] == "and 1 more findings"


def test_bounds_are_the_policys():
    assert judge_feed(plant(scale=0.001), policy=FeedPolicy(highest_scale=2_000)).level == "ok"


@pytest.mark.parametrize(("mix_p_value", "level"), [(1e-9, "alarm"), (0.05, "ok")])
def test_another_mix_of_codes_has_to_be_beyond_chance(mix_p_value, level):
    shift = FeedPolicy().highest_mix

    assert judge_feed(plant(mix_shift=shift, mix_p_value=mix_p_value)).level == level


MANY = replace(
    CLEAN, row_count=10**9, reference_count=10**9, rejected_count=0
)  # chance adds nothing


def plant_among_many(**fault):
    return replace(MANY, columns=(*MANY.columns[:-1], replace(MANY.columns[-1], **fault)))


@pytest.mark.parametrize(
    ("name", "value", "level"),
    [
        ("scale", 5.0, "ok"),
        ("scale", 5.0001, "alarm"),
        ("scale", 0.2, "ok"),
        ("scale", 0.1999, "alarm"),
        ("repeat_share", 0.04 + 0.0499, "ok"),
        ("repeat_share", 0.04 + 0.0501, "watch"),
        ("repeat_share", 0.04 + 0.2499, "watch"),
        ("repeat_share", 0.04 + 0.2501, "alarm"),
        ("filled_in_share", 0.0999, "ok"),
        ("filled_in_share", 0.1, "watch"),
        ("filled_in_share", 0.2499, "watch"),
        ("filled_in_share", 0.25, "alarm"),
        ("low_tail_share", 0.1, "ok"),
        ("low_tail_share", 0.1001, "watch"),
        ("high_tail_share", 0.1, "ok"),
        ("high_tail_share", 0.1001, "watch"),
        ("new_share", 0.005, "ok"),
        ("new_share", 0.0051, "watch"),
        ("missing_share", 0.0, "ok"),
        ("missing_share", 1e-6, "watch"),
    ],
)
def test_a_column_is_judged_at_its_bounds(name, value, level):
    assert judge_feed(plant_among_many(**{name: value})).level == level


@pytest.mark.parametrize(("missing", "level"), [(0.1199, "ok"), (0.1201, "watch")])
def test_an_optional_column_may_be_missing_somewhat_more_often_than_usual(missing, level):
    state = plant_among_many(missing_share=missing, reference_missing_share=0.1)

    verdict = judge_feed(state)

    assert verdict.level == level
    if level == "watch":
        assert verdict.reasons == (
            "column_4 is missing in 12.0% of the rows, 10.0% usually (feed.missing_margin)",
        )


@pytest.mark.parametrize(
    ("shift", "p_value", "level"),
    [
        (0.0199, 0.0, "ok"),
        (0.02, 0.0, "watch"),
        (0.0999, 0.0, "watch"),
        (0.1, 0.0, "alarm"),
        # five columns share the thousandth
        (0.1, 1 - 0.999 ** (1 / 5) - 1e-9, "alarm"),
        (0.1, 1 - 0.999 ** (1 / 5) + 1e-9, "ok"),
        (0.05, 1 - 0.999 ** (1 / 5) + 1e-9, "ok"),
    ],
)
def test_a_mix_is_judged_by_its_size_and_by_chance(shift, p_value, level):
    assert judge_feed(plant_among_many(mix_shift=shift, mix_p_value=p_value)).level == level


@pytest.mark.parametrize(
    ("field", "value", "level"),
    [
        ("identical_share", 0.01 + 0.0499, "ok"),
        ("identical_share", 0.01 + 0.0501, "alarm"),
        ("rejected_count", 12_121_000, "ok"),  # 1.2 % where .2 % are usual
        ("rejected_count", 12_160_000, "watch"),
    ],
)
def test_a_batch_is_judged_at_its_bounds(field, value, level):
    assert judge_feed(replace(MANY, **{field: value})).level == level


def test_chance_is_allowed_for_by_the_rows_of_both_sides_and_the_columns():
    rows = 1 / 1_000 + 1 / 6_000
    deviations = norm.ppf(0.999 ** (1 / 5))
    margins = {
        "repeat_share": 0.04 + 0.05 + deviations * np.sqrt(0.04 * 0.96 * rows),
        "low_tail_share": 0.1 + deviations * np.sqrt(0.1 * 0.9 * rows),
    }

    for name, margin in margins.items():
        assert judge_feed(plant(**{name: margin - 1e-6})).level == "ok", name
        assert judge_feed(plant(**{name: margin + 1e-6})).level == "watch", name
    margin = 0.01 + 0.05 + deviations * np.sqrt(0.01 * 0.99 * rows)
    assert judge_feed(replace(CLEAN, identical_share=margin - 1e-6)).level == "ok"
    assert judge_feed(replace(CLEAN, identical_share=margin + 1e-6)).level == "alarm"
    usual = {"reference_missing_share": 0.2}
    margin = 0.2 + 0.02 + deviations * np.sqrt(0.2 * 0.8 * rows)
    assert judge_feed(plant(missing_share=margin - 1e-6, **usual)).level == "ok"
    assert judge_feed(plant(missing_share=margin + 1e-6, **usual)).level == "watch"


def test_rejected_rows_are_beyond_chance_by_the_usual_share():
    usual = 0.2
    state = replace(
        CLEAN, row_count=700, rejected_count=300, earlier_rejected_shares=(0.1, 0.2, 0.9)
    )
    margin = 0.01 + norm.ppf(0.999 ** (1 / 5)) * np.sqrt(usual * 0.8 * (1 / 700 + 1 / 6_000))

    assert state.rejected_share == 0.3
    assert (judge_feed(state).level == "watch") == (0.3 - usual > margin)
    assert judge_feed(replace(state, rejected_count=230)).level == "ok"


def test_two_hundred_rows_are_judged():
    assert judge_feed(replace(CLEAN, row_count=200)).level == "ok"


def test_figures_are_the_largest_of_all_columns():
    first = {
        "missing_share": 0.3,
        "new_share": 0.31,
        "repeat_share": 0.5,
        "reference_repeat_share": 0.1,
        "low_tail_share": 0.33,
        "mix_shift": 0.34,
        "filled_in_share": 0.35,
        "scale": 0.125,
        "is_constant": True,
        "is_stale": True,
    }
    other = {
        "scale": 4.0,
        "high_tail_share": 0.36,
        "repeat_share": 0.6,
        "reference_repeat_share": 0.3,
    }
    columns = (replace(CLEAN.columns[0], **first), replace(CLEAN.columns[1], **other))
    state = replace(CLEAN, columns=(*columns, CLEAN.columns[2]), rejected_count=250)

    figures = judge_feed(state).figures

    assert figures == pytest.approx(
        {
            "row_count": 1_000.0,
            "rejected_share": 0.2,
            "twin_share": 0.01,
            "missing_share": 0.3,
            "new_code_share": 0.31,
            "repeat_share": 0.4,
            "tail_share": 0.36,
            "mix_shift": 0.34,
            "filled_share": 0.35,
            "scale_octaves": 3.0,
            "constant_count": 1.0,
            "stale_count": 1.0,
        }
    )
    assert judge_feed(replace(CLEAN, columns=())).figures["scale_octaves"] == 0.0


def test_a_constant_column_is_not_said_to_be_stale_as_well():
    reasons = judge_feed(plant(is_constant=True, is_stale=True)).reasons

    assert reasons == ("one value in every row: 'column_4'",)


def test_at_most_five_new_codes_and_five_findings_are_told():
    codes = plant_among_many(new_share=0.5, new_codes=tuple("123456"))
    five = replace(CLEAN, columns=tuple(replace(c, scale=9.0) for c in CLEAN.columns))

    assert judge_feed(codes).reasons[0].endswith("(feed.new_share): 1, 2, 3, 4, 5")
    assert len(judge_feed(five).reasons) == 5
    assert not judge_feed(five).reasons[-1].startswith("and ")


@pytest.mark.parametrize("count", [599, 600, 601])
def test_a_code_as_frequent_as_three_rows_of_the_reference_may_be_chance(count):
    state = replace(plant(new_share=0.005, new_codes=("8",)), reference_count=count)

    assert judge_feed(state).level == "ok"
    above = replace(plant(new_share=0.0050001, new_codes=("8",)), reference_count=count)
    assert judge_feed(above).level == ("watch" if count >= 600 else "ok")


def test_a_quarantine_of_just_the_margin_is_quiet_where_none_is_usual():
    state = replace(CLEAN, row_count=990, rejected_count=10, earlier_rejected_shares=())

    assert state.rejected_share == 0.01
    assert judge_feed(state).level == "ok"
    assert judge_feed(replace(state, rejected_count=11)).level == "watch"


def test_a_figure_at_the_bound_of_an_alarm_is_told_once():
    policy = FeedPolicy(
        stale_margin=0.25, repeat_margin=0.125, highest_mix=0.25, highest_filled=0.5
    )

    repeats = judge_feed(plant(repeat_share=0.5, reference_repeat_share=0.25), policy=policy)
    mix = judge_feed(plant(mix_shift=0.25, mix_p_value=0.0), policy=policy)
    filled = judge_feed(plant(filled_in_share=0.5, filled_in_code="3"), policy=policy)

    assert (repeats.level, len(repeats.reasons)) == ("watch", 1)
    assert "feed.repeat_margin" in repeats.reasons[0]
    assert (mix.level, len(mix.reasons)) == ("alarm", 1)
    assert "feed.highest_mix" in mix.reasons[0]
    assert (filled.level, len(filled.reasons)) == ("alarm", 1)
    assert "feed.highest_filled" in filled.reasons[0]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_the_confidence_holds_for_all_columns_together(count):
    state = replace(CLEAN, columns=CLEAN.columns[:count], reference_identical_share=0.2)
    deviations = norm.ppf(0.999 ** (1 / max(1, count)))
    margin = 0.05 + deviations * np.sqrt(0.2 * 0.8 * (1 / 1_000 + 1 / 6_000))

    levels = [
        judge_feed(replace(state, identical_share=0.2 + margin + extra)).level
        for extra in (-1e-6, 1e-6)
    ]
    assert levels == ["ok", "alarm"]


def test_repeats_at_the_margin_of_a_column_that_never_repeats_are_quiet():
    policy = FeedPolicy(repeat_margin=0.125)

    def judge(share):
        return judge_feed(plant(repeat_share=share, reference_repeat_share=0.0), policy=policy)

    assert (judge(0.125).level, judge(0.1251).level) == ("ok", "watch")


def test_a_reference_of_one_row_allows_for_the_chance_of_one_row():
    state = replace(CLEAN, reference_count=1, reference_identical_share=0.2, columns=())
    margin = 0.05 + norm.ppf(0.999) * np.sqrt(0.2 * 0.8 * (1 / 1_000 + 1))
    wide = FeedPolicy(twin_margin=0.05 - 0.7)  # as chance alone would reach beyond all rows

    levels = [
        judge_feed(replace(state, identical_share=0.2 + margin - 0.7 + extra), policy=wide).level
        for extra in (-1e-6, 1e-6)
    ]

    assert levels == ["ok", "alarm"]


def test_a_batch_of_one_row_allows_for_the_chance_of_one_row():
    state = replace(CLEAN, row_count=1, reference_identical_share=0.2, columns=())
    chance = norm.ppf(0.999) * np.sqrt(0.2 * 0.8 * (1 + 1 / 6_000))
    policy = FeedPolicy(fewest_rows=1, rejected_margin=1.0, twin_margin=0.05 - 0.7)

    levels = [
        judge_feed(replace(state, identical_share=0.2 + chance - 0.65 + extra), policy=policy).level
        for extra in (-1e-6, 1e-6)
    ]

    assert levels == ["ok", "alarm"]
