"""Explain a score: what each feature adds to it, compared with the accepted clients.

The method is exact Shapley values (Shapley 1953), interventional: a feature that is left out takes
the values of the background rows, which are the accepted rows of the bundle's reference, unseen in
training. Nothing here is path-dependent. Trees of short paths, such as the compact forest's, and
all that may meet missing values go through `shapley_leaf_tables`, deeper ones through
woodelf-explainer (docs/adr/0012); what features add alone, as a scorecard's points do, comes beside
them. An estimator of the lender's own is approximated, by `sampled_shapley`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import polars as pl

from credit_default.errors import ArtifactError, InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.decision import ACCEPT
from credit_default.model.explanation.sampled_shapley import describe_error, sample_contributions
from credit_default.model.explanation.shapley_leaf_tables import (
    LeafTables,
    build_leaf_tables,
    have_short_paths,
)
from credit_default.model.families.family import Family, Scale, TreeTerm
from credit_default.model.families.find_family import find_family
from credit_default.model.families.own.own_family import is_own
from credit_default.model.features.input_values import list_possibly_missing
from credit_default.model.features.row_functions import FloatArray
from credit_default.model.statistics.logistic import expit

EXPLANATION_METHOD: Final = "exact Shapley values, interventional"

_TOLERANCE: Final = 1e-6
# The class whose probability is explained; the library would take the first by default.
_DEFAULTED: Final = 1
_REMEDY: Final = (
    "Score with `--reasons none`; compare the installed packages with requirements.lock."
)


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """What each feature adds to each row's risk, on the scale of the model's family.

    `base` plus a row's contributions is the row's `risk`. It is that of the estimator alone: a
    calibration line of the bundle comes after it and is monotone, so that it changes neither the
    order nor the sign of contributions.

    Attributes:
        feature_names: Names of the columns of `contributions`.
        contributions: Differences of risk, of shape (row count, feature count).
        risk: The estimator's risk of each row.
        base: Mean risk of the background rows.
        scale: The scale of all of them.
        standard_errors: Of each contribution, where they are approximate; None where they are exact.
    """

    feature_names: tuple[str, ...]
    contributions: FloatArray
    risk: FloatArray
    base: float
    scale: Scale = "probability"
    standard_errors: FloatArray | None = None

    @property
    def probability(self) -> FloatArray:
        """Return the estimator's probability (0–1) of each row."""
        return self.risk if self.scale == "probability" else expit(self.risk)

    @property
    def base_probability(self) -> float:
        """Return the probability (0–1) that `base` stands for."""
        return self.base if self.scale == "probability" else float(expit(self.base))

    def sum_by_group(self, groups: Mapping[str, str]) -> dict[str, FloatArray]:
        """Return the summed contributions of each group of features.

        Args:
            groups: Each feature's group.

        Returns:
            Sums of shape (row count,) by the group's name, in alphabetical order. The features of a
            group are added in the order of the forest's columns.
        """
        sums = {name: np.zeros(len(self.risk)) for name in sorted(set(groups.values()))}
        for position, name in enumerate(self.feature_names):
            sums[groups[name]] += self.contributions[:, position]
        return sums


