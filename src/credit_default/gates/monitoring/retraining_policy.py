"""Define when a retraining may be requested, and the statement months that it learns from.

The policy is apart from the gate `retraining`, because trainings read the window and the gate reads
the other numbers.
"""

from dataclasses import dataclass

from credit_default.data.months import add_months
from credit_default.errors import InputError


@dataclass(frozen=True, slots=True)
class RetrainingPolicy:
    """When a retraining is requested, and on which of the months whose outcomes are known.

    Raises:
        InputError: The window is neither `expanding` nor `sliding`, or a count is below 1.
    """

    window: str = "expanding"  # all months, or "sliding": the newest `window_months` of them
    window_months: int = 12
    # Matured outcomes that arrived after the champion was trained; an alarm on performance needs none.
    fewest_new_labels: int = 2_000
    # Judged batches in a row with performance not `ok`: an error below the alarm that persists.
    lingering_count: int = 3
    cooldown_months: int = 2  # after the month in which a training was requested
    budget_count: int = 4  # trainings in `budget_months`
    budget_months: int = 12

    def __post_init__(self) -> None:
        counts = (self.window_months, self.budget_months, self.lingering_count)
        if self.window not in {"expanding", "sliding"} or min(counts) < 1:
            raise InputError(
                "setting retraining",
                found=f"window {self.window!r}, counts {counts}",
                expected="expanding or sliding, and months and batches from 1",
                remedy="Correct the section `retraining`.",
            )


@dataclass(frozen=True, slots=True)
class TrainingWindow:
    """The statement months to learn from, both ends included; None leaves that end open."""

    first_month: str | None = None
    last_month: str | None = None


def choose_window(policy: RetrainingPolicy, *, newest_month: str) -> TrainingWindow:
    """Return the months to learn from.

    Args:
        policy: The kind of window and its length.
        newest_month: The newest statement month (YYYY-MM) whose outcomes are known.
    """
    if policy.window == "expanding":
        return TrainingWindow(None, newest_month)
    return TrainingWindow(add_months(newest_month, 1 - policy.window_months), newest_month)
