"""Which rows a training leaves out, so that its model can be compared with the champion on rows new to both."""

from dataclasses import dataclass

from credit_default.errors import InputError


@dataclass(frozen=True, slots=True)
class RefreshPolicy:
    """Which rows a retrained model is compared with the champion on.

    Raises:
        InputError: Fewer than 200 rows, a share that is not between 0 and 1, or months below 0.
    """

    # months with matured outcomes are added, newest first, until there are as many rows
    contest_row_count: int = 2_000
    test_share: float = 0.2  # of the clients, 0-1: no training learns from them
    # newest months that no training learns from, and on which it is then judged out of time
    held_out_months: int = 0

    def __post_init__(self) -> None:
        accepted = {
            "contest_row_count": (self.contest_row_count >= 200, "200 or more"),  # noqa: PLR2004
            "test_share": (0 < self.test_share < 1, "a share between 0 and 1"),
            "held_out_months": (self.held_out_months >= 0, "0 or more"),
        }
        for name, (is_valid, expected) in accepted.items():
            if not is_valid:
                raise InputError(
                    f"setting refresh.{name}",
                    found=repr(getattr(self, name)),
                    expected=expected,
                    remedy="Correct it in the configuration file, the variable or the flag that sets it.",
                )
