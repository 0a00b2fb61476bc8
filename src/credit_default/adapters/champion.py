"""The champion in the lake, for days when MLflow is away: a pointer, and the verified bundle that it names."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from credit_default.adapters.lake import Lake, check_hex
from credit_default.errors import ArtifactError, InputError, ServiceError

_POINTER, _BUNDLES = "champion/champion.json", "champion/pinned"


@dataclass(frozen=True, slots=True)
class ChampionPointer:
    """Which bundle in the lake is the champion, and the files that it is made of."""

    model_version: int
    digest: str
    files: tuple[str, ...]  # below the bundle's folder


def write_champion(lake: Lake, bundle_folder: Path, *, model_version: int, digest: str) -> ChampionPointer:
    """The pointer, after the verified bundle's files stand in the lake; the pointer goes last, and names all of them."""
    prefix = f"{_BUNDLES}/{check_hex(digest, 'digest')}"
    paths = sorted(path for path in bundle_folder.rglob("*") if path.is_file())
    files = tuple(path.relative_to(bundle_folder).as_posix() for path in paths)
    for path, name in zip(paths, files, strict=True):
        lake.storage.write_object(f"{prefix}/{name}", path)
    pointer = ChampionPointer(int(model_version), digest, files)
    lake.storage.write_object(_POINTER, json.dumps(asdict(pointer), indent=2).encode())
    return pointer


def read_champion(lake: Lake) -> ChampionPointer | None:
    """Which bundle in the lake was champion when the registry was last seen, or None when it never was.

    Raises:
        ArtifactError: the pointer is not one of ours.
    """
    stored = lake.storage.read_object(_POINTER)
    if stored is None:
        return None
    try:
        content = json.loads(stored[:10_000])
        digest = check_hex(str(content["digest"]), "digest")
        return ChampionPointer(int(content["model_version"]), digest, tuple(str(name) for name in content["files"]))
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise ArtifactError(
            f"champion pointer in {lake.uri}", found="something else", expected="digest, model_version and files",
            remedy="Remove champion/champion.json: the next run with MLflow in reach writes it again.",
        ) from error  # fmt: skip


def fetch_champion(lake: Lake, pointer: ChampionPointer, folder: Path) -> Path:
    """The bundle's folder below `folder`, its files as they stand in the lake; `read_bundle` verifies them.

    Raises:
        ServiceError: a file that the pointer names is gone.
    """
    target = folder / pointer.digest
    for name in pointer.files:
        content = lake.storage.read_object(f"{_BUNDLES}/{pointer.digest}/{name}")
        if content is None:
            raise ServiceError(
                f"champion in {lake.uri}", found=f"no {name}", expected="the files that the pointer names",
                remedy="Score once with MLflow in reach: that writes them again.",
            )  # fmt: skip
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(content)
    return target
