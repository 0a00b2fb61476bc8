"""What an account is while it is simulated: who holds it, how they are given to pay and spend, and six months of history."""

from dataclasses import dataclass

from credit_default.data.simulation.tables import Codes, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """A block of accounts at one statement; histories hold m1 (the latest) first."""

    slot: Codes  # the place in the portfolio; it stays when the client is replaced
    generation: Codes  # 1 for the first client in the slot, 2 for the one who followed
    limit: Floats  # NT dollars
    limit_group: Codes
    sex: Codes
    education: Codes
    marriage: Codes
    age: Floats  # years
    payment_habit: (
        Floats  # standard normal: how freely the client pays; income behind it, hardship when low
    )
    spending_habit: Floats  # standard normal, correlated with it
    statuses: tuple[Codes, ...]  # places in STATUS_CODES, in the canonical coding
    latest_status: Codes  # m1 in the provisional coding that a statement shows for its newest month
    band: Codes  # the utilisation band of the latest bill
    bills: tuple[Floats, ...]  # NT dollars
    payments: tuple[Floats, ...]  # NT dollars; payments[i] goes to bills[i + 1]
    fortune: Floats  # the normal score that the coming outcome is drawn with: low means default

    @property
    def shown_statuses(self) -> tuple[Codes, ...]:
        """The statuses as the statement shows them, the newest one in its provisional coding."""
        return (self.latest_status, *self.statuses[1:])


@dataclass(frozen=True, slots=True)
class NewClientMix:
    """Whom a portfolio takes in: exponents on the uniform draws, 1 for the fitted mix, more for lower values."""

    limit_tilt: float = 1.0
    age_tilt: float = 1.0


USUAL_CLIENT_MIX = NewClientMix()
