"""Decide from a default probability, by the costs of the two kinds of mistake.

Declining pays as soon as the expected loss from a missed default exceeds that of a false alarm. For
calibrated probabilities this is a threshold of false_alarm_cost / (false_alarm_cost +
missed_default_cost) (Elkan 2001, "The foundations of cost-sensitive learning"). Risk bands only
help people to read a score; they decide nothing.
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
    """A risk band, with the lowest default probability (0–1, inclusive) that belongs to it."""

    name: str
    lowest_probability: float


@dataclass(frozen=True, slots=True)
class DecisionPolicy:
    """The costs of a missed default and of a false alarm, in any one unit, and the risk bands.

    Raises:
        InputError: a cost that is not above 0; bands that do not start at 0, do not rise, reach 1
            or share a name.
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
        """Return the lowest default probability (0–1) that is declined."""
        # In this form every step is monotone even after rounding: a higher cost of a false alarm
        # never lowers the threshold, not even in the last bit.
        return 1.0 / (1.0 + self.missed_default_cost / self.false_alarm_cost)


def parse_decision_policy(mapping: Mapping[str, Any]) -> DecisionPolicy:
    """Return the decision policy that a mapping describes; missing keys take their defaults.

    Reads back what `dataclasses.asdict` writes.

    Args:
        mapping: The fields of `DecisionPolicy`; `bands` is a list of mappings with the fields of
            `RiskBand`.

    Raises:
        InputError: unknown keys, or values that `DecisionPolicy` does not accept.
    """
    unknown = sorted(set(mapping) - {field.name for field in fields(DecisionPolicy)})
    if unknown:
        raise InputError(
            "decision policy", found=show_examples(unknown), expected="known keys", remedy=_REMEDY
        )
    try:
        return _build_decision_policy(mapping)
    except (TypeError, KeyError, ValueError) as error:
        found = f"{type(error).__name__} for {error}"
        raise InputError(
            "decision policy", found=found, expected="numbers and bands", remedy=_REMEDY
        ) from error


def _build_decision_policy(mapping: Mapping[str, Any]) -> DecisionPolicy:
    given = dict(mapping)
    if "bands" in given:
        given["bands"] = tuple(
            RiskBand(str(band["name"]), float(band["lowest_probability"]))
            for band in given["bands"]
        )
    return DecisionPolicy(**given)


def decide(default_probability: NDArray[np.float64], policy: DecisionPolicy) -> NDArray[np.str_]:
    """Return each row's decision.

    Args:
        default_probability: Default probabilities (0–1).
        policy: The decision policy whose threshold applies.

    Returns:
        "decline" where the probability is at or above the threshold, else "accept"; in the order
        given.
    """
    return np.where(is_declined(default_probability, policy), DECLINE, ACCEPT)


def is_declined(
    default_probability: NDArray[np.float64], policy: DecisionPolicy
) -> NDArray[np.bool_]:
    """Return for each probability whether it is at or above the policy's threshold."""
    declined: NDArray[np.bool_] = default_probability >= policy.threshold
    return declined


def assign_bands(
    default_probability: NDArray[np.float64], policy: DecisionPolicy
) -> NDArray[np.str_]:
    """Return the name of each probability's risk band, in the order given."""
    names, places = find_bands(default_probability, policy)
    return np.array(names)[places]


def find_bands(
    default_probability: NDArray[np.float64], policy: DecisionPolicy
) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the names of the risk bands, and the place among them of each probability's band."""
    edges = [band.lowest_probability for band in policy.bands]
    places = np.searchsorted(edges, default_probability, side="right") - 1
    return tuple(band.name for band in policy.bands), places
