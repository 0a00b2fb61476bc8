"""Publish reports: write them to this machine's disk, then copy them into the lake under the batch's key for people to open.

A report is a folder of files under `reports/<batch_id>/v<version>/`; publishing again replaces the earlier one.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.host.atomic_files import write_atomically
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.errors import ArtifactError

PROFILE_NAME: Final = "profile.json"


@dataclass(frozen=True, slots=True)
class Publication:
    """A folder to write a report's files into, from which they go into the lake."""

    folder: Path


def locate_report(lake: Lake, *, batch_id: str, model_version: int) -> str:
    """Return the uri of the folder in which the batch's report under that version is published."""
    return f"{lake.uri}/{_build_prefix(batch_id, model_version)}"


@contextmanager
def open_publication(
    lake: Lake, *, batch_id: str, model_version: int, keep: Collection[str] = ()
) -> Iterator[Publication]:
    """Yield a publication with an empty folder, and put its files under `reports/<batch_id>/v<version>/` when the block ends well.

    What was published before is removed then, but for the files that `keep` names.
    """
    prefix = _build_prefix(batch_id, model_version)
    kept = {f"{prefix}/{name}" for name in keep}
    with lake.scratch() as folder:
        yield Publication(folder)
        paths = {
            f"{prefix}/{p.relative_to(folder).as_posix()}": p
            for p in sorted(folder.rglob("*"))
            if p.is_file()
        }
        for key, path in paths.items():
            lake.storage.write_object(key, path)
        for stored in tuple(lake.storage.list_objects(f"{prefix}/")):
            if stored.key not in paths and stored.key not in kept:  # of an earlier report
                lake.storage.delete_object(stored.key)


def write_profile(folder: Path, content: Mapping[str, Any]) -> None:
    """Write the profile to profile.json in the folder.

    Raises:
        ServiceError: The disk cannot be read or written.
    """
    write_atomically(folder / PROFILE_NAME, json.dumps(content).encode())


def read_profile(lake: Lake, *, batch_id: str, model_version: int) -> dict[str, Any] | None:
    """Return the profile that was published for the batch under that model version; None when there is none.

    Raises:
        ArtifactError: It is not a JSON object.
    """
    content = read_published(lake, PROFILE_NAME, batch_id=batch_id, model_version=model_version)
    try:
        return None if content is None else dict(json.loads(content))
    except (TypeError, ValueError) as error:
        raise ArtifactError(
            f"profile of batch {batch_id}",
            found=f"no JSON object ({error})",
            expected="profile.json as `monitor` writes it",
            remedy="Monitor that batch again.",
        ) from error


def read_published(lake: Lake, name: str, *, batch_id: str, model_version: int) -> bytes | None:
    """Return the content of one published file; None when there is none of that name."""
    return lake.storage.read_object(f"{_build_prefix(batch_id, model_version)}/{name}")


def fetch_published(lake: Lake, folder: Path, *, batch_id: str, model_version: int) -> Path:
    """Copy all that was published for the batch under that model version into the folder, and return the folder."""
    prefix = f"{_build_prefix(batch_id, model_version)}/"
    for stored in lake.storage.list_objects(prefix):
        content = lake.storage.read_object(stored.key)
        if content is not None:
            path = folder / stored.key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return folder


def _build_prefix(batch_id: str, model_version: int) -> str:
    return f"reports/{check_hex(batch_id, 'batch_id')}/v{int(model_version)}"
