"""Verify a batch's shadow scores: each is computed again from the kept rows and compared to the last bit."""

from collections.abc import Iterator
from typing import Final

import polars as pl

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.shadow_scores import read_shadow_scores
from credit_default.data.contract.schema import KEY
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.context.wiring import Wiring

_GATE: Final = "shadow"
_COLUMNS: Final = (*KEY, "default_probability")


def replay_shadow_scores(wiring: Wiring, batch_id: str) -> Iterator[Verdict]:
    """Yield a verdict for each version that scored the batch in the shadow, in their order.

    Raises:
        InputError: The registry does not know the version any more.
        ArtifactError: The rows or the model are not those on record.
    """
    stored = read_shadow_scores(wiring.lake, batch_id=batch_id)
    for number in stored["model_version"].unique().sort():
        bundle = wiring.registry.load_version(wiring.registry.find_version(number))
        own = stored.filter(model_version=number).select(_COLUMNS)
        again = _score_again(bundle, read_snapshot(wiring.lake, batch_id), own)
        reproduced = own.sort(KEY).equals(again.sort(KEY))
        found = "every shadow score was reproduced, to the last bit"
        if not reproduced:
            found = "the shadow scores are not reproduced when they are computed again"
        yield Verdict(_GATE, "ok" if reproduced else "alarm", (f"version {number}: {found}",))


def _score_again(bundle: ModelBundle, snapshot: Snapshot, stored: pl.DataFrame) -> pl.DataFrame:
    """Return the scores of the same rows of the snapshot, which may be a sample of it."""
    frames = [
        rows.select(KEY).with_columns(default_probability=score_probability(bundle, rows))
        for batch in read_snapshot_rows(snapshot)
        if (rows := batch.join(stored.select(KEY), on=list(KEY), how="semi")).height
    ]
    return pl.concat(frames) if frames else stored.clear()
