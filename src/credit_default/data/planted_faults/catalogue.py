"""The faults of a drill: what is planted, how hard, and which gate must ring for it, written down before anything is run.

Scenarios of the simulator change the portfolio; the others are put into months that were clean. The broken gates are put
into the policies.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

FaultKind = Literal["scenario", "month", "gate"]

BROKEN_GATE: Final = "broken gate"


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One fault at one strength, and the gates of which at least one must ring: `watch` counts where `loudness` says so.

    `size` is what the strength means: a share of the rows (0-1), a number of columns or of months.
    """

    name: str
    strength: int  # 1, 2 or 3
    size: float
    expects: tuple[str, ...]
    kind: FaultKind = "month"
    loudness: Literal["watch", "alarm"] = "alarm"

    @property
    def title(self) -> str:
        """The name with its strength."""
        return f"{self.name} {self.strength}"


def _declare_fault(
    name: str,
    sizes: tuple[float, float, float],
    *expects: str,
    kind: FaultKind = "month",
    loudness: Literal["watch", "alarm"] = "alarm",
) -> tuple[PlantedFault, ...]:
    return tuple(
        PlantedFault(name, strength, size, expects, kind, loudness)
        for strength, size in enumerate(sizes, start=1)
    )


_STRENGTHS: Final = (1.0, 2.0, 3.0)

PLANTED_FAULTS: Final[tuple[PlantedFault, ...]] = tuple(
    chain(
        _declare_fault("recession", _STRENGTHS, "drift", "performance", kind="scenario"),
        _declare_fault("marketing", _STRENGTHS, "drift", kind="scenario", loudness="watch"),
        _declare_fault("policy", _STRENGTHS, "drift", kind="scenario", loudness="watch"),
        _declare_fault("broken-feed", _STRENGTHS, "feed", kind="scenario"),
        _declare_fault("unit error", (0.1, 0.4, 1.0), "feed", "drift", loudness="watch"),
        _declare_fault("other currency", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("sign flip", (0.1, 0.4, 1.0), "feed", "drift", "quality"),
        _declare_fault("zeros for payments", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("stale column", (0.1, 0.4, 1.0), "feed"),
        _declare_fault("histories a month late", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("columns delivered again", (1, 6, 18), "feed", "quality"),
        _declare_fault("swapped codes", (0.1, 0.4, 1.0), "feed", "drift", loudness="watch"),
        _declare_fault(
            "swapped columns", (0.1, 0.4, 1.0), "feed", "drift", "quality", loudness="watch"
        ),
        _declare_fault("default value", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("unknown code", (0.02, 0.1, 1.0), "file", "quality", "feed"),
        _declare_fault("missing values", (0.02, 0.1, 0.4), "quality", "feed"),
        _declare_fault("missing column", (1, 3, 6), "file"),
        _declare_fault("duplicated clients", (0.03, 0.1, 0.3), "feed"),
        _declare_fault("repeated rows", (0.005, 0.02, 0.2), "quality"),
        _declare_fault("truncated file", (0.1, 0.3, 0.45), "drift"),
        _declare_fault("lost rows", (0.4, 0.6, 0.95), "quality", "volume"),
        _declare_fault("late file", (1, 2, 4), "volume", loudness="watch"),
        _declare_fault("wrong month", (1, 3, 12), "volume", loudness="watch"),
        _declare_fault("label flip", (0.02, 0.1, 0.3), "performance"),
        _declare_fault("label delay", (1, 2, 6), "coverage", loudness="watch"),
        _declare_fault("defaults unreported", (0.1, 0.3, 0.6), "performance"),
        _declare_fault(BROKEN_GATE, (2.0, 5.0, 100.0), "drill", kind="gate"),
    )
)
