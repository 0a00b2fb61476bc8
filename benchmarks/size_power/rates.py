"""How often something rang, with the error of the simulation."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Rate:
    """Rings among the draws in which there was a judgement."""

    rung: int = 0
    judged: int = 0

    @property
    def share(self) -> float:
        """Return the share that rang, NaN where nothing was judged."""
        return self.rung / self.judged if self.judged else float("nan")

    @property
    def error(self) -> float:
        """Return the Monte Carlo standard error of the share."""
        return float(np.sqrt(self.share * (1 - self.share) / self.judged)) if self.judged else 0.0

    def __add__(self, other: "Rate") -> "Rate":
        """Return both together."""
        return Rate(self.rung + other.rung, self.judged + other.judged)

    def __str__(self) -> str:
        """Return the share in percent with its error."""
        if not self.judged:
            return "not judged"
        return f"{100 * self.share:.1f} ± {100 * self.error:.1f}"


def count_rings(draws: Iterable[Mapping[str, bool | None]]) -> dict[str, Rate]:
    """Return the rate of each name over the draws."""
    rates: dict[str, Rate] = {}
    for draw in draws:
        for name, rang in draw.items():
            one = Rate() if rang is None else Rate(int(rang), 1)
            rates[name] = rates.get(name, Rate()) + one
    return rates
