"""The more months late, the higher the risk: what that asks of each feature, where a regulator asks for it.

The law: raise an input that is declared to carry risk (`Column.risk_rises_from`) to that value or above, all else equal,
and the probability does not fall. Below that value codes are kinds, and nothing is promised between them. scikit-learn
constrains by feature, so each is followed back to its inputs: what only rises with them may only raise the probability,
what only falls may only lower it, what does both is left out. Rounding keeps the order of sums, so the law holds to the
last bit. It is a law on one client's inputs: of two clients whose bills differ too it says nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from credit_default.data.contract.schema import Schema
from credit_default.model.features.declaration import Feature
from credit_default.model.features.row_functions import ROW_FUNCTIONS

# Which way a value goes when a rising input is raised: 1 up, -1 down, both where either may happen, none where it stays.
_Directions = frozenset[int]
_BOTH_DIRECTIONS: Final[_Directions] = frozenset({1, -1})


def list_risk_inputs(schema: Schema) -> dict[str, float]:
    """The inputs that carry risk, and from which value up each does.

    The law does not make a probability truer. Few clients of the public data are more than three months late: what a
    forest says of them is thinly learned with or without it.
    """
    return {
        column.name: column.risk_rises_from
        for column in schema.inputs
        if column.risk_rises_from is not None
    }


def constrain_features(
    features: Sequence[Feature], *, rising: Mapping[str, float]
) -> tuple[Feature, ...]:
    """The features; those that may go either way with the `rising` inputs are no longer kept for the forest."""
    ways = _trace_directions(features, rising)
    return tuple(
        replace(feature, kept=feature.kept and ways[feature.name] != _BOTH_DIRECTIONS)
        for feature in features
    )


def list_constraints(features: Sequence[Feature], *, rising: Mapping[str, float]) -> list[int]:
    """For each kept feature 1 where the probability must not fall with it, -1 where it must not rise, else 0.

    The features are ones that `constrain_features` let pass.
    """
    ways = _trace_directions(features, rising)
    return [sum(ways[feature.name]) for feature in features if feature.kept]


def _trace_directions(
    features: Sequence[Feature], rising: Mapping[str, float]
) -> dict[str, _Directions]:
    ways = dict.fromkeys(rising, frozenset({1}))
    bare = dict(rising)  # names that still mean the input itself
    for feature in features:
        found = [
            frozenset(way * step for way in ways.get(column, frozenset()) for step in steps)
            for column, steps in zip(feature.columns, _list_directions(feature, bare), strict=True)
        ]
        if feature.function != "raw":
            bare.pop(feature.name, None)
        ways[feature.name] = frozenset().union(*found)
    return ways


def _list_directions(feature: Feature, bare: Mapping[str, float]) -> list[_Directions]:
    """For each of the feature's columns, which way the feature goes when that column alone is raised."""
    if feature.function == "count_equal":
        # A code below the value from which risk rises is left by such a move and never entered.
        value = feature.arguments["value"]
        return [
            frozenset({-1}) if value < bare.get(column, value) else _BOTH_DIRECTIONS
            for column in feature.columns
        ]
    if feature.arguments.get("decay", 0.0) < 0:
        return [_BOTH_DIRECTIONS] * len(feature.columns)
    directions = ROW_FUNCTIONS[feature.function].directions
    padded = directions + directions[-1:] * (len(feature.columns) - len(directions))
    return [frozenset({direction}) if direction else _BOTH_DIRECTIONS for direction in padded]
