"""A blend of other families: reasons are the weighted sum of its members', all on log odds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.families.blended_members import BlendedMembers
from credit_default.model.families.family import Family, Matrix, TreeTerm
from credit_default.model.families.log_odds import LARGEST_LOG_ODDS, LogOddsFamily
from credit_default.model.families.member_families import MEMBER_FAMILIES
from credit_default.model.families.members import list_members
from credit_default.model.families.recipe import Recipe, describe_recipe
from credit_default.model.families.structure import require
from credit_default.model.statistics.bootstrap import FloatArray

_TOLERANCE: Final = 1e-12


@dataclass(frozen=True, slots=True)
class BlendFamily(LogOddsFamily):
    """Blends; the methods are those of `Family`."""

    estimator_class = BlendedMembers
    name: str = "blend"
    noun: str = "blend"
    architecture: str = "weighted mean of decision trees and linear models"
    importance_meaning: str = "the weighted mean of its members' importances"
    stored_types: frozenset[tuple[str, str]] = frozenset(
        {
            ("ObjectNode", "credit_default.bundled.BlendedMembers"),
            *(stored for family in MEMBER_FAMILIES.values() for stored in family.stored_types),
        }
    )

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the members."""
        names = [f"a {MEMBER_FAMILIES[member.family].noun}" for member in recipe.members]
        origin = "given weights" if recipe.weights else "weights fitted on rows it had not seen"
        return (
            f"A blend of {', '.join(names[:-1])} and {names[-1]}: the mean of their log odds, with "
            f"{origin}"
        )

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted blend."""
        return BlendedMembers(
            members=[
                {"family": member.family, **describe_recipe(member)}
                for member in list_members(recipe)
            ],
            weights=list(recipe.weights),
            constraints=constraints,
            seed=recipe.seed,
            n_jobs=1,
        )

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Set the number of cores that fit a forest; fitted members predict on one."""
        estimator.set_params(n_jobs=job_count)

    def list_trees(self, estimator: Any) -> Sequence[TreeTerm] | None:
        """Return the trees of all members, each weighted as its member is."""
        found = [
            TreeTerm(term.tree, weight * term.leaf_values)
            for weight, family, member in _list_parts(estimator)
            for term in family.list_trees(member) or ()
        ]
        return found or None

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray | None:
        """Return the weighted log odds of each feature of the scorecards among the members."""
        found = [
            weight * terms
            for weight, family, member in _list_parts(estimator)
            if (terms := family.list_terms(member, matrix)) is not None
        ]
        return np.sum(found, axis=0) if found else None

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the weights, then the arrays of each member."""
        yield estimator.weights_
        for _, family, member in _list_parts(estimator):
            yield from family.list_arrays(member)

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return the weighted mean of the members' importances, which sums to 1."""
        mean: FloatArray = np.sum(
            [
                weight * family.measure_importance(member)
                for weight, family, member in _list_parts(estimator)
            ],
            axis=0,
        )
        return mean

    def check_fitted(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check the weights, and each member by its own family."""
        recipes, members = list_members(recipe), estimator.members_
        require(
            isinstance(members, list) and len(members) == len(recipes), "a wrong number of members"
        )
        _check_weights(estimator.weights_, given=recipe.weights, count=len(recipes))
        for member, own in zip(members, recipes, strict=True):
            family = MEMBER_FAMILIES[own.family]
            family.check_estimator(member, recipe=own, feature_count=feature_count)
            parameters, fresh = member.get_params(), family.build(own, estimator.constraints)
            require(parameters == fresh.get_params(), "a member of other parameters")
            require(
                all(
                    bool((np.abs(term.leaf_values) < LARGEST_LOG_ODDS).all())
                    for term in family.list_trees(member) or ()
                ),
                "a member's leaf that is no log odds",
            )


def _list_parts(estimator: Any) -> Iterator[tuple[float, Family, Any]]:
    """Yield each member's weight and family, and the member."""
    for weight, (family, _), member in zip(
        estimator.weights_.tolist(), estimator.list_members(), estimator.members_, strict=True
    ):
        yield weight, family, member


def _check_weights(weights: Any, *, given: Sequence[float], count: int) -> None:
    require(
        type(weights) is np.ndarray and weights.dtype == np.float64 and weights.shape == (count,),
        "malformed weights",
    )
    require(
        bool((weights >= 0).all()) and abs(float(weights.sum()) - 1) < _TOLERANCE,
        "weights that are no shares of one",
    )
    if given:
        expected = np.asarray(given, dtype=np.float64)
        require(
            bool((weights == expected / expected.sum()).all()), "other weights than the recipe's"
        )


BLEND: Final = BlendFamily()
