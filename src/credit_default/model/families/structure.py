"""Refuse a loaded estimator that is not what its family fits.

An attribute that hides a method would change every score, so every object must have the attributes
that fitting gives it and no others.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from credit_default.errors import ArtifactError


def require(good: bool, found: str) -> None:  # noqa: FBT001 - reads as a sentence where it is called
    """Raise an `ArtifactError` that says what was found, unless the condition is good."""
    if not good:
        raise build_artifact_error(found)


def build_artifact_error(found: str) -> ArtifactError:
    """Return the error for an artifact that is not one of ours."""
    return ArtifactError(
        "model artifact",
        found=found,
        expected="a pipeline as `train` writes it",
        remedy="Train and register the model again.",
    )


def check_attributes(
    value: Any, kind: type, allowed: Iterable[str], *, optional: Iterable[str] = ()
) -> None:
    """Check that a value is of exactly this class and has these attributes and no others.

    Args:
        value: The loaded object.
        kind: The class that belongs here.
        allowed: The attributes that it must have.
        optional: Attributes that it may have besides.

    Raises:
        ArtifactError: another class, an attribute too many or one too few.
    """
    require(type(value) is kind, f"{type(value).__name__} where a {kind.__name__} belongs")
    required, present = {*allowed}, {*vars(value)}
    unexpected = sorted(present - required - {*optional})
    require(not unexpected, f"attributes {unexpected[:5]} on a {kind.__name__}")
    missing = sorted(required - present)
    require(not missing, f"no {missing[:5]} on a {kind.__name__}")


def check_classes(estimator: Any) -> None:
    """Check that the estimator tells 0 from 1, in this order.

    Raises:
        ArtifactError: other classes.
    """
    require(np.asarray(estimator.classes_).tolist() == [0, 1], "other classes than 0 and 1")


def check_constraints(constraints: Any, *, feature_count: int) -> None:
    """Check that monotonicity constraints are absent, or -1, 0 or 1 for each feature.

    Raises:
        ArtifactError: constraints of another form.
    """
    if constraints is None:
        return
    require(
        isinstance(constraints, list) and len(constraints) == feature_count,
        "constraints on other features",
    )
    require(
        all(type(value) is int and value in {-1, 0, 1} for value in constraints),
        "constraints other than -1, 0, 1",
    )
