"""Declare what can happen to a portfolio: scenarios, each at the strengths 1, 2 and 3.

A scenario acts from its start month on. `recession` changes what the inputs mean, `marketing` and
`policy` change which clients and limits are seen, and `broken-feed` changes only the delivery.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from credit_default.data.simulation.accounts import NewClientMix
from credit_default.errors import InputError


@dataclass(frozen=True, slots=True)
class FeedFault:
    """What a broken feed does to its rows, as shares (0–1) of them; outcomes stay true."""

    unit_error_share: float = 0.0  # rows whose payments come in thousands
    stale_share: float = 0.0  # rows whose latest payment repeats that of the month before
    swapped_share: float = 0.0  # rows whose education codes 1 and 3 are exchanged

    @property
    def is_active(self) -> bool:
        """Return True when any row is delivered wrongly."""
        return max(self.unit_error_share, self.stale_share, self.swapped_share) > 0


@dataclass(frozen=True, slots=True)
class MonthConditions:
    """What affects every account in a month; the defaults are calm."""

    hardship: float = 0.0  # standard deviations by which statuses rise and payments fall
    risk_shift: float = 0.0  # added to the log odds of default: the same inputs mean more risk
    newcomer_share: float = 0.0  # accounts that a campaign replaces by new clients each month
    client_mix: NewClientMix = field(default_factory=NewClientMix)  # of the campaign's new clients
    limit_factor: float = 1.0  # what limits are multiplied by, once, in the start month
    fault: FeedFault = field(default_factory=FeedFault)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A named course of events.

    Attributes:
        name: A key of `SCENARIO_CONDITIONS`.
        start: The month in which it begins, counted from 0.
        strength: 1, 2 or 3.
    """

    name: str
    start: int = 0
    strength: int = 1


CALM = Scenario("calm")
CALM_CONDITIONS = MonthConditions()

SCENARIO_CONDITIONS: Mapping[str, tuple[MonthConditions, MonthConditions, MonthConditions]] = {
    "calm": (CALM_CONDITIONS, CALM_CONDITIONS, CALM_CONDITIONS),
    "recession": (
        MonthConditions(hardship=0.2, risk_shift=0.2),
        MonthConditions(hardship=0.4, risk_shift=0.4),
        MonthConditions(hardship=1.3, risk_shift=0.8),
    ),
    "marketing": (
        MonthConditions(newcomer_share=0.05, client_mix=NewClientMix(limit_tilt=1.5, age_tilt=1.5)),
        MonthConditions(newcomer_share=0.10, client_mix=NewClientMix(limit_tilt=2.0, age_tilt=2.0)),
        MonthConditions(newcomer_share=0.20, client_mix=NewClientMix(limit_tilt=3.0, age_tilt=3.0)),
    ),
    "policy": (
        MonthConditions(limit_factor=1.2),
        MonthConditions(limit_factor=1.5),
        MonthConditions(limit_factor=2.0),
    ),
    "broken-feed": (
        MonthConditions(fault=FeedFault(unit_error_share=0.1, stale_share=0.1, swapped_share=0.1)),
        MonthConditions(fault=FeedFault(unit_error_share=0.4, stale_share=0.4, swapped_share=0.4)),
        MonthConditions(fault=FeedFault(unit_error_share=1.0, stale_share=1.0, swapped_share=1.0)),
    ),
}


def check_scenario(scenario: Scenario) -> None:
    """Check that a scenario exists.

    Raises:
        InputError: an unknown name, a negative start, or a strength other than 1, 2 or 3.
    """
    if scenario.name not in SCENARIO_CONDITIONS:
        raise InputError(
            "scenario",
            found=repr(scenario.name),
            expected="one of " + ", ".join(SCENARIO_CONDITIONS),
            remedy="Choose a known one.",
        )
    if scenario.start < 0:
        raise InputError(
            "scenario start",
            found=str(scenario.start),
            expected="0 or more",
            remedy="Count months from 0.",
        )
    _check_strength(scenario.strength)


def _check_strength(strength: int) -> None:
    if strength not in {1, 2, 3}:
        raise InputError(
            "scenario strength",
            found=str(strength),
            expected="1, 2 or 3",
            remedy="Choose one of the three.",
        )


def find_conditions(scenario: Scenario, month_index: int) -> MonthConditions:
    """Return the conditions of a month, counted from 0: calm before the scenario's start."""
    return (
        CALM_CONDITIONS
        if month_index < scenario.start
        else SCENARIO_CONDITIONS[scenario.name][scenario.strength - 1]
    )
