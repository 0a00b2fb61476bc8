from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.model.estimator.expected_loss import (
    LossPolicy,
    has_expected_loss,
    measure_expected_loss,
    measure_exposure,
)

POLICY = LossPolicy(conversion_factor=0.4, loss_given_default=0.5, cure_share=0.0)
AMOUNTS = st.floats(-1e6, 1e6)
SHARES = st.floats(0, 1)


def statement(bill, limit=100_000.0):
    return pl.DataFrame({"bill_amount_m1": [bill], "credit_limit": [limit]})


def loss(bill, probability, *, limit=100_000.0, policy=POLICY):
    return measure_expected_loss(statement(bill, limit), np.array([probability]), policy=policy)[0]


def test_exposure_is_what_is_owed_and_a_share_of_what_is_open():
    rows = pl.DataFrame(
        {"bill_amount_m1": [0, 60_000, 100_000, 130_000, -20_000], "credit_limit": [100_000] * 5}
    )

    # A client in credit can draw the credit too; one above the limit nothing more.
    assert measure_exposure(rows, POLICY).to_list() == [
        40_000.0,
        76_000.0,
        100_000.0,
        130_000.0,
        48_000.0,
    ]


def test_expected_loss_is_probability_times_exposure_times_share_lost():
    assert loss(60_000.0, 0.25) == 0.25 * 76_000 * 0.5


@given(bill=AMOUNTS, limit=st.floats(0, 1e6), probability=SHARES, factor=SHARES, share=SHARES)
def test_expected_loss_is_never_below_nothing(bill, limit, probability, factor, share):
    assert loss(bill, probability, limit=limit, policy=LossPolicy(factor, share)) >= 0


@given(bill=AMOUNTS, one=SHARES, other=SHARES)
def test_a_riskier_client_is_never_expected_to_lose_less(bill, one, other):
    low, high = sorted((one, other))

    assert loss(bill, low) <= loss(bill, high)


@given(bill=AMOUNTS, probability=SHARES, one=SHARES, other=SHARES)
def test_a_higher_share_lost_or_drawn_never_lowers_the_loss(bill, probability, one, other):
    low, high = sorted((one, other))

    assert loss(bill, probability, policy=LossPolicy(low, 0.5)) <= loss(
        bill, probability, policy=LossPolicy(high, 0.5)
    )
    assert loss(bill, probability, policy=LossPolicy(0.4, low)) <= loss(
        bill, probability, policy=LossPolicy(0.4, high)
    )


def test_without_a_limit_nothing_more_can_be_drawn():
    rows = pl.DataFrame({"outstanding": [900.0, 0.0]})
    policy = LossPolicy(balance_column="outstanding", limit_column="", cure_share=0.0)

    assert measure_expected_loss(rows, np.array([0.1, 0.9]), policy=policy).to_list() == [45.0, 0.0]


def test_another_portfolio_has_no_expected_loss_until_it_names_its_columns():
    rows = pl.DataFrame({"outstanding": [900.0, 100.0]})

    found = measure_expected_loss(rows, np.array([0.1, 0.9]), policy=LossPolicy())

    assert (found.name, found.dtype, found.to_list()) == ("expected_loss", pl.Float64, [None, None])
    assert not has_expected_loss(LossPolicy(), rows.columns)
    assert not has_expected_loss(LossPolicy(balance_column=""), ["credit_limit"])
    assert measure_expected_loss(rows, np.array([0.1, 0.9]), policy=None).null_count() == 2


@pytest.mark.parametrize("name", ["balance_column", "limit_column"])
def test_a_column_that_is_named_and_not_there_is_refused(name):
    with pytest.raises(InputError, match=f"{name}: found balanse"):
        has_expected_loss(
            LossPolicy(**{name: "balanse"}, cure_share=0.5), ["bill_amount_m1", "credit_limit"]
        )


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_a_share_that_is_none_is_refused(share):
    with pytest.raises(InputError, match="conversion_factor"):
        LossPolicy(conversion_factor=share)
    with pytest.raises(InputError, match="loss_given_default"):
        LossPolicy(loss_given_default=share)


def test_defaults_that_cure_lose_nothing():
    assert loss(50_000.0, 0.5, policy=replace(POLICY, cure_share=1.0)) == 0
    assert loss(50_000.0, 0.5, policy=replace(POLICY, cure_share=0.7)) == pytest.approx(
        0.3 * loss(50_000.0, 0.5)
    )


