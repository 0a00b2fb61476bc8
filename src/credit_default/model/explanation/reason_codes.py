"""Why a client is declined, in up to four sentences that are true of that client: the principal reasons, largest first.

Contributions of features that say the same are added up to a concept; a concept is a reason when it raises the
probability by a fair part of the whole rise and has words that hold for the client's own inputs. Protected attributes
are in no concept.
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
from credit_default.model.features.row_functions import FloatArray

HIGHEST_REASON_COUNT: Final = 4
LOWEST_CONTRIBUTION_SHARE: Final = 0.05  # of the rise from the accepted clients' mean, below which a contribution is no principal reason
# what only a recipe that lets them in has contributions of
PROTECTED_CONCEPT: Final = "protected attributes"

# contributions that agree so far are equal: the last bits may hang on the size of a batch
_DECIMALS: Final = 12
_NO_WORDING: Final = -1


@dataclass(frozen=True, slots=True)
class ReasonsPolicy:
    """To how many declined clients of a batch reasons are given: the first `limit` of them, all, or none.

    Raises:
        InputError: another mode, or a limit below 0.
    """

    mode: Literal["auto", "all", "none"] = "auto"
    limit: int = 50_000  # declined clients, in the order of the batch; looked at by "auto" alone

    def __post_init__(self) -> None:
        if self.mode not in {"auto", "all", "none"} or self.limit < 0:
            raise InputError(
                "reasons",
                found=f"mode {self.mode!r}, limit {self.limit}",
                expected="auto, all or none; 0 or more",
                remedy="Correct the settings of `reasons`.",
            )

    def count_given(self, declined_count: int) -> int:
        """To how many of the batch's declined clients reasons are given."""
        return {"auto": min(declined_count, self.limit), "all": declined_count, "none": 0}[
            self.mode
        ]


@dataclass(frozen=True, eq=False)
class ReasonFinder:
    """A model that can say why: its explainer, and the words for what it finds."""

    explainer: Explainer
    table: ReasonTable

    def give(self, rows: Any) -> list[list[str]]:
        """Each row's reasons, largest contribution first, equal ones by the concept's name; the row's own, whatever the batch."""
        return self.tell(self.explainer.explain(rows), rows)

    def tell(self, explanation: Explanation, rows: Any) -> list[list[str]]:
        """The reasons that the explanation of these rows comes to.

        Where no words hold, the subject of the concept that raises the probability most stands alone. A row that no
        concept raises has no reason.
        """
        concepts = sorted(self.table.concepts, key=lambda concept: concept.name)
        if not len(explanation.probability) or not concepts:
            return [[] for _ in explanation.probability]
        sums = self.sum_concepts(explanation)
        contributions = np.round(
            np.column_stack([sums[concept.name] for concept in concepts]), _DECIMALS
        )
        measured = self._measure(rows)
        said = np.column_stack([self._choose_words(concept, measured) for concept in concepts])
        rise = explanation.probability - explanation.base_probability
        principal = (contributions > 0) & (
            contributions >= LOWEST_CONTRIBUTION_SHARE * rise[:, None]
        )
        order = np.argsort(-contributions, axis=1, kind="stable")
        return [
            _list_texts(concepts, *row)
            for row in zip(
                order.tolist(),
                said.tolist(),
                principal.tolist(),
                contributions.tolist(),
                strict=True,
            )
        ]

    def sum_concepts(self, explanation: Explanation) -> dict[str, FloatArray]:
        """Each concept's contributions, a row each; `OTHER` are those of protected attributes, where the model has any."""
        return explanation.sum_by(
            map_features_to_concepts(self.table, explanation.feature_names, other=PROTECTED_CONCEPT)
        )

    def _choose_words(self, concept: Concept, measured: dict[str, FloatArray]) -> NDArray[np.int64]:
        """For each row the place of the first wording that holds, or -1."""
        row_count = len(next(iter(measured.values())))
        said = np.full(row_count, _NO_WORDING, dtype=np.int64)
        for place in range(len(concept.wordings) - 1, -1, -1):
            holds = np.ones(row_count, dtype=np.bool_)
            for condition in concept.wordings[place].conditions:
                holds &= self._meets(condition, measured[condition.measure])
            said[holds] = place
        return said

    def _meets(self, condition: Condition, values: FloatArray) -> NDArray[np.bool_]:
        if condition.side in {"above", "below"}:
            median = self._medians[condition.measure]
            return values > median if condition.side == "above" else values < median
        return (
            values >= condition.value if condition.side == "at least" else values <= condition.value
        )

    @cached_property
    def _medians(self) -> dict[str, float]:
        """Each measure's median over the background rows."""
        measured = self._measure(self.explainer.background_rows)
        return {name: float(np.median(values)) for name, values in measured.items()}

    def _measure(self, rows: Any) -> dict[str, FloatArray]:
        matrix = build_features(rows, spec=describe_features(self.table.measures)).astype(
            np.float64
        )
        return dict(zip(list_feature_names(self.table.measures), matrix.T, strict=True))


def build_reason_finder(
    bundle: ModelBundle, declared: ReasonTable, *, schema: Schema
) -> ReasonFinder:
    """The bundle's reasons in the declared words, and in those of the schema for what nobody declared.

    Raises:
        InputError: a bundle that has no reference.
    """
    return ReasonFinder(
        build_explainer(bundle), build_reason_table(declared, bundle.features, schema=schema)
    )


def _list_texts(
    concepts: Sequence[Concept],
    order: Sequence[int],
    said: Sequence[int],
    principal: Sequence[bool],
    contributions: Sequence[float],
) -> list[str]:
    told = [
        concepts[i].wordings[said[i]].words
        for i in order
        if principal[i] and said[i] != _NO_WORDING
    ]
    if not told and contributions[order[0]] > 0:
        return [concepts[order[0]].subject]
    return told[:HIGHEST_REASON_COUNT]
