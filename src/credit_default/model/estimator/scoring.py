"""Raw rows in, scored rows out: the one path that test rows, rivals, production and the drift reference all take."""

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
from credit_default.model.estimator.decision import DECLINE, assign_bands, decide
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

FindReasons = Callable[
    [pl.DataFrame], Sequence[Sequence[str]]
]  # the declined rows' reasons, in their order


class AwareDatetime(Protocol):
    """A point in time that knows its zone: a `datetime`, which this room does not import."""

    @property
    def tzinfo(self) -> Any:
        """Its zone; None where it has none."""

    def isoformat(self) -> str:
        """Its text by ISO 8601."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBatch:
    """Scores of one batch by one model version: a frame with the columns of `SCORE_SCHEMA`, in the order of the rows.

    `trained_row_count`: how many of the rows the model was trained on, whose scores are flattered.
    """

    frame: pl.DataFrame
    model_version: int
    batch_id: str
    trained_row_count: int

    @property
    def row_count(self) -> int:
        """Number of scored rows."""
        return self.frame.height


def score_probability(bundle: ModelBundle, rows: Any) -> NDArray[np.float64]:
    """Each row's probability (0-1) of default next month, in row order, from that row alone.

    `rows` is a Polars, pandas or Arrow frame or a mapping of arrays with the bundle's `input_names`.

    Raises:
        InputError: a column that is missing, is no number or holds missing values.
    """
    matrix = bundle.pipeline[:-1].transform(rows)
    if not len(matrix):
        return np.empty(0)
    return calibrate_probability(bundle.forest.predict_proba(matrix)[:, 1], bundle.calibration)


def score(
    bundle: ModelBundle,
    rows: pl.DataFrame,
    *,
    model_version: int,
    batch_id: str,
    scored_at: AwareDatetime,
    give_reasons: FindReasons | None = None,
    loss_policy: LossPolicy | None = None,
) -> ScoredBatch:
    """The scored rows, one for each checked row, in their order.

    `give_reasons` is asked for those of the declined rows, when there are any; without it all `reasons` are empty.

    `expected_loss` is null where no policy is given, or it does not fit the portfolio.

    Raises:
        InputError: as `score_probability` and `measure_expected_loss`, or a `scored_at` without a time zone.
    """
    if scored_at.tzinfo is None:
        found = scored_at.isoformat()
        raise InputError(
            "scored_at", found=found, expected="a time with a zone", remedy="Pass a time in UTC."
        )
    probability = score_probability(bundle, rows)
    decision = decide(probability, bundle.decision_policy)
    frame = rows.select(CLIENT_ID, STATEMENT_MONTH).with_columns(
        pl.Series("default_probability", probability, dtype=pl.Float64),
        pl.Series("decision", decision.tolist(), dtype=pl.String),
        pl.Series(
            "risk_band", assign_bands(probability, bundle.decision_policy).tolist(), dtype=pl.String
        ),
        measure_expected_loss(rows, probability, policy=loss_policy),
        pl.Series(
            "reasons",
            _list_reasons(rows, decision == DECLINE, give_reasons),
            dtype=pl.List(pl.String),
        ),
        pl.lit(model_version, dtype=pl.Int64).alias("model_version"),
        pl.lit(batch_id).alias("batch_id"),
        pl.lit(scored_at)
        .dt.convert_time_zone("UTC")
        .cast(SCORE_SCHEMA["scored_at"])
        .alias("scored_at"),
    )
    return ScoredBatch(frame, model_version, batch_id, count_trained_rows(bundle, rows))


def _list_reasons(
    rows: pl.DataFrame, declined: NDArray[np.bool_], give_reasons: FindReasons | None
) -> list[list[str]]:
    if give_reasons is None or not declined.any():
        return [[] for _ in range(rows.height)]
    given = iter(give_reasons(rows.filter(pl.Series(declined))))
    return [list(next(given)) if flagged else [] for flagged in declined.tolist()]


def count_trained_rows(bundle: ModelBundle, rows: pl.DataFrame) -> int:
    """How many of the rows, by (client_id, statement_month), the model was trained on."""
    return int(np.isin(hash_row_keys(rows), bundle.trained_rows).sum())


def attach_reference(bundle: ModelBundle, rows: pl.DataFrame) -> ModelBundle:
    """The bundle with these unseen rows, scored by itself, as its reference for drift, and its digest over both.

    The reference holds all columns of the rows but the client's id, which no comparison needs and no artifact should
    carry, and default_probability and decision, in the order of the key.

    Raises:
        InputError: rows that the model was trained on: their scores are too good to compare others with.
    """
    seen = count_trained_rows(bundle, rows)
    if seen:
        remedy = "Take the test side of the split."
        raise InputError(
            "reference", found=f"{seen} rows trained on", expected="unseen rows", remedy=remedy
        )
    ordered = sort_rows(rows)
    probability = score_probability(bundle, ordered)
    outcome = [OUTCOME] if OUTCOME in rows.columns else []
    reference = ordered.select(pl.exclude(CLIENT_ID, *outcome)).with_columns(
        pl.Series("default_probability", probability, dtype=pl.Float64),
        pl.Series(
            "decision", decide(probability, bundle.decision_policy).tolist(), dtype=pl.String
        ),
        *(ordered.get_column(name) for name in outcome),
    )
    scored = replace(bundle, reference=reference)
    return replace(scored, digest=digest_bundle(scored))
