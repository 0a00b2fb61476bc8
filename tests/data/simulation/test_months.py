from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import (
    BLOCK_CLIENT_COUNT,
    CALM,
    Scenario,
    SimulatedMonth,
    simulate,
    simulate_chunks,
)
from credit_default.errors import InputError

KEY = ["client_id", "statement_month"]
STATIC = ["sex", "education", "marriage", "age", "credit_limit"]


@cache
def simulate_months(
    scenario: Scenario = CALM, months: int = 4, clients: int = 3_000
) -> list[SimulatedMonth]:
    return list(simulate(client_count=clients, month_count=months, seed=11, scenario=scenario))


def join_next(before: SimulatedMonth, after: SimulatedMonth) -> pl.DataFrame:
    return before.statements.join(
        after.statements, on="client_id", suffix="_next", maintain_order="left"
    )


def test_statements_have_the_schemas_columns_in_order_and_type():
    month = simulate_months()[0]

    assert tuple(month.statements.columns) == CREDIT_CARD.names
    expected = {
        "identifier": pl.String,
        "month": pl.String,
        "code": pl.Int64,
        "integer": pl.Int64,
        "amount": pl.Float64,
    }
    assert [month.statements[c.name].dtype for c in CREDIT_CARD.columns] == [
        expected[c.kind] for c in CREDIT_CARD.columns
    ]
    assert month.outcomes.schema == {
        "client_id": pl.String,
        "statement_month": pl.String,
        "defaulted": pl.Int64,
        "true_probability": pl.Float64,
    }


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario("calm"),
        Scenario("recession", start=1, strength=3),
        Scenario("marketing", start=1, strength=3),
        Scenario("policy", start=1, strength=3),
        Scenario("broken-feed", start=1, strength=3),
    ],
    ids=lambda scenario: scenario.name,
)
def test_every_row_holds_to_the_contract(scenario):
    frames = [month.statements for month in simulate_months(scenario, months=4, clients=8_000)]

    validated = check_rows(lambda: iter(frames), schema=CREDIT_CARD)

    assert (validated.accepted_count, validated.rejected_count, dict(validated.rule_counts)) == (
        32_000,
        0,
        {},
    )


def test_values_stay_where_the_portfolios_do():
    rows = simulate_months()[0].statements
    amounts = rows.select(pl.col("^(bill|payment)_amount_.*$"), "credit_limit")

    assert rows["credit_limit"].is_between(10_000, 1_000_000).all()
    assert (rows["credit_limit"] % 10_000 == 0).all()
    assert rows["age"].is_between(21, 79).all()
    assert amounts.select((pl.all() == pl.all().round()).all()).row(0) == (True,) * 13
    assert rows.select((pl.col("^payment_amount_.*$") >= 0).all()).row(0) == (True,) * 6
    assert (
        rows.select(pl.col("^repayment_status_.*$").is_between(-2, 8).all()).row(0) == (True,) * 6
    )


def test_keys_and_outcomes_stand_in_the_order_of_the_statements():
    for month in simulate_months():
        assert_frame_equal(month.statements.select(KEY), month.outcomes.select(KEY))
        assert month.statements["client_id"].n_unique() == 3_000
        assert month.statements["statement_month"].unique().to_list() == [month.statement_month]
    assert simulate_months()[0].statements["client_id"][123] == "SIM-000000123"


def test_months_follow_each_other_over_a_new_year():
    months = simulate(client_count=1, month_count=4, seed=1, first_month="2009-11")

    assert [month.statement_month for month in months] == [
        "2009-11",
        "2009-12",
        "2010-01",
        "2010-02",
    ]


def test_history_rolls_by_one_month_for_every_client_who_stays():
    before, after, *_ = simulate_months()
    both = join_next(before, after)

    assert both.height > 2_950
    for i in range(1, 6):
        for name in ("bill_amount", "payment_amount"):
            assert (both[f"{name}_m{i}"] == both[f"{name}_m{i + 1}_next"]).all()
    for i in range(2, 6):
        assert (both[f"repayment_status_m{i}"] == both[f"repayment_status_m{i + 1}_next"]).all()
    assert all((both[name] == both[f"{name}_next"]).all() for name in STATIC)


