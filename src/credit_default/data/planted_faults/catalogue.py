"""The faults of a drill: what is planted, how strongly, and which gates must react.

All of it is written down before anything is run. Faults of kind "scenario" change the simulated
portfolio, those of kind "month" are planted into clean months, and "gate" breaks a gate's policy.
"""

from dataclasses import dataclass
from itertools import chain
from typing import Final, Literal

FaultKind = Literal["scenario", "month", "gate"]

BROKEN_GATE: Final = "broken gate"


@dataclass(frozen=True, slots=True)
class PlantedFault:
    """One fault at one strength, and what must detect it.

    Attributes:
        name: The fault's name.
        strength: 1, 2 or 3.
        size: What the strength means: a share of the rows (0–1), or a number of columns or months.
        expected_gates: The gates of which at least one must react.
        kind: Where the fault is planted.
        required_level: The lowest level that counts as a reaction.
    """

    name: str
    strength: int
    size: float
    expected_gates: tuple[str, ...]
    kind: FaultKind = "month"
    required_level: Literal["watch", "alarm"] = "alarm"

    @property
    def title(self) -> str:
        """Return the name with its strength."""
        return f"{self.name} {self.strength}"


def _declare_fault(
    name: str,
    sizes: tuple[float, float, float],
    *expected_gates: str,
    kind: FaultKind = "month",
    required_level: Literal["watch", "alarm"] = "alarm",
) -> tuple[PlantedFault, ...]:
    return tuple(
        PlantedFault(name, strength, size, expected_gates, kind, required_level)
        for strength, size in enumerate(sizes, start=1)
    )


_STRENGTHS: Final = (1.0, 2.0, 3.0)

PLANTED_FAULTS: Final[tuple[PlantedFault, ...]] = tuple(
    chain(
        _declare_fault("recession", _STRENGTHS, "drift", "performance", kind="scenario"),
        _declare_fault("marketing", _STRENGTHS, "drift", kind="scenario", required_level="watch"),
        _declare_fault("policy", _STRENGTHS, "drift", kind="scenario", required_level="watch"),
        _declare_fault("broken-feed", _STRENGTHS, "feed", kind="scenario"),
        _declare_fault("unit error", (0.1, 0.4, 1.0), "feed", "drift", required_level="watch"),
        _declare_fault("other currency", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("sign flip", (0.1, 0.4, 1.0), "feed", "drift", "quality"),
        _declare_fault("zeros for payments", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("stale column", (0.1, 0.4, 1.0), "feed"),
        _declare_fault("histories a month late", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("columns delivered again", (1, 6, 18), "feed", "quality"),
        _declare_fault("swapped codes", (0.1, 0.4, 1.0), "feed", "drift", required_level="watch"),
        _declare_fault(
            "swapped columns", (0.1, 0.4, 1.0), "feed", "drift", "quality", required_level="watch"
        ),
        _declare_fault("default value", (0.1, 0.4, 1.0), "feed", "drift"),
        _declare_fault("unknown code", (0.02, 0.1, 1.0), "file", "quality", "feed"),
        _declare_fault("missing values", (0.02, 0.1, 0.4), "quality", "feed"),
        _declare_fault("missing column", (1, 3, 6), "file"),
        _declare_fault("duplicated clients", (0.03, 0.1, 0.3), "feed"),
        _declare_fault("repeated rows", (0.005, 0.02, 0.2), "quality"),
        _declare_fault("truncated file", (0.1, 0.3, 0.45), "drift"),
        _declare_fault("lost rows", (0.4, 0.6, 0.95), "quality", "volume"),
        _declare_fault("late file", (1, 2, 4), "volume", required_level="watch"),
        _declare_fault("wrong month", (1, 3, 12), "volume", required_level="watch"),
        _declare_fault("label flip", (0.02, 0.1, 0.3), "performance"),
        _declare_fault("label delay", (1, 2, 6), "coverage", required_level="watch"),
        _declare_fault("defaults unreported", (0.1, 0.3, 0.6), "performance"),
        _declare_fault(BROKEN_GATE, (2.0, 5.0, 100.0), "drill", kind="gate"),
    )
)
