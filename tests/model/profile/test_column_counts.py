import math
from dataclasses import fields, replace
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.contract.schema import Column, Schema
from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import (
    ColumnProfile,
    measure_magnitude,
    merge_profiles,
    profile_frames,
    profile_rows,
)
from credit_default.model.profile.plan import plan_profile
from credit_default.model.profile.value_hashes import hash_values, scramble_bits

SMALL = Schema(
    name="small",
    version="1",
    columns=(
        Column("client_id", "identifier", "who"),
        Column("statement_month", "month", "when"),
        Column("status", "code", "how late", codes={0: "in time", 1: "late"}),
        Column("paid_m1", "amount", "paid", drift_method="wasserstein", drift_threshold=0.2),
        Column("paid_m2", "amount", "paid a month before"),
    ),
    outcome=Column("defaulted", "outcome", "what became", codes={0: "no", 1: "yes"}),
)
EXACT = {
    "counts",
    "zero_count",
    "repeat_count",
    "minimum",
    "maximum",
    "magnitudes",
    "fingerprint",
    "grid_counts",
}


def make_rows(count, seed=0, **columns):
    rng = np.random.default_rng(seed)
    score = rng.beta(2, 6, count)
    drawn = {
        "status": rng.integers(0, 2, count),
        "paid_m1": rng.gamma(1, 1000, count).round(),
        "paid_m2": rng.gamma(1, 1000, count).round(),
        "default_probability": score,
        "decision": np.where(score >= 1 / 6, "decline", "accept"),
    }
    return pl.DataFrame(drawn | columns)


PLAN = plan_profile(make_rows(200, seed=9), schema=SMALL, decision_policy=DecisionPolicy())


def assert_equal(first, second):
    assert first.row_count == second.row_count
    assert first.cost_total == pytest.approx(second.cost_total)
    assert np.array_equal(first.slots, second.slots)
    for name, column in first.columns.items():
        for field in fields(ColumnProfile):
            ours, theirs = getattr(column, field.name), getattr(second.columns[name], field.name)
            if field.name in EXACT:
                assert np.array_equal(ours, theirs), (name, field.name)
            else:
                assert ours == pytest.approx(theirs), (name, field.name)


def test_plan_follows_the_schema_and_not_what_the_columns_hold():
    assert [column.name for column in PLAN.columns] == [
        "status",
        "paid_m1",
        "paid_m2",
        "default_probability",
        "decision",
    ]
    assert [column.name for column in PLAN.inputs] == ["status", "paid_m1", "paid_m2"]
    assert [column.previous_month_column for column in PLAN.inputs] == [None, "paid_m2", None]
    assert [len(column.grid) > 0 for column in PLAN.columns] == [False, True, False, False, False]


def test_rows_come_to_their_counts_sums_and_ends():
    rows = make_rows(4).with_columns(
        status=pl.Series([0, 1, 1, 7]),
        paid_m1=pl.Series([0.0, 8.0, 8.0, None]),
        paid_m2=pl.Series([0.0, 8.0, 9.0, 1.0]),
        default_probability=pl.Series([0.1, 0.2, 0.3, 0.4]),
        decision=pl.Series(["accept", "decline", "accept", "decline"]),
    )

    profile = profile_rows(PLAN, rows)

    status, paid = profile.columns["status"], profile.columns["paid_m1"]
    assert status.counts.tolist() == [1, 2, 1, 0]
    assert status.score_sums.tolist() == pytest.approx([0.1, 0.5, 0.4, 0.0])
    assert (status.counts[-2], paid.missing_count, paid.zero_count) == (1, 1, 1)
    assert (paid.minimum, paid.maximum, paid.total, paid.square_total) == (0.0, 8.0, 16.0, 128.0)
    assert paid.mean == pytest.approx(16 / 3)
    assert paid.repeat_count == 1  # two noughts are no repetition
    assert profile.columns["decision"].counts.tolist() == [2, 2, 0, 0]
    assert profile.expected_default_share == pytest.approx(0.25)
    assert profile.expected_cost == pytest.approx(250 * (5 * 0.1 + 0.8 + 5 * 0.3 + 0.6))


def test_profile_of_no_rows_is_neutral():
    none = profile_rows(PLAN, make_rows(0))

    assert_equal(
        merge_profiles(none, profile_rows(PLAN, make_rows(30))), profile_rows(PLAN, make_rows(30))
    )
    assert (none.identical_share, none.expected_cost) == (0.0, 0.0)
    assert math.isnan(none.columns["status"].mean)
    assert math.isnan(measure_magnitude(none.columns["paid_m1"], 0.5))


