"""Monotonicity in lateness: the more months late, the higher the risk, all else equal.

A recipe may ask for it where a regulator does. If an input that carries risk
(`Column.risk_rises_from`) is raised to that value or above, the probability does not fall, to the
last bit. Below that value codes are categories, and nothing is promised. scikit-learn constrains by
feature, so each is traced back to its inputs: one that only rises with them may only raise the
probability, one that only falls may only lower it, one that does both is left out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from credit_default.data.contract.schema import Schema
from credit_default.model.features.declaration import Feature

# Directions in which a value can move when a risk input is raised: 1 up, -1 down; none if it does
# not depend on it.
_Directions = frozenset[int]
_BOTH_DIRECTIONS: Final[_Directions] = frozenset({1, -1})


def list_risk_inputs(schema: Schema) -> dict[str, float]:
    """Return the inputs that carry risk, each with the value from which its risk rises.

    Monotonicity does not make a probability more accurate. Few clients of the public data are more
    than three months late, so a forest knows little about them with or without it.
    """
    return {
        column.name: column.risk_rises_from
        for column in schema.inputs
        if column.risk_rises_from is not None
    }


def constrain_features(
    features: Sequence[Feature], *, risk_inputs: Mapping[str, float]
) -> tuple[Feature, ...]:
    """Return the features, with `kept=False` for those that may move either way.

    Args:
        features: The feature list.
        risk_inputs: What `list_risk_inputs` returns.
    """
    directions_of = _trace_directions(features, risk_inputs)
    return tuple(
        replace(feature, kept=feature.kept and directions_of[feature.name] != _BOTH_DIRECTIONS)
        for feature in features
    )


def list_constraints(features: Sequence[Feature], *, risk_inputs: Mapping[str, float]) -> list[int]:
    """Return the monotonicity constraint of each kept feature, for scikit-learn's `monotonic_cst`.

    Args:
        features: Features that `constrain_features` returned.
        risk_inputs: What `list_risk_inputs` returns.

    Returns:
        1 where the probability must not fall with the feature, -1 where it must not rise, else 0.
    """
    directions_of = _trace_directions(features, risk_inputs)
    return [sum(directions_of[feature.name]) for feature in features if feature.kept]


def _trace_directions(
    features: Sequence[Feature], risk_inputs: Mapping[str, float]
) -> dict[str, _Directions]:
    directions_of = dict.fromkeys(risk_inputs, frozenset({1}))
    unchanged_inputs = dict(risk_inputs)  # names that still stand for the input itself
    for feature in features:
        found = [
            frozenset(
                direction * step
                for direction in directions_of.get(column, frozenset())
                for step in steps
            )
            for column, steps in zip(
                feature.columns, _list_directions(feature, unchanged_inputs), strict=True
            )
        ]
        if feature.function != "raw":
            unchanged_inputs.pop(feature.name, None)
        directions_of[feature.name] = frozenset().union(*found)
    return directions_of


def _list_directions(feature: Feature, unchanged_inputs: Mapping[str, float]) -> list[_Directions]:
    """Return how the feature moves when each of its columns is raised, in their order."""
    if feature.function == "count_equal":
        # Raising the input to the value from which risk rises can only leave a code below it.
        value = feature.arguments["value"]
        return [
            frozenset({-1}) if value < unchanged_inputs.get(column, value) else _BOTH_DIRECTIONS
            for column in feature.columns
        ]
    if feature.arguments.get("decay", 0.0) < 0:
        return [_BOTH_DIRECTIONS] * len(feature.columns)
    directions = feature.row_function.directions
    padded = directions + directions[-1:] * (len(feature.columns) - len(directions))
    return [frozenset({direction}) if direction else _BOTH_DIRECTIONS for direction in padded]
