"""Open a lake and say which part of it holds what: one root, a folder or a bucket (docs/architecture.md draws it).

`snapshots`, `inbox`, `pinned_champion` and `published_reports` keep files in it through the storage port; `adapters/tables`
keeps Delta tables in it by uri. What must be on this machine's own disk (the embedded MLflow, Prefect's records, bundles
fetched from the registry) is under `home`, which is the root itself where the lake is a folder.
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
from credit_default.adapters.host.given_paths import resolve_folder
from credit_default.adapters.host.process_marks import build_marked_prefix
from credit_default.adapters.host.sqlite_addresses import build_sqlite_address
from credit_default.adapters.storage.open_storage import open_storage
from credit_default.adapters.storage.port import Storage
from credit_default.errors import InputError

_HEX = re.compile(r"[0-9a-f]{8,64}")
_MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")
_S3_SCHEME = "s3://"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


@dataclass(frozen=True, slots=True)
class Lake:
    """One lake: where its files are, and the folder for what must be on this machine's own disk."""

    storage: Storage
    home: Path

    @property
    def uri(self) -> str:
        """Return the root as people name it: an absolute path or `s3://bucket/prefix`."""
        return self.storage.uri

    @property
    def in_bucket(self) -> bool:
        """Return whether the lake is a bucket, where objects appear whole, and not a folder, into which people copy files."""
        return self.uri.startswith(_S3_SCHEME)

    @property
    def storage_options(self) -> Mapping[str, str]:
        """Return what deltalake needs to reach the tables now; credentials among it may expire."""
        return self.storage.options()

    @property
    def bundles(self) -> Path:
        """Return the folder for bundles fetched from the registry, on this machine, one folder a digest."""
        return self.home / "champion" / "bundles"

    @property
    def workspace(self) -> Path:
        """Return the folder where `evidently ui --workspace` finds the monitored batches, on this machine."""
        return self.home / "evidently"

    @property
    def tracking_database(self) -> Path:
        """Return the file in which the embedded MLflow keeps its records."""
        return self.home / "mlflow.db"

    @property
    def tracking_uri(self) -> str:
        """Return the address of this lake's embedded MLflow store, as MLflow takes it."""
        return build_sqlite_address(self.tracking_database)

    @property
    def artifacts(self) -> Path:
        """Return the folder in which the embedded MLflow keeps its artifacts."""
        return self.home / "mlartifacts"

    @property
    def artifacts_uri(self) -> str:
        """Return the address of that folder, as MLflow takes it."""
        return self.artifacts.as_uri()

    def table_uri(self, name: str) -> str:
        """Return the address of the Delta table `name`, as deltalake takes it."""
        return f"{self.uri}/tables/{name}"

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Yield an empty folder on this machine's disk, and remove it when the block ends."""
        with disk_errors(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix=build_marked_prefix("scratch"), dir=self.home))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def hold_lock(self, name: str, *, shared: bool = False) -> Iterator[None]:
        """Hold a lock of this machine during the block; other processes wait until the block ends or this process dies.

        Those that share it do not wait for each other, only for one that does not, which waits for all of them.
        """
        with disk_errors(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            lock = (self.home / f".{name}.lock").open("ab")
        with lock:
            fcntl.flock(lock, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
            yield

    @contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Hold the lock `name` of this machine during the block, unless another process holds it; yield whether it is held."""
        with disk_errors(self.home):
            self.home.mkdir(parents=True, exist_ok=True)
            lock = (self.home / f".{name}.lock").open("ab")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True


def open_lake(uri: str | Path, *, home: Path | None = None) -> Lake:
    """Open the lake in a folder, which is made when it is absent, or in a bucket, which is not contacted yet.

    Args:
        uri: A folder or `s3://bucket/prefix`.
        home: Where a lake in a bucket keeps, in a folder of its own, what must be on this machine's disk; the current
            folder when None. A lake in a folder keeps it in itself.

    Raises:
        InputError: The path is not a folder, the bucket's name is not valid, or the scheme is another than s3://.
        ServiceError: The disk cannot be read or written.
    """
    if is_bucket_uri(str(uri), thing="lake", expected="a folder or s3://bucket/prefix"):
        storage = open_storage(str(uri))
        machine = resolve_folder(home or Path(), thing="setting home")
        return Lake(storage, machine / _build_home_name(storage.uri))
    root = resolve_folder(uri, thing="lake")
    with disk_errors(root):  # above it may be a folder that this account may not enter
        if root.exists() and not root.is_dir():
            raise InputError(
                f"lake {root}",
                found="a file",
                expected="a folder or s3://bucket/prefix",
                remedy="Name one with --lake or CREDIT_DEFAULT_LAKE.",
            )
        root.mkdir(parents=True, exist_ok=True)
    return Lake(open_storage(str(root)), root)


def is_bucket_uri(uri: str, *, thing: str, expected: str) -> bool:
    """Return True when the uri names something in a bucket, `s3://…`, and False when it is a path.

    Args:
        uri: The uri or path.
        thing: What it names, for the error.
        expected: What is accepted, for the error.

    Raises:
        InputError: It begins with another scheme (`gs://`, `S3://`, `s3:/`), which would otherwise be taken for a folder.
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
    """Return the uri in a readable form and a digest of it: `lender/dev-1` and `lender-dev/1` are two lakes."""
    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", uri.removeprefix(_S3_SCHEME))
    return f"{plain}-{hashlib.sha256(uri.encode()).hexdigest()[:8]}"


def check_hex(value: str, name: str) -> str:
    """Return the value after checking that it is 8 to 64 lower-case hexadecimal digits: safe in a key and in a predicate.

    Raises:
        InputError: It is not; `name` says what it was given as.
    """
    if not _HEX.fullmatch(value):
        raise InputError(
            name,
            found=repr(value[:80]),
            expected="8 to 64 of 0-9a-f",
            remedy="Copy it from `predict`.",
        )
    return value


def check_month(value: str) -> str:
    """Return the value after checking that it is a month as YYYY-MM.

    Raises:
        InputError: It is not.
    """
    if not _MONTH.fullmatch(value):
        raise InputError(
            "statement_month",
            found=repr(value[:80]),
            expected="YYYY-MM",
            remedy="Name a month such as 2005-09.",
        )
    return value
