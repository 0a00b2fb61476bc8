"""A scored batch with everything that monitors read: rows, scores, known outcomes, and the model that scored it."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.context.wiring import Wiring, require_same_portfolio
from credit_default.services.monitoring.scored_rows import (
    BatchScores,
    read_batch_scores,
    read_scored_rows,
)


@dataclass(frozen=True, slots=True, eq=False)
class MonitoredBatch:
    """A batch as one model version scored it."""

    snapshot: Snapshot
    model_version: int
    bundle: ModelBundle
    scores: BatchScores

    @property
    def batch_id(self) -> str:
        """The batch's id."""
        return self.snapshot.digest

    @property
    def data_origin(self) -> str:
        """`real` or `simulated`."""
        return self.snapshot.origin.data_origin

    @property
    def months(self) -> tuple[str, ...]:
        """The statement months of the batch (YYYY-MM), in order."""
        return self.scores.months

    @property
    def row_count(self) -> int:
        """The number of scored rows."""
        return len(self.scores.keys)

    @property
    def outcome_count(self) -> int:
        """The number of scored rows whose outcome is known by now, early outcomes left out."""
        return self.scores.outcome_count

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the rows in the snapshot's order, in frames.

        Columns: key, inputs, `default_probability`, `decision`, and the outcome where any is known.
        """
        return read_scored_rows(self.snapshot, self.scores)


def find_batch(
    wiring: Wiring, batch_id: str | None, *, model_version: int | None = None
) -> MonitoredBatch:
    """Return a scored batch with its rows, scores and model.

    Args:
        wiring: Where scores, snapshots and models are read from.
        batch_id: The batch; None means the one that was scored last.
        model_version: The version whose scores are read; None means the one that scored it last.

    Raises:
        InputError: Nothing was scored under that id, or nothing at all, or the batch belongs to
            another portfolio.
    """
    snapshot, found_version = find_scored_snapshot(wiring, batch_id, model_version=model_version)
    found_id = snapshot.digest
    return MonitoredBatch(
        snapshot,
        found_version,
        wiring.registry.load_version(wiring.registry.find_version(found_version)),
        read_batch_scores(wiring.lake, batch_id=found_id, model_version=found_version),
    )


def find_scored_snapshot(
    wiring: Wiring, batch_id: str | None, *, model_version: int | None = None
) -> tuple[Snapshot, int]:
    """Return the snapshot of a scored batch and the version that scored it, without loading the model.

    Raises:
        InputError: As `find_batch`.
    """
    found_id, found_version = _find_newest_scoring(wiring.lake, batch_id, model_version)
    snapshot = read_snapshot(wiring.lake, found_id)
    require_same_portfolio(wiring.schema, snapshot.origin.schema_name, thing=f"batch {found_id}")
    return snapshot, found_version


def _find_newest_scoring(
    lake: Lake, batch_id: str | None, model_version: int | None
) -> tuple[str, int]:
    """Return the id and the model version of the newest scores that match."""
    known = scan_table(lake, "scores").select("batch_id", "model_version", "scored_at")
    if batch_id is not None:
        known = known.filter(pl.col("batch_id") == batch_id)
    if model_version is not None:
        known = known.filter(pl.col("model_version") == model_version)
    newest = known.sort("scored_at", "model_version", descending=True).head(1)
    found = collect_rows(lake, newest)
    if found.is_empty():
        raise InputError(
            f"batch {batch_id}" if batch_id else f"lake {lake.uri}",
            found="no scores",
            expected="a batch that was scored",
            remedy="Score one with `credit-default predict FILE`.",
        )
    found_id, found_version = found.select("batch_id", "model_version").row(0)
    return found_id, found_version
