from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.errors import InputError
from credit_default.model.estimator.decision import (
    DecisionPolicy,
    RiskBand,
    assign_bands,
    decide,
    parse_decision_policy,
)

COSTS = st.floats(1e-3, 1e6)


def test_five_to_one_declines_from_a_sixth():
    assert DecisionPolicy().threshold == 1 / 6


def test_a_probability_at_the_threshold_is_declined():
    policy = DecisionPolicy(missed_default_cost=3.0, false_alarm_cost=1.0)

    assert decide(np.array([0.0, 0.2499, 0.25, 1.0]), policy).tolist() == [
        "accept",
        "accept",
        "decline",
        "decline",
    ]


@given(missed=COSTS, cheap=COSTS, dear=COSTS)
def test_a_dearer_false_alarm_never_lowers_the_threshold(missed, cheap, dear):
    cheap, dear = sorted((cheap, dear))

    assert DecisionPolicy(missed, cheap).threshold <= DecisionPolicy(missed, dear).threshold


@given(cheap=COSTS, dear=COSTS, false_alarm=COSTS)
def test_a_dearer_missed_default_never_raises_the_threshold(cheap, dear, false_alarm):
    cheap, dear = sorted((cheap, dear))

    assert (
        DecisionPolicy(cheap, false_alarm).threshold >= DecisionPolicy(dear, false_alarm).threshold
    )


@given(st.lists(st.floats(0, 1), min_size=1), COSTS)
def test_who_is_riskier_is_never_accepted_where_a_safer_client_is_declined(probabilities, cost):
    policy = DecisionPolicy(missed_default_cost=cost)
    rising = np.sort(probabilities)

    assert np.all(np.diff((decide(rising, policy) == "decline").astype(int)) >= 0)
    assert assign_bands(rising, policy).tolist() == sorted(assign_bands(rising, policy))


def test_a_band_starts_at_its_edge():
    policy = DecisionPolicy(bands=(RiskBand("low", 0.0), RiskBand("high", 0.5)))

    assert assign_bands(np.array([0.0, 0.4999, 0.5, 1.0]), policy).tolist() == [
        "low",
        "low",
        "high",
        "high",
    ]


def test_no_clients_need_no_decision():
    assert decide(np.empty(0), DecisionPolicy()).tolist() == []
    assert assign_bands(np.empty(0), DecisionPolicy()).tolist() == []


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
def test_a_cost_that_is_not_above_zero_is_refused(cost):
    with pytest.raises(InputError, match="cost of a missed"):
        DecisionPolicy(missed_default_cost=cost)
    with pytest.raises(InputError, match="cost of a false alarm"):
        DecisionPolicy(false_alarm_cost=cost)


@pytest.mark.parametrize(
    "edges", [(), (0.1, 0.5), (0.0, 0.5, 0.5), (0.0, 0.6, 0.4), (0.0, 1.0), (0.0, float("nan"))]
)
def test_bands_that_leave_gaps_are_refused(edges):
    with pytest.raises(InputError, match="risk bands"):
        DecisionPolicy(
            bands=tuple(RiskBand(str(number), edge) for number, edge in enumerate(edges))
        )


def test_bands_of_one_name_are_refused():
    with pytest.raises(InputError, match="risk bands"):
        DecisionPolicy(bands=(RiskBand("A", 0.0), RiskBand("A", 0.5)))


def test_a_policy_is_read_back_from_its_mapping():
    policy = DecisionPolicy(
        missed_default_cost=7.0, bands=(RiskBand("low", 0.0), RiskBand("high", 0.3))
    )

    assert parse_decision_policy(asdict(policy)) == policy
    assert parse_decision_policy({}) == DecisionPolicy()


@pytest.mark.parametrize(
    "mapping",
    [
        {"treshold": 0.5},
        {"missed_default_cost": "five"},
        {"bands": [{"name": "A"}]},
        {"bands": 3},
        {"bands": [1]},
    ],
)
def test_a_mapping_that_is_no_policy_is_refused(mapping):
    with pytest.raises(InputError, match="decision policy"):
        parse_decision_policy(mapping)


@pytest.mark.parametrize("cost", [5e-324, 1e300])
def test_any_finite_cost_above_nought_is_accepted(cost):
    assert DecisionPolicy(missed_default_cost=cost).missed_default_cost == cost
    assert DecisionPolicy(false_alarm_cost=cost).false_alarm_cost == cost


@pytest.mark.parametrize(
    ("edges", "is_right"),
    [
        ((0.0,), True),
        ((0.0, 0.5), True),
        ((0.0, np.nextafter(1.0, 0.0)), True),
        ((0.0, 1.0), False),
        ((0.1, 0.5), False),
        ((0.0, 0.5, 0.5), False),
        ((0.0, 0.6, 0.5), False),
        ((), False),
    ],
)
def test_bands_start_at_nought_rise_and_end_below_one(edges, is_right):
    bands = tuple(RiskBand(chr(65 + place), edge) for place, edge in enumerate(edges))

    if is_right:
        assert DecisionPolicy(bands=bands).bands == bands
    else:
        with pytest.raises(InputError, match="risk bands"):
            DecisionPolicy(bands=bands)
