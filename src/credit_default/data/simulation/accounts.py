"""Simulated accounts: the client, its habits of paying and spending, and six months of history."""

from dataclasses import dataclass

from credit_default.data.simulation.tables import Codes, Float32Array


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """A block of accounts at one statement; histories have the latest month (m1) first."""

    slot: Codes  # position in the portfolio, kept when the client is replaced
    generation: Codes  # 1 for the first client in the slot, 2 for the next one
    limit: Float32Array  # NT dollars
    limit_group: Codes
    sex: Codes
    education: Codes
    marriage: Codes
    age: Float32Array  # years
    payment_habit: Float32Array  # standard normal: how freely the client pays; low means hardship
    spending_habit: Float32Array  # standard normal, correlated with the payment habit
    statuses: tuple[Codes, ...]  # positions in STATUS_CODES, in the canonical coding
    latest_status: Codes  # m1 in the provisional coding that a statement shows for its newest month
    band: Codes  # the utilisation band of the latest bill
    bills: tuple[Float32Array, ...]  # NT dollars
    payments: tuple[Float32Array, ...]  # NT dollars; payments[i] goes to bills[i + 1]
    outcome_score: Float32Array  # standard normal that decides the next outcome; low means default

    @property
    def shown_statuses(self) -> tuple[Codes, ...]:
        """Return the statuses as the statement shows them, the latest in its provisional coding."""
        return (self.latest_status, *self.statuses[1:])


@dataclass(frozen=True, slots=True)
class NewClientMix:
    """Which clients a portfolio takes in.

    The tilts are exponents of the uniform draws: 1 for the fitted mix, more for lower values.
    """

    limit_tilt: float = 1.0
    age_tilt: float = 1.0


USUAL_CLIENT_MIX = NewClientMix()
