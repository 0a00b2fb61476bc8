from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.stats import chi2_contingency

from credit_default.data.contract.schema import Column, Schema
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile

SCHEMA = Schema(
    "small",
    "1",
    (
        Column("client_id", "identifier", "who"),
        Column("statement_month", "month", "when"),
        Column("status", "code", "how late", codes={0: "in time", 1: "late", 2: "very late"}),
        Column("age", "integer", "years"),
        Column("paid_m1", "amount", "paid"),
        Column("paid_m2", "amount", "paid a month before"),
    ),
    Column("defaulted", "outcome", "what became", codes={0: "no", 1: "yes"}),
)


def make_rows(count=1_000, seed=0):
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "status": rng.integers(0, 2, count),
            "age": rng.integers(21, 70, count),
            "paid_m1": rng.lognormal(7, 1, count).round(),
            "paid_m2": rng.lognormal(7, 1, count).round(),
            "default_probability": rng.beta(2, 6, count),
            "decision": ["accept"] * count,
        }
    )


REFERENCE = make_rows(3_000, seed=9)
PLAN = plan_profile(REFERENCE, schema=SCHEMA, decision_policy=DecisionPolicy())


def look(rows, *, before=None):
    fingerprints = (
        {name: c.fingerprint for name, c in profile_rows(PLAN, before).columns.items()}
        if before is not None
        else None
    )
    columns = measure_feed(
        PLAN,
        profile_rows(PLAN, REFERENCE),
        profile_rows(PLAN, rows),
        schema=SCHEMA,
        fingerprints=fingerprints,
    )
    return {column.column: column for column in columns}


def judge(rows, **options):
    states = tuple(look(rows, **options).values())
    return judge_feed(BatchState(rows.height, REFERENCE.height, states, 0.0, 0.0))


def test_clean_rows_look_like_the_reference():
    states = look(make_rows())

    assert list(states) == ["status", "age", "paid_m1", "paid_m2"]
    assert judge(make_rows(), before=make_rows(seed=3)).level == "ok"
    assert all(state.scale == pytest.approx(1.0, abs=0.25) for state in states.values())


def test_amounts_in_thousands_are_another_unit():
    verdict = judge(make_rows().with_columns((pl.col("paid_m1") / 1_000).round(3)))

    assert verdict.level == "alarm"
    assert verdict.reasons[0].startswith("paid_m1 is 0.00")


def test_a_fifth_of_the_amounts_in_thousands_are_in_the_tail():
    some = (
        pl.when(pl.int_range(pl.len()) % 5 == 0)
        .then(pl.col("paid_m1") * 1_000)
        .otherwise("paid_m1")
    )

    state = look(make_rows().with_columns(paid_m1=some))["paid_m1"]

    assert state.high_tail_share == pytest.approx(0.2, abs=0.03)
    assert state.low_tail_share < 0.02


def test_rows_with_last_months_figure_are_seen_in_the_rows_themselves():
    stale = pl.when(pl.int_range(pl.len()) % 2 == 0).then("paid_m2").otherwise("paid_m1")

    state = look(make_rows().with_columns(paid_m1=stale))["paid_m1"]

    assert state.repeat_share == pytest.approx(0.5, abs=0.01)
    assert state.reference_repeat_share < 0.01


def test_column_that_came_again_in_another_order_is_stale():
    last = make_rows(seed=4)
    again = last.sample(fraction=1, shuffle=True, seed=1)["paid_m1"]

    assert look(make_rows().with_columns(paid_m1=again), before=last)["paid_m1"].is_stale
    assert not look(make_rows(), before=last)["paid_m1"].is_stale


def test_age_may_be_the_same_as_a_month_before():
    assert not look(make_rows(), before=make_rows())["age"].is_stale


def test_constant_column_new_code_and_missing_value_are_seen():
    rows = make_rows().with_columns(
        age=pl.lit(30),
        status=pl.when(pl.int_range(pl.len()) < 50)
        .then(2)
        .when(pl.int_range(pl.len()) < 60)
        .then(8)
        .otherwise("status"),
        paid_m2=pl.when(pl.int_range(pl.len()) < 100).then(None).otherwise("paid_m2"),
    )

    states = look(rows)

    assert states["age"].is_constant
    assert (states["status"].new_codes, states["status"].new_share) == (
        ("2", "a value of no code"),
        0.06,
    )
    assert states["paid_m2"].missing_share == 0.1


