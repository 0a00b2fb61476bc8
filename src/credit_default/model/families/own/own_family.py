"""An estimator of the lender's own package as a family: named `package:entry`, its reasons approximate."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from credit_default.errors import InputError
from credit_default.installed import find_source, is_installed_name
from credit_default.model.families.family import Matrix, Scale
from credit_default.model.families.own.fitted_state import iterate_state, list_state_arrays
from credit_default.model.families.own.own_estimator import GROUP, PARAMETERS, OwnEstimator
from credit_default.model.families.recipe import Recipe
from credit_default.model.families.structure import (
    build_artifact_error,
    check_attributes,
    check_classes,
    require,
)
from credit_default.model.statistics.bootstrap import FloatArray

_FITTED: Final = ("estimator_", "importance_", "classes_", "n_features_in_")
_PROBE: Final = (0.0, 1.0, -1.0, 1e6)
_PLAIN: Final = (bool, int, float, str, type(None))


def is_own(recipe: Recipe) -> bool:
    """Return whether the recipe names an estimator of the lender's own package."""
    return is_installed_name(recipe.family)


def pin_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe with the version and the code of its package, if it has one.

    No code of the package is run.

    Raises:
        SetupError: the package is not installed, or has no such entry point.
    """
    if not is_own(recipe) or recipe.source is not None:
        return recipe
    return replace(recipe, source=find_source(recipe.family, group=GROUP))


@dataclass(frozen=True, slots=True)
class OwnFamily:
    """Estimators of one entry point; the methods are those of `Family`."""

    name: str
    noun: str = "estimator"
    scale: Scale = "probability"
    importance_meaning: str = "how far their permutation moves the probabilities"
    stored_types: frozenset[tuple[str, str]] = frozenset(
        {("ObjectNode", "credit_default.bundled.OwnEstimator")}
    )

    @property
    def architecture(self) -> str:
        """Return the kind of model, for a bill of materials."""
        return f"an estimator of the package {self.name.partition(':')[0]}"

    def describe(self, recipe: Recipe) -> str:
        """Return a sentence's subject that names the package, its version and its code."""
        source = pin_recipe(recipe).source
        version = f", version {source.version}, code {source.digest[:12]}" if source else ""
        return (
            f"An estimator of the lender's own, {self.name}{version}, whose structure this project "
            "does not know: its reasons are approximate"
        )

    def build(self, recipe: Recipe, constraints: list[int] | None) -> Any:
        """Return an unfitted estimator; its recipe takes no constraints."""
        del constraints
        return OwnEstimator(**_list_parameters(recipe))

    def set_job_count(self, estimator: Any, job_count: int) -> None:
        """Change nothing: it is fitted on one core."""

    def score_unseen(self, estimator: Any, matrix: Matrix) -> None:
        """Return None: every row has been seen."""

    def measure(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Return each row's probability (0–1)."""
        probability: FloatArray = estimator.predict_proba(matrix)[:, 1]
        return probability

    def list_trees(self, estimator: Any) -> None:
        """Return None: it need be no sum of trees."""

    def read_tree_sum(self, estimator: Any) -> None:
        """Return None: it need be no sum of trees."""

    def list_terms(self, estimator: Any, matrix: Matrix) -> FloatArray:
        """Refuse: it need be no sum of terms."""
        del estimator, matrix
        raise NotImplementedError

    def list_arrays(self, estimator: Any) -> Iterator[NDArray[Any]]:
        """Yield the importance, then the whole state of the package's estimator."""
        yield estimator.importance_
        yield from list_state_arrays(estimator.estimator_)

    def measure_importance(self, estimator: Any) -> FloatArray:
        """Return each feature's share of how far its permutation moves the probabilities."""
        shares: FloatArray = estimator.importance_
        return shares

    def check_estimator(self, estimator: Any, *, recipe: Recipe, feature_count: int) -> None:
        """Check that it is what the package makes by the recipe, and that it gives probabilities."""
        check_attributes(estimator, OwnEstimator, (*PARAMETERS, *_FITTED))
        for name, expected in _list_parameters(recipe).items():
            value = getattr(estimator, name)
            require(
                type(value) is type(expected) and value == expected,
                f"another {name} than the recipe's",
            )
        check_classes(estimator)
        require(
            type(estimator.n_features_in_) is int and estimator.n_features_in_ == feature_count,
            "an estimator over other features",
        )
        _check_importance(estimator.importance_, feature_count=feature_count)
        _check_fitted(estimator.estimator_, estimator.build(), feature_count=feature_count)
        _check_scores(estimator, feature_count=feature_count)


def _list_parameters(recipe: Recipe) -> dict[str, Any]:
    source = pin_recipe(recipe).source
    return {
        "family": recipe.family,
        "parameters": dict(recipe.parameters or {}),
        "source": source.describe() if source else {},
        "seed": recipe.seed,
    }


def _check_importance(importance: Any, *, feature_count: int) -> None:
    require(
        type(importance) is np.ndarray
        and importance.dtype == np.float64
        and importance.shape == (feature_count,),
        "an importance of other features",
    )
    require(
        bool((importance >= 0).all()) and abs(float(importance.sum()) - 1) < 1e-6,  # noqa: PLR2004
        "an importance that does not sum to 1",
    )


def _check_fitted(fitted: Any, fresh: Any, *, feature_count: int) -> None:
    """Check that the estimator is of the class and of the parameters that the package makes."""
    require(
        type(fitted) is type(fresh),
        f"a {type(fitted).__name__} where the package makes a {type(fresh).__name__}",
    )
    if hasattr(fresh, "get_params"):
        require(
            _list_plain_parameters(fitted) == _list_plain_parameters(fresh),
            "other parameters than the package gives",
        )
    require(
        getattr(fitted, "n_features_in_", feature_count) == feature_count,
        "an estimator over other features",
    )
    try:
        for part in iterate_state(fitted):
            _check_methods(part)
    except InputError as error:
        raise build_artifact_error(error.found) from error


def _list_plain_parameters(estimator: Any) -> dict[str, Any]:
    return {
        name: value if isinstance(value, _PLAIN) else type(value).__qualname__
        for name, value in estimator.get_params().items()
    }


def _check_methods(part: Any) -> None:
    """Check that no attribute of an object stands in the place of a method of its class."""
    if isinstance(part, type) or not hasattr(part, "__dict__"):
        return
    hidden = sorted(name for name in vars(part) if callable(getattr(type(part), str(name), None)))
    require(not hidden, f"attributes {hidden[:5]} in the place of methods")


def _check_scores(estimator: Any, *, feature_count: int) -> None:
    matrix = np.repeat(np.array(_PROBE, dtype=np.float32)[:, None], feature_count, axis=1)
    try:
        estimator.predict_proba(matrix)
    except (InputError, ArithmeticError) as error:
        found = error.found if isinstance(error, InputError) else str(error)
        raise build_artifact_error(found[:200]) from error
