"""The lake: one root, a folder or a bucket, and which part of it holds what (docs/architecture.md draws it).

`snapshots`, `incoming`, `champion` and `published` keep files in it by the storage port, `lake_tables` and `ledger` keep
Delta tables by uri. What must stand on this machine's own disk (the embedded MLflow, Prefect's records, bundles loaded
from the registry) is under `home`, which is the root itself where the lake is a folder.
"""

import fcntl
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.host.process_marks import build_marked_prefix
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.adapters.storage.port import Storage
from credit_default.errors import InputError

_HEX = re.compile(r"[0-9a-f]{8,64}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_S3_SCHEME = "s3://"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


@dataclass(frozen=True, slots=True)
class Lake:
    """One lake: where its files stand, and what of it is this machine's own."""

    storage: Storage
    home: Path

    @property
    def uri(self) -> str:
        """The root, as people name it: an absolute path or `s3://bucket/prefix`."""
        return self.storage.uri

    @property
    def in_bucket(self) -> bool:
        """Whether it stands in a bucket, where objects appear whole, and not in a folder, where people copy files."""
        return self.uri.startswith(_S3_SCHEME)

    @property
    def storage_options(self) -> Mapping[str, str]:
        """What deltalake must be told to reach the tables now; credentials among it may expire."""
        return self.storage.options()

    @property
    def bundles(self) -> Path:
        """Where bundles loaded from the registry are kept on this machine, one folder a digest."""
        return self.home / "champion" / "bundles"

    @property
    def workspace(self) -> Path:
        """Where `evidently ui --workspace` finds the monitored batches, on this machine."""
        return self.home / "evidently"

    @property
    def tracking_uri(self) -> str:
        """The embedded MLflow store of this lake, as MLflow names it."""
        return f"sqlite:///{self.home / 'mlflow.db'}"

    @property
    def artifacts_uri(self) -> str:
        """Where the embedded MLflow keeps its artifacts."""
        return (self.home / "mlartifacts").as_uri()

    def table_uri(self, name: str) -> str:
        """Where the Delta table `name` stands, as deltalake takes it."""
        return f"{self.uri}/tables/{name}"

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """A folder on this machine's disk that is gone when the block ends."""
        with disk_errors(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=build_marked_prefix("scratch"), dir=self.home))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def turn(self, name: str) -> Iterator[None]:
        """A block that one process of this machine runs at a time; others wait, and a process that dies gives it up."""
        with disk_errors(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            lock = (self.home / f".{name}.lock").open("ab")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def open_lake(uri: str | Path, *, home: Path | None = None) -> Lake:
    """The lake under a folder, which is made when absent, or under `s3://bucket/prefix`, which is not looked at yet.

    `home` is where a lake in a bucket keeps what must stand on this machine, in a folder of the lake's own.

    Raises:
        InputError: something other than a folder stands there, it is no bucket's name, or another scheme than s3://.
        ServiceError: the disk refuses.
    """
    if is_bucket_uri(str(uri), thing="lake", expected="a folder or s3://bucket/prefix"):
        storage = open_storage(str(uri))
        return Lake(
            storage, (home or Path()).expanduser().absolute() / _build_home_name(storage.uri)
        )
    root = Path(uri).expanduser().absolute()
    if root.exists() and not root.is_dir():
        raise InputError(
            f"lake {root}",
            found="a file",
            expected="a folder or s3://bucket/prefix",
            remedy="Name one with --lake or CREDIT_DEFAULT_LAKE.",
        )
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
    return Lake(open_storage(str(root)), root)


def is_bucket_uri(uri: str, *, thing: str, expected: str) -> bool:
    """True when the uri is of a bucket, `s3://…`, False when it is a path.

    Raises:
        InputError: it begins like another scheme's (`gs://`, `S3://`, `s3:/`), which would else be a strange folder's name.
    """
    if uri.startswith(_S3_SCHEME):
        return True
    if found := _SCHEME.match(uri):
        raise InputError(
            f"{thing} {uri[:120]}",
            found=f"{found[0]!r} at its beginning",
            expected=expected,
            remedy="Write s3:// in small letters with two slashes, or ./ before a folder of that name.",
        )
    return False


def _build_home_name(uri: str) -> str:
    """The uri as a person would know it again, and a digest: `lender/dev-1` and `lender-dev/1` are two lakes."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", uri.removeprefix(_S3_SCHEME))
    return f"{plain}-{hashlib.sha256(uri.encode()).hexdigest()[:8]}"


def check_hex(value: str, name: str) -> str:
    """The value itself, once it is known to be 8 to 64 lower-case hex digits: safe in a key and in a predicate."""
    if not _HEX.fullmatch(value):
        raise InputError(
            name,
            found=repr(value[:80]),
            expected="8 to 64 of 0-9a-f",
            remedy="Copy it from `predict`.",
        )
    return value


def check_month(value: str) -> str:
    """The value itself, once it is known to be a month as YYYY-MM."""
    if not _MONTH.fullmatch(value):
        raise InputError(
            "statement_month",
            found=repr(value[:80]),
            expected="YYYY-MM",
            remedy="Name a month such as 2005-09.",
        )
    return value