@settings(max_examples=30)
@given(st.lists(st.integers(0, 60), max_size=3), st.randoms(use_true_random=False))
def test_cutting_and_ordering_the_rows_changes_nothing(cuts, random):
    rows = make_rows(60)
    edges = [0, *sorted(cuts), 60]
    parts = [rows.slice(low, high - low) for low, high in pairwise(edges)]
    random.shuffle(parts)

    assert_equal(profile_frames(PLAN, parts), profile_rows(PLAN, rows))


@settings(max_examples=20)
@given(st.tuples(*[st.integers(0, 5)] * 3), st.tuples(*[st.integers(1, 25)] * 3))
def test_merging_is_associative_and_commutative(seeds, counts):
    a, b, c = (
        profile_rows(PLAN, make_rows(n, seed)) for seed, n in zip(seeds, counts, strict=True)
    )

    assert_equal(merge_profiles(merge_profiles(a, b), c), merge_profiles(a, merge_profiles(b, c)))
    assert_equal(merge_profiles(a, b), merge_profiles(b, a))


def test_neither_side_of_a_merge_changes():
    first = profile_rows(PLAN, make_rows(20))
    before = first.columns["status"].counts.copy()

    merge_profiles(first, profile_rows(PLAN, make_rows(20, seed=1)))

    assert np.array_equal(first.columns["status"].counts, before)


def test_identical_rows_are_counted_within_a_hundredth():
    rows = make_rows(3_000)
    doubled = pl.concat([rows, rows.head(1_000)])

    assert profile_rows(PLAN, rows).identical_share == pytest.approx(0.0, abs=0.01)
    assert profile_rows(PLAN, doubled).identical_share == pytest.approx(0.25, abs=0.01)


def test_score_and_decision_do_not_distinguish_identical_rows():
    rows = make_rows(2_000, status=0, paid_m1=5.0, paid_m2=7.0)

    assert profile_rows(PLAN, rows).identical_share == pytest.approx(1 - 1 / 2_000, abs=1e-3)


def test_fingerprint_is_that_of_the_values_in_any_order():
    rows = make_rows(50)
    other = rows.with_columns(
        paid_m1=pl.when(pl.int_range(pl.len()) == 7).then(-1.0).otherwise("paid_m1")
    )

    ours, shuffled, changed = (
        profile_rows(PLAN, frame).columns["paid_m1"].fingerprint
        for frame in (rows, rows.sample(fraction=1, shuffle=True, seed=1), other)
    )

    assert ours == shuffled
    assert ours != changed


def test_magnitude_is_the_middle_size_within_an_eighth_of_an_octave():
    rows = make_rows(2_001)
    sizes = rows["paid_m1"].filter(rows["paid_m1"] != 0).to_numpy()

    found = measure_magnitude(profile_rows(PLAN, rows).columns["paid_m1"], 0.5)

    assert found == pytest.approx(np.log2(np.median(sizes)), abs=0.126)


def test_missing_column_is_refused():
    with pytest.raises(InputError, match="no column 'decision'"):
        profile_rows(PLAN, make_rows(3).drop("decision"))


def test_no_frame_at_all_is_refused():
    with pytest.raises(InputError, match="at least one frame"):
        profile_frames(PLAN, [])


def test_undated_names_have_no_month_before():
    columns = tuple(replace(c, name="paid_mx") if c.name == "paid_m2" else c for c in SMALL.columns)
    rows = make_rows(20).rename({"paid_m2": "paid_mx"})

    plan = plan_profile(
        rows, schema=replace(SMALL, columns=columns), decision_policy=DecisionPolicy()
    )

    assert [column.previous_month_column for column in plan.inputs] == [None, None, None]


def test_sizes_are_counted_in_quarters_of_an_octave_up_to_either_end():
    sizes = [2.0**-10, 2.0**-9.75 * 1.0001, -1.0, 1.1, 2.0**0.25 * 1.0001, 2.0**49.9, 2.0**60, 1e-9]
    rows = make_rows(8, paid_m1=pl.Series(sizes))

    magnitudes = profile_rows(PLAN, rows).columns["paid_m1"].magnitudes

    assert len(magnitudes) == 240
    found = {place: int(magnitudes[place]) for place in np.flatnonzero(magnitudes)}
    assert found == {0: 2, 1: 1, 40: 2, 41: 1, 239: 2}