def test_amount_that_is_nought_everywhere_has_no_size_to_compare():
    state = look(make_rows().with_columns(paid_m1=pl.lit(0.0)))["paid_m1"]

    assert (state.scale, state.low_tail_share, state.high_tail_share) == (1.0, 0.0, 0.0)
    assert state.is_constant


def test_smallest_sizes_of_all_have_nothing_below():
    tiny = REFERENCE.with_columns(paid_m1=pl.lit(1e-9))
    plan = plan_profile(tiny, schema=SCHEMA, decision_policy=DecisionPolicy())
    sides = (profile_rows(plan, tiny), profile_rows(plan, tiny.head(300)))

    (state,) = (s for s in measure_feed(plan, *sides, schema=SCHEMA) if s.column == "paid_m1")

    assert (state.low_tail_share, state.high_tail_share, state.is_constant) == (0.0, 0.0, False)


def look_after(before, rows):
    counts = {name: column.counts for name, column in profile_rows(PLAN, before).columns.items()}
    found = measure_feed(
        PLAN, profile_rows(PLAN, REFERENCE), profile_rows(PLAN, rows), schema=SCHEMA, counts=counts
    )
    return {column.column: column for column in found}


def with_codes(*counts):
    codes = np.repeat([0, 1, 2], counts)
    return make_rows(len(codes)).with_columns(status=pl.Series(codes))


def test_swapped_codes_are_another_mix_than_the_month_before():
    (mixed, same) = (
        look_after(with_codes(600, 300, 100), with_codes(*counts))["status"]
        for counts in ((300, 600, 100), (590, 310, 100))
    )

    assert mixed.mix_shift > 0.3
    assert mixed.mix_p_value < 1e-9
    assert same.mix_shift < 0.001
    assert same.mix_p_value > 0.1


def test_code_that_took_rows_of_all_others_alike_was_filled_in():
    state = look_after(with_codes(400, 400, 200), with_codes(640, 240, 120))["status"]

    assert state.filled_in_code == "0"
    assert state.filled_in_share == pytest.approx(0.4)


def test_codes_that_shifted_among_themselves_were_not_filled_in():
    assert (
        look_after(with_codes(400, 400, 200), with_codes(640, 60, 300))["status"].filled_in_share
        == 0
    )


def test_profile_of_another_plan_is_not_compared():
    state = measure_feed(
        PLAN,
        profile_rows(PLAN, REFERENCE),
        profile_rows(PLAN, make_rows()),
        schema=SCHEMA,
        counts={"status": np.array([1, 2]), "age": np.zeros(3, dtype=np.int64)},
    )

    assert {(column.mix_shift, column.filled_in_share) for column in state} == {(0.0, 0.0)}


@pytest.mark.parametrize(
    ("after", "level"),
    [
        ((600, 300, 100), "ok"),
        ((500, 400, 100), "watch"),
        ((300, 600, 100), "alarm"),
        ((680, 240, 80), "watch"),
        ((800, 150, 50), "alarm"),
    ],
)
def test_mix_of_the_clients_is_judged_against_the_month_before(after, level):
    found = look_after(with_codes(600, 300, 100), with_codes(*after))
    states = [
        replace(state, new_share=0.0) for state in found.values()
    ]  # the reference holds no code 2

    assert judge_feed(BatchState(1_000, REFERENCE.height, states, 0.0, 0.0)).level == level


def test_a_code_may_be_the_one_of_the_month_before():
    codes = {"codes": {0: "in time", 1: "late"}}
    names = ("late_m1", "late_m2")
    columns = (Column(name, "code", "late", **codes) for name in names)
    schema = replace(SCHEMA, columns=(*SCHEMA.columns[:2], *columns))
    rows = make_rows().with_columns(late_m1="status", late_m2="status")
    plan = plan_profile(rows, schema=schema, decision_policy=DecisionPolicy())
    side = profile_rows(plan, rows)

    found = measure_feed(plan, side, side, schema=schema, fingerprints=None)

    assert side.columns["late_m1"].repeat_count > 0
    assert [column.repeat_share for column in found] == [0.0, 0.0]


