"""Up to four reasons why a client is declined, true of that client, the largest first.

Contributions of features that say the same are summed to a concept. A concept is a principal reason
when it raises the probability by a fair share of the whole rise and has a wording that holds for
the client's own inputs. Protected attributes are in no concept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from credit_default.data.contract.schema import Schema
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.explanation.reason_table import (
    Concept,
    Condition,
    ReasonTable,
    build_reason_table,
    map_features_to_concepts,
)
from credit_default.model.explanation.shapley import Explainer, Explanation, build_explainer
from credit_default.model.features.build_features import build_features
from credit_default.model.features.declaration import describe_features, list_feature_names
from credit_default.model.features.input_values import describe_input_values
from credit_default.model.features.row_functions import FloatArray

HIGHEST_REASON_COUNT: Final = 4
# Share of the rise over the accepted clients' mean from which a contribution is a principal reason.
LOWEST_CONTRIBUTION_SHARE: Final = 0.05
# Has contributions only under a recipe that includes protected attributes.
PROTECTED_CONCEPT: Final = "protected attributes"

# Contributions are compared at this precision: their last bits may depend on the batch's size.
_DECIMALS: Final = 12
_NO_WORDING: Final = -1


@dataclass(frozen=True, slots=True)
class ReasonsPolicy:
    """How many declined clients of a batch are given reasons: the first `limit`, all, or none.

    Raises:
        InputError: another mode, or a limit below 0.
    """

    mode: Literal["auto", "all", "none"] = "auto"
    limit: int = 1_000_000  # declined clients, in the order of the batch; applies to "auto" alone

    def __post_init__(self) -> None:
        if self.mode not in {"auto", "all", "none"} or self.limit < 0:
            raise InputError(
                "reasons",
                found=f"mode {self.mode!r}, limit {self.limit}",
                expected="auto, all or none; 0 or more",
                remedy="Correct the settings of `reasons`.",
            )

    def count_explained(self, declined_count: int) -> int:
        """Return how many of a batch's declined clients are given reasons."""
        return {"auto": min(declined_count, self.limit), "all": declined_count, "none": 0}[
            self.mode
        ]


@dataclass(frozen=True, eq=False)
class ReasonFinder:
    """A model that can give reasons: its explainer, and the wordings for what it finds."""

    explainer: Explainer
    table: ReasonTable

    def find_reasons(self, rows: Any) -> list[list[str]]:
        """Return each row's reasons, the largest contribution first.

        Equal contributions are ordered by the concept's name. A row's reasons do not depend on the
        other rows.

        Args:
            rows: Raw rows of declined clients, as in `score_probability`.
        """
        return self.select_reasons(self.explainer.explain(rows), rows)

    def select_reasons(self, explanation: Explanation, rows: Any) -> list[list[str]]:
        """Return the reasons that follow from an explanation.

        Where no wording holds, the reason is the subject of the concept that raises the probability
        most. A row that no concept raises has no reason.

        Args:
            explanation: The explanation of the rows.
            rows: The raw rows, in the same order.
        """
        concepts = sorted(self.table.concepts, key=lambda concept: concept.name)
        if not len(explanation.risk) or not concepts:
            return [[] for _ in explanation.risk]
        sums = self.sum_concepts(explanation)
        contributions = np.round(
            np.column_stack([sums[concept.name] for concept in concepts]), _DECIMALS
        )
        measured = self._compute_measures(rows)
        wordings = [self._select_wordings(concept, measured) for concept in concepts]
        rise = explanation.risk - explanation.base
        principal = (contributions > 0) & (
            contributions >= LOWEST_CONTRIBUTION_SHARE * rise[:, None]
        )
        order = np.argsort(-contributions, axis=1, kind="stable")
        return [
            _list_texts(concepts, *row)
            for row in zip(
                order.tolist(),
                np.column_stack(wordings).tolist(),
                principal.tolist(),
                contributions.tolist(),
                strict=True,
            )
        ]

    def sum_concepts(self, explanation: Explanation) -> dict[str, FloatArray]:
        """Return each concept's contributions, of shape (row count,), by the concept's name.

        `PROTECTED_CONCEPT` holds those of protected attributes, where the model has any.
        """
        return explanation.sum_by_group(
            map_features_to_concepts(self.table, explanation.feature_names, other=PROTECTED_CONCEPT)
        )

    def _select_wordings(
        self, concept: Concept, measured: dict[str, FloatArray]
    ) -> NDArray[np.int64]:
        """Return the position of the first wording that holds for each row, or -1."""
        row_count = len(next(iter(measured.values())))
        selected = np.full(row_count, _NO_WORDING, dtype=np.int64)
        for place in range(len(concept.wordings) - 1, -1, -1):
            holds = np.ones(row_count, dtype=np.bool_)
            for condition in concept.wordings[place].conditions:
                holds &= self._is_met(condition, measured[condition.measure])
            selected[holds] = place
        return selected

    def _is_met(self, condition: Condition, values: FloatArray) -> NDArray[np.bool_]:
        if condition.side in {"above", "below"}:
            median = self._medians[condition.measure]
            return values > median if condition.side == "above" else values < median
        return (
            values >= condition.value if condition.side == "at least" else values <= condition.value
        )

    @cached_property
    def _medians(self) -> dict[str, float]:
        """Return each measure's median over the background rows."""
        measured = self._compute_measures(self.explainer.background_rows)
        # Of those that have a number; where none has, nothing is above or below the median.
        return {
            name: float(np.median(values[~np.isnan(values)]))
            if not np.isnan(values).all()
            else np.nan
            for name, values in measured.items()
        }

    def _compute_measures(self, rows: Any) -> dict[str, FloatArray]:
        matrix = build_features(
            rows,
            spec=describe_features(self.table.measures),
            inputs=describe_input_values(self.explainer.bundle.input_values),
        ).astype(np.float64)
        return dict(zip(list_feature_names(self.table.measures), matrix.T, strict=True))


def build_reason_finder(
    bundle: ModelBundle, declared: ReasonTable, *, schema: Schema
) -> ReasonFinder:
    """Return the bundle's reason finder.

    Args:
        bundle: The model.
        declared: The portfolio's declared reason table; features that it does not name get concepts
            derived from the schema.
        schema: The schema of the rows.

    Raises:
        InputError: a bundle without a reference.
    """
    return ReasonFinder(
        build_explainer(bundle), build_reason_table(declared, bundle.features, schema=schema)
    )


def _list_texts(
    concepts: Sequence[Concept],
    order: Sequence[int],
    wording_of: Sequence[int],
    principal: Sequence[bool],
    contributions: Sequence[float],
) -> list[str]:
    texts = [
        concepts[i].wordings[wording_of[i]].text
        for i in order
        if principal[i] and wording_of[i] != _NO_WORDING
    ]
    if not texts and contributions[order[0]] > 0:
        return [concepts[order[0]].subject]
    # One missing value may be the wording of several concepts.
    return list(dict.fromkeys(texts))[:HIGHEST_REASON_COUNT]
