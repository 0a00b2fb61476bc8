"""New accounts have a whole history, and their mix can be tilted."""

import numpy as np
import pytest

from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.accounts import Accounts, NewClientMix
from credit_default.data.simulation.tables import read_tables

COUNT = 30_000


REVOLVING, PAID_IN_FULL, TWO_LATE = 2, 1, 4  # places of statuses 0, -1 and 2


@pytest.fixture(scope="module")
def accounts() -> Accounts:
    return open_accounts(read_tables(), np.random.default_rng(3), np.arange(COUNT))


def test_a_history_has_six_months_of_everything(accounts):
    assert [len(accounts.statuses), len(accounts.bills), len(accounts.payments)] == [6, 6, 6]
    assert {
        len(values) for values in (*accounts.statuses, *accounts.bills, *accounts.payments)
    } == {COUNT}


def test_a_tilted_client_mix_is_younger_and_has_lower_limits(accounts):
    tilted = NewClientMix(limit_tilt=3.0, age_tilt=3.0)

    campaign = open_accounts(
        read_tables(), np.random.default_rng(3), np.arange(COUNT), client_mix=tilted
    )

    assert campaign.age.mean() < accounts.age.mean() - 5
    assert campaign.limit.mean() < 0.6 * accounts.limit.mean()


def test_lower_limits_go_with_later_payment_as_in_the_portfolio(accounts):
    late = accounts.statuses[1] >= TWO_LATE

    assert late[accounts.limit <= 50_000].mean() > 2 * late[accounts.limit >= 300_000].mean()