@pytest.fixture(scope="module")
def missed_payments():
    """One simulated month: probability, exposure, and whether a missed payment stayed unpaid."""
    first, second = simulate(client_count=30_000, month_count=2, seed=9)
    later = second.statements.select("client_id", later_status="repayment_status_m1")
    rows = (
        first.statements.join(first.outcomes.drop("statement_month"), on="client_id")
        .join(later, on="client_id")
        .with_columns(is_lost=(pl.col("defaulted") == 1) & (pl.col("later_status") >= 2))
    )
    return rows.with_columns(measure_exposure(rows, LossPolicy()))


def sum_expected_loss(rows, policy):
    return measure_expected_loss(rows, rows["true_probability"].to_numpy(), policy=policy).sum()


def test_expected_loss_of_the_card_portfolio_is_near_what_missed_payments_lost(missed_payments):
    lost = 0.5 * missed_payments.filter("is_lost")["exposure"].sum()

    assert sum_expected_loss(missed_payments, LossPolicy()) == pytest.approx(lost, rel=0.12)


def test_without_cures_three_times_the_loss_of_missed_payments_is_expected(missed_payments):
    lost = 0.5 * missed_payments.filter("is_lost")["exposure"].sum()

    assert sum_expected_loss(missed_payments, LossPolicy(cure_share=0.0)) > 2.8 * lost


def test_the_share_that_cures_is_declared_for_the_default_of_another_portfolio():
    with pytest.raises(InputError, match="cure_share: found none, for the balance column lent"):
        LossPolicy(balance_column="lent")

    assert LossPolicy(balance_column="lent", cure_share=0.0).cured_share == 0
    assert LossPolicy(balance_column="").cured_share == 0.7


def test_a_default_has_a_horizon():
    assert LossPolicy().horizon == "within the month after the statement"
    assert LossPolicy(horizon_months=12).horizon == "within the 12 months after the statement"
    with pytest.raises(InputError, match="horizon_months"):
        LossPolicy(horizon_months=0)
    with pytest.raises(InputError, match="cure_share"):
        LossPolicy(cure_share=1.1)


@pytest.mark.parametrize("name", ["conversion_factor", "loss_given_default", "cure_share"])
def test_shares_reach_from_nought_to_one(name):
    for share in (0.0, 1.0):
        assert getattr(LossPolicy(**{name: share}), name) == share
    for share in (-1e-9, 1 + 1e-9):
        with pytest.raises(InputError, match=f"loss policy's {name}: found .*expected 0 to 1"):
            LossPolicy(**{name: share})


def test_a_horizon_is_a_month_or_more_and_is_told_in_words():
    assert LossPolicy(horizon_months=1).horizon == "within the month after the statement"
    assert LossPolicy(horizon_months=2).horizon == "within the 2 months after the statement"
    with pytest.raises(InputError, match="horizon_months: found 0; expected 1 or more"):
        LossPolicy(horizon_months=0)


def test_a_portfolio_without_a_balance_has_no_expected_loss_and_cures_as_cards_do():
    none = LossPolicy(balance_column="")

    assert not has_expected_loss(none, ["bill_amount_m1", "credit_limit"])
    assert none.cured_share == 0.7
    assert LossPolicy(cure_share=0.2).cured_share == 0.2
    assert LossPolicy(balance_column="debt", limit_column="", cure_share=0.0).cured_share == 0.0
    assert has_expected_loss(LossPolicy(), ["bill_amount_m1", "credit_limit"])
    assert not has_expected_loss(LossPolicy(), ["bill_amount_m1"])


def test_the_loss_of_three_accounts_by_hand():
    rows = pl.DataFrame({"debt": [100, -50, 400], "credit": [300, 200, 300]})
    policy = LossPolicy(
        conversion_factor=0.5,
        loss_given_default=0.8,
        cure_share=0.25,
        balance_column="debt",
        limit_column="credit",
    )

    assert measure_exposure(rows, policy).to_list() == [200.0, 125.0, 400.0]
    found = measure_expected_loss(rows, np.array([0.1, 0.2, 0.5]), policy=policy)
    assert found.to_list() == pytest.approx([12.0, 15.0, 120.0])
    assert measure_expected_loss(rows, np.zeros(3), policy=None).to_list() == [None] * 3
