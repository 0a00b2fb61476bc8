import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.binning import plan_bins
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile
from credit_default.model.profile.shift_attribution import (
    attribute_shift,
    describe_segment,
    measure_score_shift,
)

STATUS = Column("status", "code", "how late", codes={0: "in time", 2: "payment 2 months late"})
AMOUNT = Column("amount", "amount", "how much")
SCHEMA = Schema(
    "small",
    "1",
    (
        Column("client_id", "identifier", "who"),
        Column("statement_month", "month", "when"),
        STATUS,
        AMOUNT,
    ),
    Column("defaulted", "outcome", "what became", codes={0: "no", 1: "yes"}),
)


def make_rows(status, score, amount=None):
    amount = np.linspace(0, 1e5, len(status)) if amount is None else amount
    return pl.DataFrame(
        {"status": status, "amount": amount, "default_probability": score}
    ).with_columns(
        decision=pl.when(pl.col("default_probability") >= 1 / 6)
        .then(pl.lit("decline"))
        .otherwise(pl.lit("accept"))
    )


def shift(before, after):
    plan = plan_profile(before, schema=SCHEMA, decision_policy=DecisionPolicy())
    return measure_score_shift(
        plan, profile_rows(plan, before), profile_rows(plan, after), columns=(STATUS, AMOUNT)
    )


EARLIER = make_rows([0] * 90 + [2] * 10, [0.1] * 90 + [0.6] * 10)


def test_more_late_clients_explain_all_of_a_shift_when_no_segment_scores_otherwise():
    found = shift(EARLIER, make_rows([0] * 80 + [2] * 20, [0.1] * 80 + [0.6] * 20))

    status = found.columns[0]
    assert found.mean_shift == pytest.approx(0.05)
    assert (status.composition, status.within) == (pytest.approx(0.05), pytest.approx(0.0))
    cause = found.find_cause()
    assert cause.name == "status 2 (payment 2 months late)"
    assert (cause.reference_share, cause.current_share) == (0.1, 0.2)
    assert cause.composition / found.mean_shift == pytest.approx(0.85)  # (.6 - .175) / .5


def test_same_clients_who_score_otherwise_have_no_cause_among_the_shares():
    found = shift(EARLIER, make_rows([0] * 90 + [2] * 10, [0.2] * 90 + [0.7] * 10))

    assert found.columns[0].composition == pytest.approx(0.0)
    assert found.columns[0].within == pytest.approx(0.1)


def test_nothing_moved_has_no_cause():
    assert shift(EARLIER, EARLIER).find_cause() is None


def test_effect_is_given_in_defaults_and_cost_with_its_standard_error():
    found = shift(EARLIER, make_rows([0] * 80 + [2] * 20, [0.1] * 80 + [0.6] * 20))

    assert (found.reference_share, found.current_share) == (pytest.approx(0.15), pytest.approx(0.2))
    assert found.reference_cost == pytest.approx(1000 * (0.9 * 5 * 0.1 + 0.1 * 0.4))
    assert found.current_cost == pytest.approx(1000 * (0.8 * 5 * 0.1 + 0.2 * 0.4))
    assert found.standard_error == pytest.approx(np.sqrt((0.15**2 + 0.2**2) / 100))


def test_segment_that_is_new_counts_by_its_score_now():
    found = shift(
        make_rows([0] * 100, [0.1] * 100), make_rows([0] * 90 + [2] * 10, [0.1] * 90 + [0.9] * 10)
    )

    (_, late) = found.columns[0].segments
    assert (late.reference_share, late.current_share, late.within) == (0.0, 0.1, 0.0)
    assert found.columns[0].composition == pytest.approx(found.mean_shift)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(st.sampled_from([0, 2]), st.floats(0, 1)), min_size=1, max_size=40),
    st.lists(st.tuples(st.sampled_from([0, 2, 5]), st.floats(0, 1)), min_size=1, max_size=40),
)
def test_segments_of_every_column_add_up_to_the_move(earlier, later):
    before, after = (
        make_rows(*(list(side) for side in zip(*rows, strict=True))) for rows in (earlier, later)
    )
    plan = plan_profile(before, schema=SCHEMA, decision_policy=DecisionPolicy())
    sides = (profile_rows(plan, before), profile_rows(plan, after))

    for column in (STATUS, AMOUNT):
        found = attribute_shift(plan, *sides, column=column)
        move = sides[1].expected_default_share - sides[0].expected_default_share
        assert found.composition + found.within == pytest.approx(move, abs=1e-9)
        assert sum(segment.current_share for segment in found.segments) == pytest.approx(1.0)


