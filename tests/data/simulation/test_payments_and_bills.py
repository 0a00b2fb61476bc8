"""The accounts add up: payment i settles bill i+1, and the status follows payment."""

import numpy as np
import pytest

from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.payments_and_bills import MOST_BEHIND, advance_accounts
from credit_default.data.simulation.tables import ZERO_STATUS_INDEX, read_tables

COUNT = 30_000
REVOLVING, PAID_IN_FULL, TWO_LATE = 2, 1, 4  # places of statuses 0, -1 and 2


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return open_accounts(read_tables(), np.random.default_rng(3), np.arange(COUNT))


@pytest.mark.parametrize("month", range(5))
def test_what_is_left_of_a_bill_is_on_the_next_one(accounts, month):
    bill, left = accounts.bills[month], accounts.bills[month + 1] - accounts.payments[month]

    # In the real portfolio the share is .994: refunds and corrections take something off now and then.
    assert (bill >= left)[left > 0].mean() > 0.985


@pytest.mark.parametrize("month", range(5))
def test_a_bill_is_paid_as_its_status_says(accounts, month):
    status, bill, payment = (
        accounts.statuses[month + 1],
        accounts.bills[month + 1],
        accounts.payments[month],
    )
    due = bill > 0

    assert (payment >= bill)[due & (status <= PAID_IN_FULL)].mean() > 0.9
    revolving = due & (status == REVOLVING)
    assert ((payment > 0) & (payment < bill))[revolving].mean() > 0.9
    assert (payment == 0)[due & (status >= TWO_LATE)].mean() > 0.4
    assert (payment == 0)[due & (status < TWO_LATE)].mean() < 0.04


@pytest.mark.parametrize("month", range(5))
def test_who_pays_nothing_is_late_more_often_and_who_pays_all_less(accounts, month):
    bill, payment = accounts.bills[month + 1], accounts.payments[month]
    late = accounts.statuses[month] >= TWO_LATE if month else accounts.latest_status >= TWO_LATE

    shares = [
        late[(bill > 0) & how].mean()
        for how in (payment == 0, (payment > 0) & (payment < bill), payment >= bill)
    ]

    assert shares[0] > 2 * shares[1] > 3 * shares[2]


def test_no_client_falls_behind_by_more_than_two_statuses_in_a_month(accounts):
    for new, old in zip(
        (accounts.latest_status, *accounts.statuses[1:5]), accounts.statuses[1:], strict=True
    ):
        assert (new - np.maximum(old, ZERO_STATUS_INDEX)).max() <= MOST_BEHIND


def test_advancing_accounts_does_not_change_the_accounts_given(accounts):
    bills = [bill.copy() for bill in accounts.bills]

    later = advance_accounts(read_tables(), accounts, np.random.default_rng(4))

    assert all((mine == kept).all() for mine, kept in zip(accounts.bills, bills, strict=True))
    assert all(
        (mine == theirs).all()
        for mine, theirs in zip(later.bills[1:], accounts.bills[:5], strict=True)
    )
    assert all(
        (mine == theirs).all()
        for mine, theirs in zip(later.statuses[1:], accounts.statuses[:5], strict=True)
    )


def test_hardship_raises_statuses_and_lowers_payments(accounts):
    calm, hard = (
        advance_accounts(read_tables(), accounts, np.random.default_rng(4), hardship=h)
        for h in (0.0, 0.8)
    )

    assert (hard.statuses[0] >= calm.statuses[0]).all()
    assert (hard.statuses[0] >= TWO_LATE).mean() > 1.5 * (calm.statuses[0] >= TWO_LATE).mean()
    assert (hard.payments[0] <= calm.payments[0]).all()
    assert hard.payments[0].sum() < 0.9 * calm.payments[0].sum()


def test_who_was_about_to_default_is_late_more_often_in_the_next_statement(accounts):
    later = advance_accounts(read_tables(), accounts, np.random.default_rng(4))
    late, unlucky = later.latest_status >= TWO_LATE, accounts.outcome_score < -1

    assert late[unlucky].mean() > 2 * late[~unlucky].mean()
