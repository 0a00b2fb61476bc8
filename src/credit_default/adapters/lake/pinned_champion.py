"""Keep a copy of the champion in the lake for outages of MLflow: a verified bundle, and a pointer that names it.

The bundle is written first and the pointer last, so that a pointer never names files that are not there. A third
file records which change of the champion alias was announced last, so that each change is announced once.
"""

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.errors import ArtifactError, InputError, ServiceError

_POINTER, _BUNDLES, _ANNOUNCED = "champion/champion.json", "champion/pinned", "champion/told-move"


@dataclass(frozen=True, slots=True)
class ChampionPointer:
    """Which bundle in the lake is the champion, the files it consists of, and when the registry last confirmed it."""

    model_version: int
    digest: str
    seal: str  # sha256 of the bundle's manifest; "" where the registry has none on record
    data_origin: str
    verified_at: dt.datetime  # UTC
    files: tuple[str, ...] = ()  # below the bundle's folder
    trained_at: str = ""  # as on the version; "" in a lake that did not record it yet


def write_pinned_champion(
    lake: Lake, bundle_folder: Path, pointer: ChampionPointer
) -> ChampionPointer:
    """Copy a verified bundle into the lake, then write the pointer to it.

    Args:
        lake: Where both are kept.
        bundle_folder: The verified bundle on this machine's disk.
        pointer: What the pointer says; its `files` are filled in from the folder.

    Returns:
        The pointer as it was written.
    """
    prefix = f"{_BUNDLES}/{check_hex(pointer.digest, 'digest')}"
    paths = sorted(path for path in bundle_folder.rglob("*") if path.is_file())
    files = tuple(path.relative_to(bundle_folder).as_posix() for path in paths)
    for path, name in zip(paths, files, strict=True):
        lake.storage.write_object(f"{prefix}/{name}", path)
    content = {**asdict(pointer), "files": files, "verified_at": pointer.verified_at.isoformat()}
    lake.storage.write_object(_POINTER, json.dumps(content, indent=2).encode())
    return _parse_pointer(content)


def read_champion_pointer(lake: Lake) -> ChampionPointer | None:
    """Return the pointer to the champion's bundle in the lake; None when no champion was ever pinned.

    Raises:
        ArtifactError: The pointer cannot be read.
    """
    stored = lake.storage.read_object(_POINTER)
    if stored is None:
        return None
    try:
        return _parse_pointer(json.loads(stored[:10_000]))
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise ArtifactError(
            f"champion pointer in {lake.uri}",
            found="content that cannot be read",
            expected="digest, model_version and files",
            remedy="Remove champion/champion.json;"
            " `credit-default reconcile` writes it again while MLflow can be reached.",
        ) from error


def has_complete_pinned_champion(lake: Lake, pointer: ChampionPointer) -> bool:
    """Return whether every file that the pointer names is in the lake."""
    return all(
        lake.storage.find_object(f"{_BUNDLES}/{pointer.digest}/{name}") for name in pointer.files
    )


def fetch_pinned_champion(lake: Lake, pointer: ChampionPointer, folder: Path) -> Path:
    """Copy the pinned bundle's files from the lake into a folder below `folder`, and return that folder.

    The files are not verified here: `read_bundle` does that.

    Raises:
        ServiceError: A file that the pointer names is gone.
    """
    target = folder / pointer.digest
    for name in pointer.files:
        content = lake.storage.read_object(f"{_BUNDLES}/{pointer.digest}/{name}")
        if content is None:
            raise ServiceError(
                f"champion in {lake.uri}",
                found=f"no {name}",
                expected="the files that the pointer names",
                remedy="`credit-default reconcile` writes them again once MLflow answers.",
            )
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return target


def read_announced_change(lake: Lake) -> str | None:
    """Return the ledger's key of the last change of the champion alias that was announced; None before the first."""
    stored = lake.storage.read_object(_ANNOUNCED)
    return None if stored is None else stored[:1_000].decode("utf-8", errors="replace")


def write_announced_change(lake: Lake, key: str) -> None:
    """Record that the change of the champion alias with this ledger key was announced."""
    lake.storage.write_object(_ANNOUNCED, key.encode())


def _parse_pointer(content: Mapping[str, Any]) -> ChampionPointer:
    at = dt.datetime.fromisoformat(content["verified_at"])
    if at.tzinfo is None:
        raise ValueError(at)
    return ChampionPointer(
        model_version=int(content["model_version"]),
        digest=check_hex(str(content["digest"]), "digest"),
        seal=str(content["seal"]) and check_hex(str(content["seal"]), "seal"),
        data_origin=str(content["data_origin"]),
        verified_at=at,
        files=tuple(str(name) for name in content["files"]),
        trained_at=str(content.get("trained_at", "")),
    )
