from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.months import simulate
from credit_default.data.simulation.portfolio import (
    CHARGE_OFF_SHARE,
    CLOSURE_SHARE,
    CURE_SHARE,
    REPLACEMENT_SHARE,
    advance_portfolio,
    apply_feed_fault,
    raise_limits,
)
from credit_default.data.simulation.scenarios import FeedFault, MonthConditions
from credit_default.data.simulation.tables import read_tables

COUNT = 20_000


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return open_accounts(read_tables(), np.random.default_rng(3), np.arange(COUNT))


def roll(accounts: Accounts, conditions: MonthConditions | None = None) -> Accounts:
    return advance_portfolio(
        read_tables(),
        accounts,
        np.random.default_rng(7),
        conditions=conditions or MonthConditions(),
    )


def test_a_portfolio_keeps_its_size_because_every_ended_account_is_replaced(accounts):
    rolled = roll(accounts)

    assert REPLACEMENT_SHARE == 1.0
    assert (rolled.slot == accounts.slot).all()
    assert set(np.unique(rolled.generation)) == {1, 2}


def test_closures_happen_at_the_stated_rate_where_no_account_is_charged_off(accounts):
    in_order = accounts.statuses[0] <= 4

    replaced = roll(accounts).generation[in_order] == 2

    assert CLOSURE_SHARE == 0.003
    assert replaced.mean() == pytest.approx(CLOSURE_SHARE, abs=0.0015)


@pytest.mark.parametrize("place", [6, 7, 8, 9, 10])
def test_accounts_are_charged_off_at_the_rate_stated_for_their_status(accounts, place):
    everybody_late = replace(accounts, statuses=(np.full(COUNT, place), *accounts.statuses[1:]))

    share = (roll(everybody_late).generation == 2).mean()

    assert share == pytest.approx(
        1 - (1 - CHARGE_OFF_SHARE[place]) * (1 - CLOSURE_SHARE), abs=0.012
    )


def test_a_default_does_not_end_an_account_and_most_of_them_cure_at_the_stated_rate():
    before, after = simulate(client_count=40_000, month_count=2, seed=2)
    both = before.outcomes.join(after.statements, on="client_id")
    defaulted = both.filter(pl.col("defaulted") == 1)

    assert defaulted.height > 0.98 * before.outcomes["defaulted"].sum()
    assert (defaulted["repayment_status_m1"] < 2).mean() == pytest.approx(CURE_SHARE, abs=0.02)
    others = both.filter(pl.col("defaulted") == 0)
    assert (others["repayment_status_m1"] < 2).mean() == pytest.approx(0.95, abs=0.01)


def test_a_campaign_displaces_its_share_with_younger_clients_every_month(accounts):
    conditions = MonthConditions(newcomer_share=0.2)

    rolled = roll(accounts, conditions)

    assert (rolled.generation == 2).mean() == pytest.approx(0.205, abs=0.01)


def test_limits_are_raised_in_steps_up_to_the_highest_and_move_to_their_group(accounts):
    raised = raise_limits(read_tables(), accounts, factor=1.5)

    assert (raised.limit >= accounts.limit).all()
    assert (raised.limit % 10_000 == 0).all()
    assert raised.limit.max() <= 1_000_000
    assert raised.limit.mean() == pytest.approx(1.5 * accounts.limit.mean(), rel=0.01)
    assert (raised.limit_group >= accounts.limit_group).all()
    assert (
        raised.band <= accounts.band
    ).mean() > 0.97  # a credit balance, negative, is the one that moves up


def test_a_unit_error_delivers_payments_in_thousands(accounts):
    shown = apply_feed_fault(accounts, FeedFault(unit_error_share=1.0), np.random.default_rng(1))

    assert all(
        (new == np.rint(old / 1000)).all()
        for new, old in zip(shown.payments, accounts.payments, strict=True)
    )
    assert shown.bills is accounts.bills
    assert (shown.education == accounts.education).all()


def test_a_stale_column_delivers_last_months_payment_again(accounts):
    shown = apply_feed_fault(accounts, FeedFault(stale_share=1.0), np.random.default_rng(1))

    assert (shown.payments[0] == accounts.payments[1]).all()
    assert (shown.payments[1] == accounts.payments[1]).all()


def test_swapped_codes_exchange_the_two_educations_and_leave_the_others(accounts):
    shown = apply_feed_fault(accounts, FeedFault(swapped_share=1.0), np.random.default_rng(1))

    for delivered, true in ((1, 3), (3, 1), (2, 2), (0, 0), (6, 6)):
        assert ((shown.education == delivered) == (accounts.education == true)).all()


def test_a_fault_strikes_its_share_of_the_rows(accounts):
    shown = apply_feed_fault(accounts, FeedFault(swapped_share=0.4), np.random.default_rng(1))
    swappable = np.isin(accounts.education, (1, 3))

    assert (shown.education != accounts.education)[swappable].mean() == pytest.approx(0.4, abs=0.02)