def test_segments_are_named_by_the_schemas_meanings():
    codes, deciles = plan_bins(np.array([0.0]), codes=(0, 2, 7)), plan_bins(np.arange(1001.0))

    assert [describe_segment(STATUS, codes, place) for place in range(5)] == [
        "status 0 (in time)",
        "status 2 (payment 2 months late)",
        "status 7",
        "status not seen before",
        "status missing",
    ]
    assert [describe_segment(AMOUNT, deciles, place) for place in (0, 1, 9)] == [
        "amount below 100",
        "amount 100 to 200",
        "amount from 900",
    ]
    assert describe_segment(AMOUNT, plan_bins(np.empty(0)), 0) == "amount any"
    assert describe_segment(AMOUNT, plan_bins(np.full(3, 0.5)), 0) == "amount 0.5"


def test_the_cause_is_the_segment_that_explains_most_whichever_way_the_score_went():
    fewer = shift(
        make_rows([0] * 80 + [2] * 20, [0.1] * 80 + [0.6] * 20, [1.0] * 100),
        make_rows([0] * 90 + [2] * 10, [0.1] * 90 + [0.6] * 10, [1.0] * 100),
    )

    assert fewer.mean_shift == pytest.approx(-0.05)
    assert fewer.find_cause().name == "status 2 (payment 2 months late)"
    segments = {item.name: item.composition for item in fewer.columns[0].segments}
    # (w' - w) · (m - M) with M = .175
    assert segments == pytest.approx(
        {
            "status 0 (in time)": 0.1 * (0.1 - 0.175),
            "status 2 (payment 2 months late)": -0.1 * (0.6 - 0.175),
        }
    )


def test_a_segment_is_split_by_its_shares_and_its_scores():
    found = shift(
        make_rows([0] * 6 + [2] * 4, [0.1] * 6 + [0.5] * 4, [1.0] * 10),
        make_rows([0] * 5 + [2] * 5, [0.2] * 5 + [0.7] * 5, [1.0] * 10),
    )

    in_time, late = found.columns[0].segments
    level = (0.26 + 0.45) / 2
    assert (in_time.reference_share, in_time.current_share) == (0.6, 0.5)
    assert in_time.composition == pytest.approx(-0.1 * (0.15 - level))
    assert in_time.within == pytest.approx(0.55 * 0.1)
    assert late.composition == pytest.approx(0.1 * (0.6 - level))
    assert late.within == pytest.approx(0.45 * 0.2)


def test_a_segment_that_has_gone_counts_by_its_score_before():
    found = shift(
        make_rows([0] * 90 + [2] * 10, [0.1] * 90 + [0.9] * 10), make_rows([0] * 100, [0.1] * 100)
    )

    (_, late) = found.columns[0].segments
    assert (late.reference_share, late.current_share, late.within) == (0.1, 0.0, 0.0)
    assert late.composition == pytest.approx(-0.1 * (0.9 - (0.18 + 0.1) / 2))


def test_a_segment_says_what_a_special_value_or_a_missing_one_means():
    column = Column("amount", "amount", "x", special={-1: "no account", -2: "closed"})
    ranges = plan_bins(np.append(np.arange(1_001.0), [-1.0, -2.0]), special=(-1.0, -2.0))
    values = plan_bins(np.array([4.0, 4.0, 4.0, -1.0]), special=(-1.0, -2.0))

    assert [describe_segment(column, ranges, place) for place in (8, 9, 10, 11, 12, 13)] == [
        "amount 800 to 900",
        "amount from 900",
        "amount -2 (closed)",
        "amount -1 (no account)",
        "amount not seen before",
        "amount missing",
    ]
    assert [describe_segment(column, values, place) for place in range(3)] == [
        "amount -2 (closed)",
        "amount -1 (no account)",
        "amount 4",
    ]


def test_a_fractional_value_takes_no_code_s_meaning_and_figures_are_shortened():
    half = plan_bins(np.array([2.5, 1234567.891]), codes=(2,))

    assert [describe_segment(STATUS, half, place) for place in range(3)] == [
        "status 2 (payment 2 months late)",
        "status 2.5",
        "status 1.23457e+06",
    ]


def test_the_standard_error_of_one_row_or_none_is_nought():
    plan = plan_profile(EARLIER, schema=SCHEMA, decision_policy=DecisionPolicy())
    one, none, all_rows = (profile_rows(plan, rows) for rows in (EARLIER[:1], EARLIER[:0], EARLIER))

    assert measure_score_shift(plan, one, none, columns=()).standard_error == pytest.approx(
        0, abs=1e-9
    )
    found = measure_score_shift(plan, all_rows, one, columns=())
    assert found.standard_error == pytest.approx(0.15 / 10)
    assert found.find_cause() is None