def test_the_provisional_status_is_recoded_when_its_month_is_no_longer_the_newest():
    before, after, *_ = simulate_months()
    both = join_next(before, after)

    shown, recoded = both["repayment_status_m1"], both["repayment_status_m2_next"]

    assert 0.08 < (shown == 1).mean() < 0.17
    assert (recoded == 1).mean() < 0.005
    assert (shown == recoded).mean() > 0.8
    assert ((recoded >= 2) & (shown <= -1)).mean() < 0.005


def test_clients_who_left_are_replaced_by_new_ones_in_the_same_place():
    before, after, *_ = simulate_months()
    changed = before.statements["client_id"] != after.statements["client_id"]

    assert 3 <= changed.sum() <= 40
    old, new = (
        before.statements.filter(changed)["client_id"],
        after.statements.filter(changed)["client_id"],
    )
    assert [f"{name}-2" for name in old] == new.to_list()


def test_the_same_seed_gives_the_same_rows_and_another_seed_others():
    again = list(simulate(client_count=3_000, month_count=2, seed=11))
    other = next(simulate(client_count=3_000, month_count=1, seed=12))

    for one, two in zip(simulate_months(), again, strict=False):
        assert_frame_equal(one.statements, two.statements)
        assert_frame_equal(one.outcomes, two.outcomes)
    assert not other.statements.equals(again[0].statements)


@settings(max_examples=8, deadline=None)
@given(
    client_count=st.integers(1, 40_000),
    chunk_rows=st.one_of(st.integers(4_000, 50_000), st.just(BLOCK_CLIENT_COUNT)),
)
def test_neither_chunk_size_nor_client_count_changes_a_row(client_count, chunk_rows):
    chunks = list(simulate_chunks(client_count=client_count, seed=5, chunk_rows=chunk_rows))

    assert [c.statements.height for c in chunks[:-1]] == [chunk_rows] * (len(chunks) - 1)
    assert chunks[-1].statements.height <= chunk_rows
    whole = _forty_thousand()
    assert_frame_equal(
        pl.concat([c.statements for c in chunks]), whole.statements.head(client_count)
    )
    assert_frame_equal(pl.concat([c.outcomes for c in chunks]), whole.outcomes.head(client_count))


@cache
def _forty_thousand() -> SimulatedMonth:
    return next(simulate(client_count=40_000, month_count=1, seed=5))


def test_later_months_of_a_client_do_not_depend_on_how_many_clients_there_are():
    few = list(simulate(client_count=100, month_count=3, seed=11))

    for small, large in zip(few, simulate_months(), strict=False):
        assert_frame_equal(small.statements, large.statements.head(100))
        assert_frame_equal(small.outcomes, large.outcomes.head(100))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"client_count": 0}, "client_count: found 0"),
        ({"month_count": 0}, "month_count: found 0"),
        ({"seed": -1}, "seed: found -1"),
        ({"first_month": "2005-13"}, "month: found '2005-13'"),
        ({"first_month": "2005-00"}, "month: found '2005-00'"),
        ({"first_month": "200509"}, "month: found '200509'"),
        ({"first_month": "20o5-09"}, "month: found '20o5-09'"),
        ({"first_month": "\uff12\uff10\uff10\uff15-09"}, "month: found"),
        ({"scenario": Scenario("boom")}, "scenario: found 'boom'"),
    ],
)
def test_a_wrong_argument_is_refused_before_any_month_is_made(wrong, message):
    right = {"client_count": 1, "month_count": 1, "seed": 0}

    with pytest.raises(InputError, match=message):
        simulate(**{**right, **wrong})


@pytest.mark.parametrize(
    "wrong", [{"client_count": 0}, {"chunk_rows": 0}, {"seed": -1}, {"month": "now"}]
)
def test_a_wrong_argument_is_refused_before_any_chunk_is_made(wrong):
    with pytest.raises(InputError):
        simulate_chunks(**{"client_count": 1, "seed": 0, **wrong})
