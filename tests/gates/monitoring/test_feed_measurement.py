from dataclasses import replace

import numpy as np
import polars as pl
import pytest

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
