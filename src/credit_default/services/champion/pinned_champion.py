"""The champion at hand when MLflow is not: whoever changes the seat leaves the verified bundle in the lake, scoring reads it.

Writing is the seating side's: who scores may read the pinned champion and never change it.
"""

import datetime as dt
import shutil
from dataclasses import replace

from credit_default.adapters.bundles.bundle_files import read_bundle
from credit_default.adapters.host.atomic_files import staged_folder
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

MLFLOW_GATE = "mlflow"
OWED_RECORD_NOTE = "its record in MLflow is owed: `credit-default reconcile` adds it"


def pin_version(
    wiring: Wiring, version: ModelVersion, *, at: dt.datetime, fresh_for: dt.timedelta | None = None
) -> bool:
    """Whether the version's verified bundle was written to the lake, as the champion that the registry named at `at`.

    False where it is pinned already, whole, and was verified less than `fresh_for` ago (None: whenever that was).

    Raises:
        ArtifactError: its artifact is not the one on record; what was pinned before stays.
    """
    pinned = _read_pointer(wiring)
    wanted = ChampionPointer(
        version.number,
        version.digest,
        version.tags.get(SEAL_TAG, ""),
        version.tags.get("data_origin", REAL),
        at,
    )
    is_fresh = pinned is not None and (fresh_for is None or at - pinned.verified_at < fresh_for)
    if (
        pinned
        and is_fresh
        and _is_same_champion(pinned, wanted)
        and has_complete_pinned_champion(wiring.lake, pinned)
    ):
        return False
    wiring.registry.load_version(version)
    write_pinned_champion(wiring.lake, wiring.registry.find_cached_bundle(version), wanted)
    return True


def load_pinned_champion(wiring: Wiring) -> CurrentChampion | None:
    """The champion that is pinned in the lake, verified against digest and seal, or None where none was pinned yet.

    Raises:
        InputError: it is of another portfolio.
        ArtifactError: its files are not those that the pointer names.
        ServiceError: one of them is gone.
    """
    pointer = read_champion_pointer(wiring.lake)
    if pointer is None:
        return None
    bundle = _load_pinned_bundle(wiring, pointer)
    require_same_portfolio(
        wiring, bundle.schema_name, thing=f"pinned champion, version {pointer.model_version}"
    )
    return CurrentChampion(
        bundle, pointer.model_version, pointer.data_origin, pinned_at=pointer.verified_at
    )


def judge_outage(model_version: int, pinned_at: dt.datetime, *, now: dt.datetime) -> Verdict:
    """What it means that a batch was scored by the pinned champion, and how old that is."""
    age = now - pinned_at
    told = f"MLflow is away: scored by version {model_version}, pinned in the lake"
    seen = f"the registry last named it champion {format_age(age)} ago; one seated since is not known here"
    return Verdict(MLFLOW_GATE, "watch", (told, seen), {"pin_age_seconds": age.total_seconds()})


def format_age(age: dt.timedelta) -> str:
    """The time as a person says it, in the largest unit that fits."""
    for name, seconds in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if age.total_seconds() >= 2 * seconds:
            return f"{age.total_seconds() // seconds:.0f} {name}"
    return f"{max(age.total_seconds(), 0):.0f} seconds"


def _load_pinned_bundle(wiring: Wiring, pointer: ChampionPointer) -> ModelBundle:
    """From this machine's cache where it is there and undamaged, else from the lake."""
    target = wiring.lake.bundles / pointer.digest
    if target.is_dir():
        try:
            return read_bundle(target, expected_digest=pointer.digest, seal=pointer.seal or None)
        except ArtifactError:
            shutil.rmtree(target, ignore_errors=True)
    with wiring.lake.scratch() as scratch, staged_folder(target) as folder:
        fetched = fetch_pinned_champion(wiring.lake, pointer, scratch)
        bundle = read_bundle(fetched, expected_digest=pointer.digest, seal=pointer.seal or None)
        shutil.copytree(fetched, folder, dirs_exist_ok=True)
    return bundle


def _read_pointer(wiring: Wiring) -> ChampionPointer | None:
    """The pointer; None too where what stands there is none: then it is written anew."""
    try:
        return read_champion_pointer(wiring.lake)
    except ArtifactError:
        return None


def _is_same_champion(pinned: ChampionPointer, wanted: ChampionPointer) -> bool:
    return replace(pinned, verified_at=wanted.verified_at, files=()) == wanted