def look_at(column, before, after, *, last=None, fingerprints=None):
    """The state of one column of any kind, from values of the reference, the batch and the month before."""
    schema = replace(SCHEMA, columns=(*SCHEMA.columns[:2], column))
    frames = [
        pl.DataFrame({column.name: values}, strict=False).with_columns(
            default_probability=0.1, decision=pl.lit("accept")
        )
        for values in (before, after, last or after)
    ]
    plan = plan_profile(frames[0], schema=schema, decision_policy=DecisionPolicy())
    sides = [profile_rows(plan, frame) for frame in frames]
    counts = None if last is None else {column.name: sides[2].columns[column.name].counts}
    (state,) = measure_feed(
        plan, *sides[:2], schema=schema, fingerprints=fingerprints, counts=counts
    )
    return state


CODE = Column("x", "code", "x", codes={1: "one", 2: "two", 3: "three"})
SIZE = Column("x", "amount", "x")


def test_tails_are_the_rows_beyond_nineteen_in_twenty_of_the_references_sizes():
    before = [1.0] * 5 + [4.0] * 90 + [16.0] * 5

    state = look_at(SIZE, before, [0.25] * 10 + [4.0] * 60 + [16.0] * 30)
    halved = look_at(SIZE, before, [0.25] * 10 + [4.0] * 60 + [16.0] * 30 + [0.0] * 100)
    fewer = look_at(SIZE, before, [1.0] * 5 + [4.0] * 95)

    assert (state.low_tail_share, state.high_tail_share) == pytest.approx((0.10, 0.25))
    assert (halved.low_tail_share, halved.high_tail_share) == pytest.approx((0.05, 0.60))
    assert (fewer.low_tail_share, fewer.high_tail_share) == (0.0, 0.0)


def test_scale_is_the_ratio_of_the_middle_sizes():
    state = look_at(SIZE, [1.0] * 5 + [8.0] * 6 + [0.0] * 9, [2.0] * 6 + [64.0] * 5)

    assert state.scale == pytest.approx(0.25)
    assert look_at(SIZE, [1.0, 2.0], [0.0, 0.0]).scale == 1.0


def test_sizes_and_repeats_are_of_amounts_alone():
    state = look_at(replace(SIZE, kind="integer"), [1, 2, 3, 4], [100, 200, 300, 400])

    assert (state.scale, state.low_tail_share, state.high_tail_share) == (1.0, 0.0, 0.0)


def test_a_value_that_may_be_missing_is_allowed_three_rows():
    before, after = [1.0] * 98 + [None] * 2, [1.0] * 45 + [None] * 5
    optional = replace(SIZE, optional=True)

    state = look_at(optional, before, after)
    often = look_at(optional, [1.0] * 90 + [None] * 10, after)

    assert (state.missing_share, state.reference_missing_share) == (0.1, 0.03)
    assert often.reference_missing_share == 0.1
    assert look_at(SIZE, before, after).reference_missing_share == 0.0


def test_codes_that_the_reference_lacks_are_named_and_counted_but_not_missing_ones():
    state = look_at(CODE, [1, 2] * 50, [1] * 80 + [3] * 12 + [7] * 3 + [None] * 5)

    assert state.new_codes == ("3", "a value of no code")
    assert state.new_share == 0.15
    assert look_at(SIZE, [1.0, 2.0], [3.0, 4.0]).new_codes == ()
    assert look_at(SIZE, [1.0, 2.0], [3.0, 4.0]).new_share == 0.0


def test_a_column_is_constant_only_where_the_reference_was_not():
    assert look_at(SIZE, [1.0, 2.0], [3.0, 3.0]).is_constant
    assert not look_at(SIZE, [1.0, 1.0], [3.0, 3.0]).is_constant
    assert not look_at(SIZE, [1.0, 2.0], [3.0, 3.5]).is_constant


def test_the_mix_is_measured_by_both_distances_against_the_month_before():
    last, now = [1] * 50 + [2] * 30 + [3] * 20, [1] * 60 + [2] * 60 + [3] * 80

    state = look_at(CODE, [1, 2, 3], now, last=last)

    shares = np.array([[0.5, 0.3, 0.2], [0.3, 0.3, 0.4]])
    psi = ((shares[0] - shares[1]) * np.log(shares[0] / shares[1])).sum()
    assert state.mix_shift == pytest.approx(psi)
    expected = chi2_contingency([[50, 30, 20], [60, 60, 80]], correction=False).pvalue
    assert state.mix_p_value == pytest.approx(expected)


