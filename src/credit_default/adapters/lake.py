"""The lake on a disk: which folder holds what, and the files that wait in it.

Everything that the project keeps stands under one root (docs/architecture.md draws it). `lake_tables` writes the Delta
tables of this lake, `snapshots` its checked rows; they know it only as a `Lake`. Folders are made when first written.
"""

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from credit_default.adapters.staging import disk_errors, staged_folder, write_whole
from credit_default.errors import ArtifactError, InputError

_HEX = re.compile(r"[0-9a-f]{8,64}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Lake:
    """One lake: its root folder, and what deltalake must be told to reach its tables."""

    root: Path
    storage_options: Mapping[str, str] = field(default_factory=dict)

    @property
    def incoming(self) -> Path:
        """Where statements arrive."""
        return self.root / "incoming"

    @property
    def processed(self) -> Path:
        """Where a statement file goes once its result is committed."""
        return self.root / "processed"

    @property
    def refused(self) -> Path:
        """Where a statement file goes that a gate or a reader refused."""
        return self.root / "refused"

    @property
    def snapshots(self) -> Path:
        """Where checked rows stand, one folder a digest."""
        return self.root / "snapshots"

    @property
    def champion(self) -> Path:
        """Where the pointer to the champion and its verified bundle stand."""
        return self.root / "champion"

    @property
    def bundles(self) -> Path:
        """Where bundles loaded from the registry are kept, one folder a digest."""
        return self.root / "champion" / "bundles"

    @property
    def tracking_uri(self) -> str:
        """The embedded MLflow store of this lake, as MLflow names it."""
        return f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def artifacts_uri(self) -> str:
        """Where the embedded MLflow keeps its artifacts."""
        return (self.root / "mlartifacts").as_uri()

    def table_uri(self, name: str) -> str:
        """Where the Delta table `name` stands, as deltalake takes it."""
        return str(self.root / "tables" / name)

    def report_folder(self, batch_id: str, model_version: int) -> Path:
        """Where the report of one batch under one model version stands."""
        return self.root / "reports" / check_hex(batch_id, "batch_id") / f"v{int(model_version)}"


@dataclass(frozen=True, slots=True)
class ChampionPointer:
    """Which bundle in the lake is the champion, for days when the registry is away."""

    model_version: int
    digest: str
    folder: Path


def open_lake(root: Path) -> Lake:
    """The lake under `root`, which is made when absent.

    Raises `InputError` when something other than a folder stands there, `ServiceError` when the disk refuses.
    """
    root = root.expanduser().absolute()
    if root.exists() and not root.is_dir():
        raise InputError(
            f"lake {root}",
            found="a file",
            expected="a folder",
            remedy="Name a folder with --lake or CREDIT_DEFAULT_LAKE.",
        )
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
    return Lake(root)


def check_hex(value: str, name: str) -> str:
    """The value itself, once it is known to be 8 to 64 lower-case hex digits: safe in a path and in a predicate."""
    if not _HEX.fullmatch(value):
        raise InputError(name, found=repr(value[:80]), expected="8 to 64 of 0-9a-f", remedy="Copy it from `predict`.")
    return value


def check_month(value: str) -> str:
    """The value itself, once it is known to be a month as YYYY-MM."""
    if not _MONTH.fullmatch(value):
        raise InputError(
            "statement_month", found=repr(value[:80]), expected="YYYY-MM", remedy="Name a month such as 2005-09."
        )
    return value


def list_incoming(lake: Lake) -> tuple[Path, ...]:
    """The files that wait in `incoming`, by name; hidden ones and those still being staged are left alone."""
    with disk_errors(lake.incoming):
        if not lake.incoming.is_dir():
            return ()
        return tuple(sorted(p for p in lake.incoming.iterdir() if p.is_file() and not p.name.startswith(".")))


def move_incoming(lake: Lake, path: Path, *, to: Literal["processed", "refused"], batch_id: str) -> Path:
    """Where the file stands now: `<to>/<batch_id>-<name>`; call it only after the result is committed.

    A file outside `incoming` is the user's own and stays where it is; its path comes back unchanged. So does that of a
    file which another runner has moved already.
    """
    if path.absolute().parent != lake.incoming:
        return path
    folder = lake.processed if to == "processed" else lake.refused
    target = folder / f"{check_hex(batch_id, 'batch_id')}-{path.name}"
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.replace(target)
        except FileNotFoundError:
            if not target.exists():
                raise
    return target


def write_champion(lake: Lake, bundle_folder: Path, *, model_version: int, digest: str) -> ChampionPointer:
    """The pointer, after the verified bundle is copied into the lake and `champion.json` names it; the old one goes last."""
    pointer = ChampionPointer(int(model_version), check_hex(digest, "digest"), lake.bundles / digest)
    if not pointer.folder.is_dir():
        with staged_folder(pointer.folder) as folder, disk_errors(folder):
            shutil.copytree(bundle_folder, folder, dirs_exist_ok=True)
    content = {**asdict(pointer), "folder": f"bundles/{digest}"}
    write_whole(lake.champion / "champion.json", json.dumps(content, indent=2).encode())
    return pointer


def read_champion(lake: Lake) -> ChampionPointer | None:
    """Which bundle in the lake was champion when the registry was last seen, or None when it never was.

    Raises `ArtifactError` when the pointer is not one of ours. The bundle is not opened: `read_bundle` checks it.
    """
    path = lake.champion / "champion.json"
    if not path.is_file():
        return None
    try:
        content = json.loads(path.read_bytes()[:10_000])
        digest = check_hex(str(content["digest"]), "digest")
        return ChampionPointer(int(content["model_version"]), digest, lake.bundles / digest)
    except (ValueError, KeyError, TypeError, InputError) as error:
        raise ArtifactError(
            f"champion pointer {path}",
            found="something else",
            expected="digest and model_version",
            remedy="Remove the file: the next run with MLflow in reach writes it again.",
        ) from error
