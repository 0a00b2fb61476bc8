import numpy as np
import polars as pl
import pytest

from credit_default.data.planted_faults.injection import (
    FAULT_FUNCTIONS,
    DeliveredMonth,
    FaultContext,
    plant_fault,
)
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError

KEY = ["client_id", "statement_month"]


@pytest.fixture(scope="module")
def months():
    simulated = simulate(client_count=400, month_count=2, seed=3)
    return [
        DeliveredMonth(month.statements, month.outcomes.select(*KEY, "defaulted"))
        for month in simulated
    ]


@pytest.fixture
def put(months):
    def put(name, size):
        context = FaultContext(months[1], months[0].statements, size, np.random.default_rng(1))
        return plant_fault(name, context)

    return put


def find_changed(planted, month):
    names = [name for name in month.statements.columns if name in planted.statements.columns]
    return {name for name in names if not planted.statements[name].equals(month.statements[name])}


@pytest.mark.parametrize(
    ("name", "size", "changed"),
    [
        ("unit error", 1.0, {"bill_amount_m1"}),
        ("stale column", 1.0, {"payment_amount_m1"}),
        ("swapped codes", 1.0, {"education"}),
        ("swapped columns", 1.0, {"bill_amount_m1", "payment_amount_m1"}),
        ("default value", 1.0, {"repayment_status_m1"}),
        ("unknown code", 1.0, {"marriage"}),
        ("missing values", 1.0, {"credit_limit"}),
        ("columns delivered again", 2, {"payment_amount_m1", "bill_amount_m1"}),
        ("zeros for payments", 1.0, {f"payment_amount_m{month}" for month in range(1, 7)}),
        ("sign flip", 1.0, {f"bill_amount_m{month}" for month in range(1, 7)}),
    ],
)
def test_fault_changes_its_columns_and_no_other(months, put, name, size, changed):
    planted = put(name, size)

    assert find_changed(planted, months[1]) == changed
    assert planted.statements.schema == months[1].statements.schema
    assert planted.outcomes.equals(months[1].outcomes)


def test_size_is_the_share_of_the_rows(months, put):
    planted = put("zeros for payments", 0.4)

    share = (planted.statements["payment_amount_m1"] == 0).mean() - (
        months[1].statements["payment_amount_m1"] == 0
    ).mean()
    assert 0.2 < share < 0.45


def test_histories_come_a_month_late(months, put):
    planted = put("histories a month late", 1.0).statements

    assert planted["bill_amount_m1"].equals(
        months[1].statements["bill_amount_m2"], check_names=False
    )
    assert planted["bill_amount_m6"].equals(months[1].statements["bill_amount_m6"])


def test_columns_delivered_again_are_those_of_the_month_before(months, put):
    planted = put("columns delivered again", 1).statements

    assert planted["payment_amount_m1"].equals(months[0].statements["payment_amount_m1"])


def test_other_currency_divides_every_amount_by_thirty(months, put):
    planted = put("other currency", 1.0).statements

    assert planted["bill_amount_m3"].sum() == pytest.approx(
        months[1].statements["bill_amount_m3"].sum() / 30, rel=0.01
    )


def test_missing_columns_are_gone(put):
    assert "repayment_status_m3" not in put("missing column", 3).statements.columns


def test_copied_clients_have_other_ids_and_the_same_values(months, put):
    planted = put("duplicated clients", 0.1).statements

    assert planted.height > 400
    assert planted["client_id"].n_unique() == planted.height
    assert planted.drop(KEY).n_unique() == months[1].statements.drop(KEY).n_unique()


def test_repeated_rows_have_the_same_key(put):
    planted = put("repeated rows", 0.1).statements

    assert planted["client_id"].n_unique() == 400 < planted.height


def test_truncated_file_lacks_the_lowest_limits(months, put):
    planted = put("truncated file", 0.3).statements

    assert planted.height == 280
    assert planted["credit_limit"].min() >= months[1].statements["credit_limit"].quantile(0.25)


def test_lost_rows_are_fewer(put):
    assert 100 < put("lost rows", 0.6).statements.height < 220


def test_late_file_and_late_labels_change_no_row(months, put):
    late, unlabelled = put("late file", 2), put("label delay", 6)

    assert (late.arrival_delay, unlabelled.outcome_delay) == (2, 6)
    assert late.statements.equals(months[1].statements)


def test_wrong_month_is_stamped_on_rows_and_outcomes(put):
    planted = put("wrong month", 3)

    assert planted.statement_month == "2006-01"
    assert planted.outcomes["statement_month"].unique().to_list() == ["2006-01"]


def test_flipped_labels_are_the_share_asked_for(months, put):
    planted = put("label flip", 0.3)

    flipped = (planted.outcomes["defaulted"] != months[1].outcomes["defaulted"]).mean()
    assert 0.2 < flipped < 0.4


def test_unreported_defaults_only_lose_defaults(months, put):
    planted = put("defaults unreported", 0.5).outcomes["defaulted"]

    before = months[1].outcomes["defaulted"]
    assert 0.3 * before.sum() < planted.sum() < 0.7 * before.sum()
    assert not (planted > before).any()


@pytest.mark.parametrize("name", FAULT_FUNCTIONS)
def test_fault_is_the_same_for_the_same_generator_and_leaves_its_month_alone(months, put, name):
    before = months[1].statements.clone()

    assert put(name, 1).statements.equals(put(name, 1).statements)
    assert months[1].statements.equals(before)


def test_unknown_fault_is_refused(put):
    with pytest.raises(InputError, match="planted fault"):
        put("gremlins", 1)


def test_cast_keeps_whole_numbers_whole(put):
    assert put("sign flip", 0.5).statements["bill_amount_m1"].dtype == pl.Float64
