"""Score one batch by one version in the shadow, once, and put it on record. Nothing is decided by these scores."""

import datetime as dt
import logging
from collections.abc import Iterator

import numpy as np
import polars as pl

from credit_default.adapters.lake.snapshots import Snapshot, read_snapshot_rows
from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.shadow_scores import (
    count_shadow_scores,
    has_shadow_scores,
    write_shadow_scores,
)
from credit_default.data.contract.schema import KEY
from credit_default.errors import RefusedError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.ledger.batch_events import ShadowScored
from credit_default.gates.promotion.structure_check import check_structure
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.digest import hash_row_keys
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.erasure_lock import hold_off_erasures
from credit_default.services.context.wiring import Wiring

_LOG = logging.getLogger(__name__)


def score_version_in_shadow(
    wiring: Wiring, snapshot: Snapshot, version: ModelVersion, *, scored_at: dt.datetime
) -> int:
    """Score the batch in the shadow by this version, once, and put that on record; return how many rows.

    Raises:
        RefusedError: The version is refused for its structure.
        ArtifactError: The version's artifact or the rows are not those on record.
    """
    batch_id, number = snapshot.digest, version.number
    key = f"{ShadowScored.name} {batch_id} v{number}"
    with hold_off_erasures(wiring):
        _score_once(wiring, snapshot, version, key=key, scored_at=scored_at)
    return count_shadow_scores(wiring.lake, batch_id, (number,))[number]


def _score_once(
    wiring: Wiring, snapshot: Snapshot, version: ModelVersion, *, key: str, scored_at: dt.datetime
) -> None:
    batch_id, number = snapshot.digest, version.number
    if find_entry(wiring.lake, key) is None:
        if not has_shadow_scores(wiring.lake, batch_id=batch_id, model_version=number):
            bundle = _load_sound_bundle(wiring, version)
            write_shadow_scores(
                wiring.lake,
                lambda: score_shadow_frames(
                    bundle,
                    snapshot,
                    model_version=number,
                    row_limit=wiring.settings.shadow.row_limit,
                    scored_at=scored_at,
                ),
                batch_id=batch_id,
                model_version=number,
            )
            hit_failpoint("shadow.scored")
        _append_entry(wiring, snapshot, version, key=key, at=scored_at)
        hit_failpoint("shadow.recorded")


def score_shadow_frames(
    bundle: ModelBundle,
    snapshot: Snapshot,
    *,
    model_version: int,
    row_limit: int,
    scored_at: dt.datetime,
) -> Iterator[pl.DataFrame]:
    """Yield the snapshot's rows with their probability, of more than `row_limit` rows a sample.

    A row is in the sample by the hash of its client and month: all versions score the same rows,
    whatever the order of rows and the size of frames. About `row_limit` rows are.
    """
    share = min(1.0, row_limit / snapshot.row_count)
    for rows in read_snapshot_rows(snapshot):
        sample = rows if share >= 1 else rows.filter(_select_share(rows, share))
        if sample.is_empty():
            continue
        yield sample.select(KEY).with_columns(
            pl.Series("default_probability", score_probability(bundle, sample)),
            pl.lit(model_version, dtype=pl.Int64).alias("model_version"),
            pl.lit(snapshot.digest).alias("batch_id"),
            pl.lit(scored_at)
            .dt.convert_time_zone("UTC")
            .dt.cast_time_unit("us")
            .alias("scored_at"),
        )


def _select_share(rows: pl.DataFrame, share: float) -> pl.Series:
    return pl.Series(hash_row_keys(rows) < np.uint64(share * float(np.iinfo(np.uint64).max)))


def _load_sound_bundle(wiring: Wiring, version: ModelVersion) -> ModelBundle:
    bundle = wiring.registry.load_version(version)
    structure = check_structure(bundle, schema=wiring.schema)
    if structure.fault:
        raise RefusedError(
            f"version {version.number}",
            found=structure.fault,
            expected="a version for these statements",
            remedy="It scores no batch, in the shadow neither. Train another one.",
        )
    return bundle


def _append_entry(
    wiring: Wiring, snapshot: Snapshot, version: ModelVersion, *, key: str, at: dt.datetime
) -> None:
    number = version.number
    counts = count_shadow_scores(wiring.lake, snapshot.digest, (number,))
    event = ShadowScored(
        model_digest=version.digest,
        batch_row_count=snapshot.row_count,
        scored_count=counts[number],
    )
    append_ledger_entry(
        wiring, event, key=key, batch_id=snapshot.digest, model_version=number, at=at
    )
    _LOG.info(
        "scored in the shadow batch_id=%s model_version=%d scored_count=%d",
        snapshot.digest,
        number,
        event.scored_count,
    )