def test_a_size_is_read_from_the_middle_of_its_step():
    rows = make_rows(4, paid_m1=pl.Series([1.0, 1.0, 4.0, 0.0]))
    column = profile_rows(PLAN, rows).columns["paid_m1"]

    found = {share: measure_magnitude(column, share) for share in (0.0, 0.5, 2 / 3, 0.9, 1.0)}

    assert found == {0.0: -9.875, 0.5: 0.125, 2 / 3: 0.125, 0.9: 2.125, 1.0: 2.125}


def test_the_mean_of_a_single_number_and_the_cost_of_a_single_row_are_known():
    row = make_rows(1, paid_m1=7.0, default_probability=0.3, decision="accept")

    found = profile_rows(PLAN, row)

    assert (found.columns["paid_m1"].mean, found.expected_cost) == (7.0, 1_500.0)
    assert found.identical_share == 0.0


def test_a_decline_costs_a_false_alarm_by_the_chance_to_be_paid():
    plan = replace(
        PLAN, decision_policy=DecisionPolicy(missed_default_cost=8.0, false_alarm_cost=3.0)
    )
    rows = make_rows(
        2, default_probability=pl.Series([0.25, 0.5]), decision=pl.Series(["decline", "accept"])
    )

    assert profile_rows(plan, rows).cost_total == 0.75 * 3.0 + 0.5 * 8.0


def test_the_bitmap_and_the_fingerprint_are_those_of_the_hashes():
    rows = make_rows(5, paid_m2=pl.Series([1.0, 2.0, 3.0, 4.0, 5.0]))
    values = {name: rows[name].cast(pl.Float64).to_numpy() for name in PLAN_NAMES}
    with np.errstate(over="ignore"):
        whole = sum(hash_values(values[name], place) for place, name in enumerate(PLAN_NAMES))

    found = profile_rows(PLAN, rows)

    expected = {int(scrambled) >> 42 for scrambled in scramble_bits(whole)}
    assert set(np.flatnonzero(found.slots).tolist()) == expected
    assert len(found.slots) == 2**22
    fingerprints = [int(bits) for bits in scramble_bits(hash_values(values["paid_m2"], 2))]
    assert found.columns["paid_m2"].fingerprint == sum(fingerprints) % 2**64


def test_fingerprints_are_added_without_carrying():
    parts = [profile_rows(PLAN, make_rows(9, seed)) for seed in range(4)]
    apart = sum(part.columns["paid_m1"].fingerprint for part in parts)

    whole = merge_profiles(merge_profiles(parts[0], parts[1]), merge_profiles(parts[2], parts[3]))

    assert apart > 2**64  # of four, some carry
    assert whole.columns["paid_m1"].fingerprint == apart % 2**64


def test_distinct_rows_are_estimated_from_the_free_slots():
    slots = np.zeros(1_000, dtype=bool)
    slots[:500] = True
    half = replace(profile_rows(PLAN, make_rows(1)), row_count=1_000, slots=slots)

    assert half.identical_share == pytest.approx(1 - np.log(2), rel=1e-12)
    full = replace(half, slots=np.ones(1_000, dtype=bool), row_count=10_000)
    assert full.identical_share == pytest.approx(1 - np.log(1_000) / 10, rel=1e-12)


PLAN_NAMES = ["status", "paid_m1", "paid_m2"]


def test_rows_between_and_on_the_points_of_the_grid_are_counted_and_summed_apart():
    rows = make_rows(200, seed=9)
    grid = PLAN.columns[1].grid
    paid = [grid[0] - 1, grid[0], grid[0], grid[1] + 0.25, grid[-1], grid[-1] + 5, grid[-1] + 6]

    column = profile_rows(PLAN, rows[:7].with_columns(paid_m1=pl.Series(paid))).columns["paid_m1"]

    places = [0, 1, 4, 2 * len(grid) - 1, 2 * len(grid)]
    assert len(column.grid_counts) == len(column.grid_sums) == 2 * len(grid) + 1
    assert column.grid_counts[places].tolist() == [1, 2, 1, 1, 2]
    sums = [grid[0] - 1, 2 * grid[0], grid[1] + 0.25, grid[-1], 2 * grid[-1] + 11]
    assert column.grid_sums[places].tolist() == pytest.approx(sums)
    assert profile_rows(PLAN, rows).columns["paid_m2"].grid_counts.tolist() == []
