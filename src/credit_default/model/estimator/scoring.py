"""Score raw rows: the one path for test rows, comparisons, production and the drift reference.

Because everything that scores takes this path, training and production cannot drift apart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from credit_default.data.contract.schema import CLIENT_ID, OUTCOME, STATEMENT_MONTH
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.decision import (
    ACCEPT,
    DECLINE,
    decide,
    find_bands,
    is_declined,
)
from credit_default.model.estimator.digest import digest_bundle, hash_row_keys, sort_rows
from credit_default.model.estimator.expected_loss import (
    EXPECTED_LOSS,
    LossPolicy,
    measure_expected_loss,
)

SCORE_SCHEMA: Final = pl.Schema(
    {
        CLIENT_ID: pl.String(),
        STATEMENT_MONTH: pl.String(),
        "default_probability": pl.Float64(),
        "decision": pl.String(),
        "risk_band": pl.String(),
        EXPECTED_LOSS: pl.Float64(),
        "reasons": pl.List(pl.String()),
        "model_version": pl.Int64(),
        "batch_id": pl.String(),
        "scored_at": pl.Datetime("us", "UTC"),
    }
)

# Returns the reasons of the declined rows that it is given, in their order; rows after the last
# that it returns reasons for have none.
FindReasons = Callable[[pl.DataFrame], Sequence[Sequence[str]]]


class AwareDatetime(Protocol):
    """A point in time with a time zone: a `datetime`, a type that this package does not import."""

    @property
    def tzinfo(self) -> Any:
        """Return the time zone; None where there is none."""

    def isoformat(self) -> str:
        """Return the time as ISO 8601 text."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBatch:
    """The scores of one batch by one model version.

    Attributes:
        frame: The columns of `SCORE_SCHEMA`, in the order of the rows scored.
        model_version: Version of the model in the registry.
        batch_id: Identifier of the batch.
        trained_row_count: How many of the rows the model was trained on; their scores look better
            than they would on new rows.
    """

    frame: pl.DataFrame
    model_version: int
    batch_id: str
    trained_row_count: int

    @property
    def row_count(self) -> int:
        """Return the number of scored rows."""
        return self.frame.height


def score_probability(bundle: ModelBundle, rows: Any) -> NDArray[np.float64]:
    """Return each row's probability (0–1) of default in the next month, in row order.

    A row's probability depends on that row alone.

    Args:
        bundle: The model.
        rows: A Polars, pandas or Arrow frame, or a mapping of arrays, with the bundle's
            `input_names`.

    Raises:
        InputError: a column that is missing, is not numeric or holds missing values.
    """
    matrix = bundle.build_matrix(rows)
    if not len(matrix):
        return np.empty(0)
    return calibrate_probability(bundle.measure_probability(matrix), bundle.calibration)


def score(
    bundle: ModelBundle,
    rows: pl.DataFrame,
    *,
    model_version: int,
    batch_id: str,
    scored_at: AwareDatetime,
    find_reasons: FindReasons | None = None,
    loss_policy: LossPolicy | None = None,
    probability: NDArray[np.float64] | None = None,
) -> ScoredBatch:
    """Score checked rows: probability, decision, risk band, expected loss and reasons.

    Args:
        bundle: The model.
        rows: Checked rows.
        model_version: Version of the model in the registry.
        batch_id: Identifier of the batch.
        scored_at: When the rows were scored, with a time zone.
        find_reasons: Called once with the declined rows, if there are any; None leaves every row's
            `reasons` empty.
        loss_policy: The loss policy; None, or one whose default columns are missing, leaves
            `expected_loss` null.
        probability: What `score_probability` returned for these rows, where that is known already.

    Returns:
        One scored row per row given, in their order.

    Raises:
        InputError: as `score_probability` and `measure_expected_loss`, or a `scored_at` without a
            time zone.
    """
    if scored_at.tzinfo is None:
        found = scored_at.isoformat()
        raise InputError(
            "scored_at", found=found, expected="a time with a zone", remedy="Pass a time in UTC."
        )
    if probability is None:
        probability = score_probability(bundle, rows)
    declined = is_declined(probability, bundle.decision_policy)
    frame = rows.select(CLIENT_ID, STATEMENT_MONTH).with_columns(
        pl.Series("default_probability", probability, dtype=pl.Float64),
        _pick_names("decision", (ACCEPT, DECLINE), declined),
        _pick_names("risk_band", *find_bands(probability, bundle.decision_policy)),
        measure_expected_loss(rows, probability, policy=loss_policy),
        _list_reasons(rows, declined, find_reasons),
        pl.lit(model_version, dtype=pl.Int64).alias("model_version"),
        pl.lit(batch_id).alias("batch_id"),
        pl.lit(scored_at)
        .dt.convert_time_zone("UTC")
        .cast(SCORE_SCHEMA["scored_at"])
        .alias("scored_at"),
    )
    return ScoredBatch(frame, model_version, batch_id, count_trained_rows(bundle, rows))


def _pick_names(column: str, names: Sequence[str], places: NDArray[Any]) -> pl.Series:
    """Return the name at each place, without a Python text for each row."""
    return pl.Series(column, names, dtype=pl.String).gather(places.astype(np.uint32))


def _list_reasons(
    rows: pl.DataFrame, declined: NDArray[np.bool_], find_reasons: FindReasons | None
) -> pl.Series:
    given: list[Sequence[str]] = []
    if find_reasons is not None and declined.any():
        given = [*find_reasons(rows.filter(pl.Series(declined)))]
    known = pl.Series("reasons", [*given, []], dtype=pl.List(pl.String))
    places = np.full(rows.height, len(given), dtype=np.uint32)  # that of the empty list
    places[np.flatnonzero(declined)[: len(given)]] = np.arange(len(given))
    return known.gather(places)


def count_trained_rows(bundle: ModelBundle, rows: pl.DataFrame) -> int:
    """Return how many of the rows, by (client_id, statement_month), the model was trained on."""
    return int(np.isin(hash_row_keys(rows), bundle.trained_rows).sum())


def attach_reference(bundle: ModelBundle, rows: pl.DataFrame) -> ModelBundle:
    """Return the bundle with these unseen rows, scored by itself, as its reference for drift.

    The reference holds all columns of the rows, then default_probability and decision, sorted by
    key. The client_id is left out: no comparison needs it and no artifact should carry it. The
    digest is computed anew over the bundle and the reference.

    Raises:
        InputError: rows that the model was trained on, whose scores are too good to compare with.
    """
    if seen := count_trained_rows(bundle, rows):
        remedy = "Take the test side of the split."
        raise InputError(
            "reference", found=f"{seen} rows trained on", expected="unseen rows", remedy=remedy
        )
    scored = replace(bundle, reference=_build_reference(bundle, sort_rows(rows)))
    return replace(scored, digest=digest_bundle(scored))


def _build_reference(bundle: ModelBundle, ordered: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in their order, with score and decision; an outcome is the last column."""
    probability = score_probability(bundle, ordered)
    outcome = [OUTCOME] if OUTCOME in ordered.columns else []
    decision = decide(probability, bundle.decision_policy).tolist()
    return ordered.select(pl.exclude(CLIENT_ID, *outcome)).with_columns(
        pl.Series("default_probability", probability, dtype=pl.Float64),
        pl.Series("decision", decision, dtype=pl.String),
        *(ordered.get_column(name) for name in outcome),
    )