@dataclass(frozen=True, eq=False)
class Explainer:
    """A bundle prepared for explanations; the first one reads its trees and background.

    A row's contributions do not depend on the other rows, except for the last bit where trees are
    deeper than 12.

    Attributes:
        bundle: The model.
        background_rows: The rows that contributions are measured against.
        background_description: Which clients these are, in words.
    """

    bundle: ModelBundle
    background_rows: pl.DataFrame
    background_description: str

    def explain(self, rows: Any) -> Explanation:
        """Return each row's contributions, in row order.

        Args:
            rows: Raw rows, as in `score_probability`.

        Raises:
            InputError: as `score_probability`.
            ArtifactError: contributions that do not add up to the risk within 1e-6.
        """
        bundle = self.bundle
        matrix = bundle.build_matrix(rows)
        if not len(matrix):
            empty, none = np.empty((0, len(bundle.feature_names))), np.empty(0)
            return Explanation(bundle.feature_names, empty, none, self.base, self._family.scale)
        risk = self._measure(matrix)
        errors: FloatArray | None = None
        if is_own(bundle.recipe):
            sampled = sample_contributions(
                self._measure, matrix, background=self._background_matrix, base=self.base
            )
            contributions, errors = sampled.contributions, sampled.standard_errors
        else:
            contributions = self._compute_contributions(matrix)
        _check_sums(contributions, risk - self.base)
        return Explanation(
            bundle.feature_names, contributions, risk, self.base, self._family.scale, errors
        )

    def describe_method(self, explanation: Explanation) -> str:
        """Return how the contributions were computed, in words, with their error if they have one."""
        errors, against = explanation.standard_errors, f"against {self.background_description}"
        return (
            f"{EXPLANATION_METHOD}, {against}"
            if errors is None
            else describe_error(errors, against)
        )

    def _measure(self, matrix: Any) -> FloatArray:
        return self.bundle.measure_risk(matrix)

    def _compute_contributions(self, matrix: Any) -> FloatArray:
        """Return what the trees add, where there are any, and what each feature adds alone."""
        added = np.zeros(matrix.shape) if self._trees is None else self._add_up_trees(matrix)
        terms = self._family.list_terms(self.bundle.forest, matrix)
        return added if terms is None else added + (terms - self._mean_background_terms)

    def _add_up_trees(self, matrix: Any) -> FloatArray:
        if self._is_looked_up:
            return self._leaf_tables.add_up(matrix, kernel=self.bundle.kernel)
        found: FloatArray = np.asarray(
            self._woodelf_explainer.shap_values(self._build_frame(matrix), verbose=False)
        )
        return found

    @property
    def _family(self) -> Family:
        return find_family(self.bundle.recipe)

    @cached_property
    def _trees(self) -> Sequence[TreeTerm] | None:
        return self._family.list_trees(self.bundle.forest)

    @cached_property
    def _is_looked_up(self) -> bool:
        # The library knows no missing values.
        names = list_possibly_missing(self.bundle.features, self.bundle.input_values)
        return bool(names) or have_short_paths(self._trees or ())

    @cached_property
    def _leaf_tables(self) -> LeafTables:
        return build_leaf_tables(self._trees or (), self._background_matrix)

    @cached_property
    def _mean_background_terms(self) -> FloatArray | float:
        terms = self._family.list_terms(self.bundle.forest, self._background_matrix)
        return 0.0 if terms is None else np.asarray(terms.mean(axis=0))

    @cached_property
    def base(self) -> float:
        """Return the mean risk of the background rows, on the family's scale."""
        return float(self._measure(self._background_matrix).mean())

    @cached_property
    def _background_matrix(self) -> Any:
        return self.bundle.build_matrix(self.background_rows)

    @cached_property
    def _woodelf_explainer(self) -> Any:
        from woodelf import WoodelfExplainer
        from woodelf.core.trees.parse_models import load_decision_tree_ensemble_model

        forest, names = self.bundle.restore_estimator(), list(self.bundle.feature_names)
        trees = load_decision_tree_ensemble_model(forest, names, class_index=_DEFAULTED)
        return WoodelfExplainer(trees, self._build_frame(self._background_matrix))

    def _build_frame(self, matrix: Any) -> Any:
        # 64 bits: thresholds compared with 32-bit columns would be rounded, and rows close to one
        # would take the other branch.
        return pl.DataFrame(
            matrix.astype(np.float64), schema=list(self.bundle.feature_names)
        ).to_pandas()


def build_explainer(bundle: ModelBundle) -> Explainer:
    """Return the bundle's explainer, with the accepted rows of its reference as background.

    Where no row of the reference is accepted, all of them are the background.

    Raises:
        InputError: a bundle without a reference.
    """
    if bundle.reference is None or bundle.reference.is_empty():
        raise InputError(
            "reasons",
            found="a model without reference rows",
            expected="the unseen rows that a trained model carries",
            remedy="Train the model again, or score with `--reasons none`.",
        )
    accepted = bundle.reference.filter(decision=ACCEPT)
    if accepted.is_empty():
        whole = bundle.reference
        return Explainer(
            bundle,
            whole,
            f"all {whole.height:,} clients of the reference, none of whom is accepted",
        )
    return Explainer(bundle, accepted, f"the {accepted.height:,} accepted clients of the reference")


def _check_sums(contributions: FloatArray, rise: FloatArray) -> None:
    furthest = float(np.abs(contributions.sum(axis=1) - rise).max())
    if not furthest <= _TOLERANCE:
        raise ArtifactError(
            "contributions",
            found=f"sums that miss the risk by {furthest:.1e}",
            expected=f"at most {_TOLERANCE:g}",
            remedy=_REMEDY,
        )
