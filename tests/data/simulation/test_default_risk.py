from dataclasses import replace

import numpy as np
import pytest

from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.default_risk import compute_default_probability, draw_outcome
from credit_default.data.simulation.tables import read_tables


@pytest.fixture(scope="module")
def accounts():
    return open_accounts(read_tables(), np.random.default_rng(3), np.arange(50_000))


@pytest.fixture(scope="module")
def probability(accounts):
    return compute_default_probability(read_tables(), accounts)


def test_outcomes_come_as_often_as_their_probability_says(accounts, probability):
    defaulted = draw_outcome(accounts, probability)

    for low, high in ((0.0, 0.1), (0.1, 0.2), (0.2, 0.4), (0.4, 0.7), (0.7, 1.0)):
        chosen = (probability >= low) & (probability < high)
        assert chosen.sum() > 500
        assert defaulted[chosen].mean() == pytest.approx(probability[chosen].mean(), abs=0.03)


def test_probabilities_are_inside_zero_and_one_and_differ_between_clients(probability):
    assert 0 < probability.min() < 0.03
    assert 0.8 < probability.max() < 1


def test_two_months_late_is_riskier_than_revolving_and_revolving_is_the_safest_of_those_who_owe(
    accounts, probability
):
    rates = {
        status: probability[accounts.latest_status == status + 2].mean()
        for status in (-2, -1, 0, 1, 2)
    }

    # The real rates: -2 .132, -1 .168, 0 .128, 1 .339, 2 .691.
    assert rates[2] == pytest.approx(0.691, abs=0.05)
    assert rates[1] == pytest.approx(0.339, abs=0.05)
    assert rates[0] == pytest.approx(0.128, abs=0.03)
    assert rates[-1] == pytest.approx(0.168, abs=0.03)


def test_a_risk_shift_is_added_to_the_log_odds(accounts, probability):
    shifted = compute_default_probability(read_tables(), accounts, risk_shift=0.5)

    ratio = np.log(shifted / (1 - shifted)) - np.log(probability / (1 - probability))
    assert ratio == pytest.approx(np.full(50_000, 0.5), abs=2e-3)


def test_the_canonical_coding_of_the_newest_month_does_not_move_the_risk(accounts, probability):
    recoded = replace(
        accounts, statuses=(np.zeros_like(accounts.statuses[0]), *accounts.statuses[1:])
    )

    assert (compute_default_probability(read_tables(), recoded) == probability).all()
