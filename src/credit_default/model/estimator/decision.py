"""From a probability to a decision: what the two kinds of mistake cost sets the threshold, nothing else does.

Declining pays as soon as the expected loss from a missed default exceeds that of a false alarm, which for calibrated
probabilities is a threshold of false_alarm_cost / (false_alarm_cost + missed_default_cost). Bands are for people.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import pairwise
from math import isfinite
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError, show_examples

Decision = Literal["decline", "accept"]
DECLINE: Final[Decision] = "decline"
ACCEPT: Final[Decision] = "accept"

_REMEDY = "Correct the decision policy."


@dataclass(frozen=True, slots=True)
class RiskBand:
    """A band by the lowest default probability (0-1, inclusive) that falls in it."""

    name: str
    lowest_probability: float


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """What a missed default and a false alarm cost, in any one unit, and the edges of the risk bands.

    Raises:
        InputError: costs that are not above 0, bands that do not start at 0 and rise to below 1, repeated names.
    """

    missed_default_cost: float = 5.0  # an accepted client who defaults
    false_alarm_cost: float = 1.0  # a declined client who would have paid
    bands: tuple[RiskBand, ...] = (
        RiskBand("A", 0.0),
        RiskBand("B", 0.08),
        RiskBand("C", 0.16),
        RiskBand("D", 0.32),
        RiskBand("E", 0.64),
    )

    def __post_init__(self) -> None:
        for name, cost in (
            ("missed", self.missed_default_cost),
            ("false alarm", self.false_alarm_cost),
        ):
            if not (isfinite(cost) and cost > 0):
                raise InputError(
                    f"cost of a {name}",
                    found=repr(cost),
                    expected="a number above 0",
                    remedy=_REMEDY,
                )
        edges = [band.lowest_probability for band in self.bands]
        names = {band.name for band in self.bands}
        rising = all(low < high for low, high in pairwise(edges))
        if not edges or edges[0] != 0 or not rising or not edges[-1] < 1 or len(names) < len(edges):
            expected = "edges that start at 0 and rise to below 1, each band under its own name"
            raise InputError(
                "risk bands", found=show_examples(edges), expected=expected, remedy=_REMEDY
            )

    @property
    def threshold(self) -> float:
        """The lowest default probability (0-1) that is declined."""
        # Each step is monotone after rounding too: a dearer false alarm never lowers it, not by the last bit.
        return 1.0 / (1.0 + self.missed_default_cost / self.false_alarm_cost)


def parse_decision_policy(mapping: Mapping[str, Any]) -> DecisionPolicy:
    """The policy that the mapping states, defaults elsewhere; bands are mappings with a `RiskBand`'s fields.

    Reads back what `dataclasses.asdict` makes of a policy.

    Raises:
        InputError: unknown keys, or values that the policy refuses.
    """
    unknown = sorted(set(mapping) - {field.name for field in fields(DecisionPolicy)})
    if unknown:
        raise InputError(
            "decision policy", found=show_examples(unknown), expected="known keys", remedy=_REMEDY
        )
    given = dict(mapping)
    try:
        if "bands" in given:
            given["bands"] = tuple(
                RiskBand(str(b["name"]), float(b["lowest_probability"])) for b in given["bands"]
            )
        return DecisionPolicy(**given)
    except (TypeError, KeyError, ValueError) as error:
        found = f"{type(error).__name__} for {error}"
        raise InputError(
            "decision policy", found=found, expected="numbers and bands", remedy=_REMEDY
        ) from error


def decide(default_probability: NDArray[np.float64], policy: DecisionPolicy) -> NDArray[np.str_]:
    """Each row's decision: "decline" where the probability (0-1) reaches the policy's threshold, else "accept"."""
    return np.where(default_probability >= policy.threshold, DECLINE, ACCEPT)


def assign_bands(
    default_probability: NDArray[np.float64], policy: DecisionPolicy
) -> NDArray[np.str_]:
    """The name of each probability's risk band."""
    edges = [band.lowest_probability for band in policy.bands]
    names = np.array([band.name for band in policy.bands])
    return names[np.searchsorted(edges, default_probability, side="right") - 1]
