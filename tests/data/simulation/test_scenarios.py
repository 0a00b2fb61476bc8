from dataclasses import asdict

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from credit_default.data.simulation.months import CALM, Scenario, simulate
from credit_default.data.simulation.scenarios import (
    CALM_CONDITIONS,
    SCENARIO_CONDITIONS,
    check_scenario,
    find_conditions,
)
from credit_default.errors import InputError

NAMES = ["recession", "marketing", "policy", "broken-feed"]


def months(scenario, *, count=4, clients=16_384):
    return list(simulate(client_count=clients, month_count=count, seed=4, scenario=scenario))


@pytest.fixture(scope="module")
def calm():
    return months(CALM)


def rate(month):
    return month.outcomes["defaulted"].mean()


def test_the_scenarios_and_their_strengths_are_fixed_in_numbers():
    assert list(SCENARIO_CONDITIONS) == ["calm", *NAMES]
    assert [conditions.hardship for conditions in SCENARIO_CONDITIONS["recession"]] == [
        0.2,
        0.4,
        1.3,
    ]
    assert [conditions.risk_shift for conditions in SCENARIO_CONDITIONS["recession"]] == [
        0.2,
        0.4,
        0.8,
    ]
    assert [conditions.newcomer_share for conditions in SCENARIO_CONDITIONS["marketing"]] == [
        0.05,
        0.1,
        0.2,
    ]
    assert [
        conditions.client_mix.limit_tilt for conditions in SCENARIO_CONDITIONS["marketing"]
    ] == [
        1.5,
        2.0,
        3.0,
    ]
    assert [conditions.client_mix.age_tilt for conditions in SCENARIO_CONDITIONS["marketing"]] == [
        1.5,
        2.0,
        3.0,
    ]
    assert [conditions.limit_factor for conditions in SCENARIO_CONDITIONS["policy"]] == [
        1.2,
        1.5,
        2.0,
    ]
    shares = [
        set(asdict(conditions.fault).values()) for conditions in SCENARIO_CONDITIONS["broken-feed"]
    ]
    assert shares == [{0.1}, {0.4}, {1.0}]


def test_a_scenario_acts_from_its_start_on():
    scenario = Scenario("recession", start=2, strength=3)

    assert [find_conditions(scenario, month) is CALM_CONDITIONS for month in range(4)] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("name", NAMES)
def test_months_before_the_start_are_the_calm_ones(calm, name):
    simulated = months(Scenario(name, start=2, strength=3), count=3)

    for month in (0, 1):
        assert_frame_equal(simulated[month].statements, calm[month].statements)
        assert_frame_equal(simulated[month].outcomes, calm[month].outcomes)
    assert not simulated[2].statements.equals(calm[2].statements)


@pytest.mark.parametrize("name", NAMES)
def test_a_scenario_may_begin_in_the_first_month(calm, name):
    simulated = months(Scenario(name, start=0, strength=3), count=2)

    assert not simulated[1].statements.equals(calm[1].statements)


def test_a_recession_brings_more_default_the_stronger_it_is(calm):
    rates = [
        rate(months(Scenario("recession", start=1, strength=strength), count=2)[1])
        for strength in (1, 2, 3)
    ]

    assert rate(calm[1]) + 0.02 < rates[0]
    assert rates[0] + 0.03 < rates[1]
    assert rates[1] + 0.06 < rates[2]


def test_in_a_recession_the_same_inputs_mean_more_risk():
    simulated = months(Scenario("recession", start=0, strength=2), count=1)[0]
    calm_month = months(CALM, count=1)[0]
    same = simulated.statements.equals(calm_month.statements)
    inputs = [
        name
        for name in simulated.statements.columns
        if name not in {"client_id", "statement_month"}
    ]
    both = simulated.statements.hstack(simulated.outcomes.select("true_probability")).join(
        calm_month.statements.hstack(calm_month.outcomes.select("true_probability")),
        on=["client_id", *inputs],
    )

    assert not same
    assert both.height > 1_000
    odds = both["true_probability"] / (1 - both["true_probability"])
    calm_odds = both["true_probability_right"] / (1 - both["true_probability_right"])
    assert (odds / calm_odds).log().mean() == pytest.approx(0.4, abs=1e-3)


def test_marketing_makes_the_portfolio_younger_with_lower_limits(calm):
    simulated = months(Scenario("marketing", start=1, strength=3))

    assert simulated[3].statements["age"].mean() < calm[3].statements["age"].mean() - 2
    assert (
        simulated[3].statements["credit_limit"].mean()
        < 0.85 * calm[3].statements["credit_limit"].mean()
    )
    assert simulated[3].statements["client_id"].str.contains(r"-\d+-\d+$").mean() > 0.4


def test_a_policy_raises_limits_once_and_uses_less_of_them(calm):
    simulated = months(Scenario("policy", start=1, strength=2))
    limits = [month.statements["credit_limit"].mean() for month in simulated]

    assert limits[1] == pytest.approx(1.5 * limits[0], rel=0.02)
    assert limits[3] == pytest.approx(limits[1], rel=0.02)
    assert rate(simulated[3]) < rate(calm[3])


def test_a_broken_feed_changes_what_is_delivered_and_not_what_is_true(calm):
    simulated = months(Scenario("broken-feed", start=1, strength=2))

    for broken, true in zip(simulated, calm, strict=True):
        assert_frame_equal(broken.outcomes, true.outcomes)
    untouched = pl.exclude("education", "^payment_amount_.*$")
    assert_frame_equal(
        simulated[1].statements.select(untouched), calm[1].statements.select(untouched)
    )
    assert (
        simulated[1].statements["payment_amount_m3"].median()
        < calm[1].statements["payment_amount_m3"].median()
    )


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        (
            Scenario("Recession"),
            "found 'Recession'; expected one of calm, recession, marketing, policy, broken-feed",
        ),
        (Scenario("recession", start=-1), "scenario start: found -1"),
        (Scenario("recession", strength=0), "scenario strength: found 0"),
        (Scenario("recession", strength=4), "scenario strength: found 4"),
    ],
)
def test_an_unknown_scenario_is_refused(scenario, message):
    with pytest.raises(InputError, match=message):
        check_scenario(scenario)
