"""Pin the champion's verified bundle in the lake, and load it from there for scoring when MLflow does not answer.

Only a change of the champion and `reconcile` write the pinned champion; scoring reads it and never
changes it.
"""

import datetime as dt
import logging
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

from credit_default.adapters.bundles.bundle_files import read_bundle
from credit_default.adapters.host.atomic_files import staged_folder
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.pinned_champion import (
    ChampionPointer,
    fetch_pinned_champion,
    has_complete_pinned_champion,
    read_champion_pointer,
    write_pinned_champion,
)
from credit_default.adapters.mlflow.model_versions import SEAL_TAG, ModelVersion
from credit_default.errors import ArtifactError
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.context.data_origin import REAL
from credit_default.services.context.wiring import Wiring, require_same_portfolio

MLFLOW_GATE: Final = "mlflow"
OWED_RECORD_NOTE: Final = "its run in MLflow is missing: `credit-default reconcile` adds it"

_LOG = logging.getLogger(__name__)


def pin_version(
    wiring: Wiring, version: ModelVersion, *, at: dt.datetime, fresh_for: dt.timedelta | None = None
) -> bool:
    """Verify the version's bundle and write it to the lake as the champion that was named at `at`.

    A complete pinned copy of the version that was verified less than `fresh_for` before `at` is
    left as it is; None means however long ago it was verified.

    Returns:
        True where the bundle was written, False where the copy in the lake was left as it is.

    Raises:
        ArtifactError: The version's artifact is not the one on record; what was pinned before
            stays.
    """
    wanted = _build_pointer(version, at)
    if _has_fresh_copy(wiring.lake, wanted, fresh_for=fresh_for):
        return False
    wiring.registry.load_version(version)
    write_pinned_champion(wiring.lake, wiring.registry.find_cached_bundle(version), wanted)
    _LOG.info("pinned champion model_version=%d digest=%s", version.number, version.digest)
    return True


def _build_pointer(version: ModelVersion, at: dt.datetime) -> ChampionPointer:
    return ChampionPointer(
        version.number,
        version.digest,
        version.tags.get(SEAL_TAG, ""),
        version.tags.get("data_origin", REAL),
        at,
        trained_at=version.trained_at,
    )


def _has_fresh_copy(lake: Lake, wanted: ChampionPointer, *, fresh_for: dt.timedelta | None) -> bool:
    pinned = _read_pointer(lake)
    if pinned is None or not _is_same_champion(pinned, wanted):
        return False
    is_fresh = fresh_for is None or wanted.verified_at - pinned.verified_at < fresh_for
    return is_fresh and has_complete_pinned_champion(lake, pinned)


def load_pinned_champion(wiring: Wiring) -> CurrentChampion | None:
    """Return the pinned champion, verified against its digest and seal; None where none was pinned yet.

    Raises:
        SetupError: It is of another portfolio.
        ArtifactError: Its files are not those that the pointer names.
        ServiceError: One of its files is gone.
    """
    pointer = read_champion_pointer(wiring.lake)
    if pointer is None:
        return None
    bundle = load_pinned_bundle(wiring, pointer)
    require_same_portfolio(
        wiring.schema, bundle.schema_name, thing=f"pinned champion, version {pointer.model_version}"
    )
    _LOG.warning(
        "mlflow does not answer, using pinned champion model_version=%d pinned_at=%s",
        pointer.model_version,
        pointer.verified_at.isoformat(),
    )
    return CurrentChampion(
        bundle, pointer.model_version, pointer.data_origin, pinned_at=pointer.verified_at
    )


def judge_outage(model_version: int, pinned_at: dt.datetime, *, now: dt.datetime) -> Verdict:
    """Return the verdict on a batch that the pinned champion scored.

    It is `watch`, with the age of the pinned champion.
    """
    age = now - pinned_at
    reasons = (
        f"MLflow does not answer: scored by version {model_version}, pinned in the lake",
        f"the registry last named it champion {format_age(age)} ago; a later champion is not known here",
    )
    return Verdict(MLFLOW_GATE, "watch", reasons, {"pin_age_seconds": age.total_seconds()})


def format_age(age: dt.timedelta) -> str:
    """Return the time span as text in the largest unit of which there are at least two, such as "3 days"."""
    for name, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if age.total_seconds() >= 2 * seconds:
            return f"{age.total_seconds() // seconds:.0f} {name}"
    return f"{max(age.total_seconds(), 0):.0f} seconds"


def load_pinned_bundle(wiring: Wiring, pointer: ChampionPointer) -> ModelBundle:
    """Return the bundle that the pointer names, verified: from this machine's cache where it is undamaged, else from the lake.

    Raises:
        ArtifactError: Its files are not those that the pointer names.
        ServiceError: One of its files is gone.
    """
    lake = wiring.lake
    target = lake.bundles / pointer.digest
    if target.is_dir():
        try:
            return _read_bundle(wiring, target, pointer)
        except ArtifactError:
            shutil.rmtree(target, ignore_errors=True)
    with lake.scratch() as scratch, staged_folder(target) as folder:
        fetched = fetch_pinned_champion(lake, pointer, scratch)
        bundle = _read_bundle(wiring, fetched, pointer)
        shutil.copytree(fetched, folder, dirs_exist_ok=True)
    return bundle


def _read_bundle(wiring: Wiring, folder: Path, pointer: ChampionPointer) -> ModelBundle:
    seal = pointer.seal or None
    return read_bundle(folder, expected_digest=pointer.digest, seal=seal, trust=wiring.trust)


def _read_pointer(lake: Lake) -> ChampionPointer | None:
    """Return the pointer to the pinned champion.

    None where there is none or it cannot be read, so that it is written anew.
    """
    try:
        return read_champion_pointer(lake)
    except ArtifactError:
        return None


def _is_same_champion(pinned: ChampionPointer, wanted: ChampionPointer) -> bool:
    return replace(pinned, verified_at=wanted.verified_at, files=()) == wanted