def test_a_code_is_filled_in_by_the_share_that_the_others_lost():
    state = look_at(
        CODE, [1, 2, 3], [1] * 20 + [2] * 60 + [3] * 20, last=[1] * 60 + [2] * 80 + [3] * 60
    )

    # the others were .6 of the rows and are .4
    assert (state.filled_in_code, state.filled_in_share) == ("2", pytest.approx(1 / 3))


@pytest.mark.parametrize(
    ("last", "now"),
    [
        ([1] * 50 + [2] * 50, [1] * 100),  # nothing but one code: constant, and reported as such
        ([1] * 40 + [2] * 200 + [3] * 200, [1] * 240 + [2] * 60 + [3] * 140),  # they shifted
    ],
)
def test_no_code_is_filled_in_where_the_others_are_gone_new_or_shifted(last, now):
    state = look_at(CODE, [1, 2, 3], now, last=last)

    assert (state.filled_in_code, state.filled_in_share) == ("", 0.0)


def test_no_code_is_filled_in_where_the_others_had_no_rows():
    only = replace(CODE, codes={1: "one"})

    state = look_at(only, [1, 1], [1] * 60 + [7] * 40, last=[1] * 100)

    assert (state.filled_in_code, state.filled_in_share) == ("", 0.0)


def test_counts_of_no_rows_are_not_compared():
    state = measure_feed(
        PLAN,
        profile_rows(PLAN, REFERENCE),
        profile_rows(PLAN, make_rows()),
        schema=SCHEMA,
        counts={"status": np.zeros(5, dtype=np.int64)},
    )[0]

    assert (state.mix_shift, state.mix_p_value, state.filled_in_code) == (0.0, 1.0, "")


def test_codes_told_month_by_month_are_not_compared_by_their_mix():
    codes = {"codes": {0: "in time", 1: "late"}}
    columns = (Column(name, "code", "late", **codes) for name in ("late_m1", "late_m2"))
    schema = replace(SCHEMA, columns=(*SCHEMA.columns[:3], *columns))
    rows = make_rows().with_columns(late_m1="status", late_m2="status")
    plan = plan_profile(rows, schema=schema, decision_policy=DecisionPolicy())
    side = profile_rows(plan, rows)
    turned = {name: column.counts[::-1].copy() + 5 for name, column in side.columns.items()}

    found = measure_feed(plan, side, side, schema=schema, counts=turned)

    assert [state.mix_shift > 0 for state in found] == [True, False, False]


def test_a_repeated_amount_is_counted_per_row_on_either_side():
    rows = make_rows(100).with_columns(paid_m1=pl.lit(7.0), paid_m2=pl.lit(7.0))
    mixed = rows.with_columns(paid_m2=pl.when(pl.int_range(pl.len()) < 30).then(7.0).otherwise(8.0))

    found = measure_feed(PLAN, profile_rows(PLAN, mixed), profile_rows(PLAN, rows), schema=SCHEMA)

    state = found[2]
    assert (state.column, state.repeat_share, state.reference_repeat_share) == ("paid_m1", 1.0, 0.3)


def test_a_plan_of_other_inputs_is_refused():
    fewer = replace(SCHEMA, columns=SCHEMA.columns[:-1])
    side = profile_rows(PLAN, REFERENCE)

    with pytest.raises(ValueError, match="longer"):
        measure_feed(PLAN, side, side, schema=fewer)


def test_the_upper_tail_begins_with_the_step_of_size_behind_the_last_of_nineteen_in_twenty():
    before = [4.0] * 95 + [16.0] * 5

    # 4.8 is in the quarter of an octave that follows that of 4.
    state = look_at(SIZE, before, [4.0] * 60 + [4.8] * 40)

    assert state.high_tail_share == pytest.approx(0.35)
    assert look_at(SIZE, before, [4.0] * 60 + [4.7] * 40).high_tail_share == 0.0


def test_the_lower_tail_ends_before_the_step_of_the_first_twentieth():
    before = [1.0] * 5 + [4.0] * 95

    assert look_at(SIZE, before, [0.9] * 30 + [4.0] * 70).low_tail_share == pytest.approx(0.30)
    assert look_at(SIZE, before, [1.1] * 30 + [4.0] * 70).low_tail_share == 0.0
