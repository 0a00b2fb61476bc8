"""Judge whether the months and times in a file can be known by now.

A statement month or an observation that lies in the future is a mistake (2055 for 2005). It would be
the newest of its kind for years: the month that retrainings are judged in, or the outcome that counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from credit_default.data.months import add_months
from credit_default.errors import InputError


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """How far in the future dates may lie: files are cut before a month is over, and clocks differ.

    Raises:
        InputError: A number is below 0 or above its limit.
    """

    months_ahead: int = 1  # statement months after the present one (UTC), 0-120
    days_ahead: int = 1  # from now to the time when an outcome was observed, 0-3660

    def __post_init__(self) -> None:
        if not (0 <= self.months_ahead <= 120 and 0 <= self.days_ahead <= 3660):  # noqa: PLR2004
            raise InputError(
                "setting intake",
                found=f"months_ahead {self.months_ahead}, days_ahead {self.days_ahead}",
                expected="0 to 120 months and 0 to 3660 days",
                remedy="Correct the section `intake`.",
            )


def find_last_month(present: str, *, policy: IntakePolicy) -> str:
    """Return the last statement month that is taken in during the month `present` (both YYYY-MM, UTC)."""
    return add_months(present, policy.months_ahead)


def list_future_months(
    months: Iterable[str], *, present: str, policy: IntakePolicy
) -> tuple[str, ...]:
    """Return those of the months (YYYY-MM) that are after the last one that is taken in, in order."""
    last = find_last_month(present, policy=policy)
    return tuple(sorted(month for month in months if month > last))
