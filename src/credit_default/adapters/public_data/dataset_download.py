"""Download the public data set once and cache it: from UCI's archive, or from OpenML where that fails.

What comes over the network is not trusted: its size is bounded, an archive's member names are never used as paths, and the
rows must have the digest on record, whichever source they came from. The caller decides what to do when no source can be
reached (simulate, and say so).
"""

import io
import json
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.public_data.http_download import TransferLimits, download_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema import Schema
from credit_default.data.credit_card.public_data import (
    PUBLIC_DIGEST,
    PUBLIC_MONTH,
    digest_public_rows,
)
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import CreditDefaultError, InputError, ServiceError

UCI_URL = "https://archive.ics.uci.edu/static/public/350/default+of+credit+card+clients.zip"
OPENML_URL = "https://api.openml.org/api/v1/json/data/42477"

PublicSource = Literal["uci", "openml", "cache"]

_MOST_UNPACKED_BYTES = 100_000_000
_DESCRIPTION_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class PublicData:
    """The public data on this machine: a Parquet file under our column names, with month and outcome."""

    path: Path
    source: PublicSource


@dataclass(frozen=True, slots=True)
class _SourceFile:
    """A table as a source delivers it."""

    suffix: str
    content: bytes


def fetch_public_data(
    *,
    cache: Path,
    uci_url: str = UCI_URL,
    openml_url: str = OPENML_URL,
    timeout_seconds: float = 5.0,
    body_seconds: float = 60.0,
    digest: str = PUBLIC_DIGEST,
    schema: Schema = CREDIT_CARD,
) -> PublicData:
    """Return the public data, from the cache when it is there and whole, else from the first source that has it.

    Two processes may download at once: the file is put into the cache whole.

    Args:
        cache: The folder to keep the data in.
        uci_url: UCI's archive.
        openml_url: OpenML's description of the data set.
        timeout_seconds: How long to wait for each answer.
        body_seconds: How long each transfer may take after it.
        digest: What `digest_public_rows` must give.
        schema: The columns to read.

    Raises:
        ServiceError: No source gave the data (each is named with its reason), or the cache cannot be written to.
    """
    if cached := find_public_data(cache=cache, digest=digest, schema=schema):
        return cached
    limits = TransferLimits(answer_seconds=timeout_seconds, body_seconds=body_seconds)
    sources: dict[PublicSource, Callable[[], _SourceFile]] = {
        "uci": lambda: _fetch_from_uci(uci_url, limits=limits),
        "openml": lambda: _fetch_from_openml(openml_url, limits=limits),
    }
    failures: list[CreditDefaultError] = []
    for source, fetch in sources.items():
        try:
            rows = _read_source_rows(fetch(), cache=cache, digest=digest, schema=schema)
        except (ServiceError, InputError) as failure:
            failures.append(failure)
            continue
        path = _build_cache_path(cache, digest=digest)
        _write_cache(rows, path)
        return PublicData(path, source)
    raise _build_unavailable_error(failures)


def find_public_data(
    *, cache: Path, digest: str = PUBLIC_DIGEST, schema: Schema = CREDIT_CARD
) -> PublicData | None:
    """Return the public data if the cache holds them, else None; a file of other content is deleted there."""
    path = _build_cache_path(cache, digest=digest)
    if not path.is_file():
        return None
    try:
        _check_rows(path, digest=digest, schema=schema, month=None)
    except InputError:
        path.unlink(missing_ok=True)
        return None
    return PublicData(path, "cache")


def is_public_data(
    path: Path, *, digest: str = PUBLIC_DIGEST, schema: Schema = CREDIT_CARD
) -> bool:
    """Return True when the file holds the public data, in any format and under any of its column names."""
    try:
        _check_rows(path, digest=digest, schema=schema, month=PUBLIC_MONTH)
    except InputError:
        return False
    return True


def _build_cache_path(cache: Path, *, digest: str) -> Path:
    return cache / f"credit-card-clients-{digest[:12]}.parquet"


def _read_source_rows(
    file: _SourceFile, *, cache: Path, digest: str, schema: Schema
) -> pl.DataFrame:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        # In the cache, and not in the system's temporary folder: nothing is written anywhere else.
        with tempfile.TemporaryDirectory(dir=cache, prefix=".fetch-") as folder:
            path = Path(folder) / f"source{file.suffix}"
            path.write_bytes(file.content)
            return _check_rows(path, digest=digest, schema=schema, month=PUBLIC_MONTH)
    except OSError as error:
        raise _build_cache_error(cache, found=str(error)) from error


def _write_cache(rows: pl.DataFrame, path: Path) -> None:
    try:
        write_table(rows, path)
    except InputError as error:
        raise _build_cache_error(path.parent, found=error.found) from error


def _check_rows(path: Path, *, digest: str, schema: Schema, month: str | None) -> pl.DataFrame:
    """Return the file's rows after checking that all hold to the schema and together have the digest.

    Raises:
        InputError: They do not.
    """
    checked = check_rows(
        open_statement_file(path, schema=schema, month=month).read_batches,
        schema=schema,
        outcome="required",
    )
    rows = checked.accepted_rows()
    found = digest_public_rows(rows, schema=schema)
    if checked.rejected_count or found != digest:
        raise InputError(
            path.name,
            found=f"{checked.row_count} rows with the digest {found[:12]}…",
            expected=f"the public data, digest {digest[:12]}…",
            remedy="The source has changed or was tampered with: name a local copy of the file.",
        )
    return rows


def _fetch_from_uci(url: str, *, limits: TransferLimits) -> _SourceFile:
    content = download_file(url, limits=limits)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            tables = [
                member
                for member in archive.infolist()
                if member.filename.lower().endswith((".xls", ".xlsx"))
            ]
            if not tables:
                raise _build_source_error(url, found="no workbook in the archive")
            with archive.open(tables[0]) as member:
                # The size that the archive states may be wrong: what counts is what comes out.
                unpacked = member.read(_MOST_UNPACKED_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _build_source_error(url, found=f"a damaged archive ({error})") from error
    if len(unpacked) > _MOST_UNPACKED_BYTES:
        raise _build_source_error(
            url, found=f"an archive that unpacks to more than {_MOST_UNPACKED_BYTES:,} bytes"
        )
    return _SourceFile(Path(tables[0].filename).suffix.lower(), unpacked)


def _fetch_from_openml(url: str, *, limits: TransferLimits) -> _SourceFile:
    brief = TransferLimits(limits.answer_seconds, limits.body_seconds, _DESCRIPTION_BYTES)
    try:
        description = json.loads(download_file(url, limits=brief))["data_set_description"]
        parquet_url, arff_url = description.get("parquet_url"), description.get("url")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _build_source_error(url, found="no data set description") from error
    if isinstance(parquet_url, str):
        return _SourceFile(".parquet", download_file(parquet_url, limits=limits))
    if isinstance(arff_url, str):
        content = download_file(arff_url, limits=limits)
        return _SourceFile(".csv", _arff_to_csv(content, url=arff_url))
    raise _build_source_error(url, found="a description without the data's address")


def _arff_to_csv(content: bytes, *, url: str) -> bytes:
    """Return the dense ARFF table as CSV, its attribute lines made into a header."""
    head, marker, data = (
        content.partition(b"@data") if b"@data" in content else content.partition(b"@DATA")
    )
    attributes = [
        line.split(None, 2)[1] for line in head.splitlines() if line[:10].lower() == b"@attribute"
    ]
    if not marker or not attributes:
        raise _build_source_error(url, found="no ARFF table")
    names = b",".join(name.strip(b"'\"") for name in attributes)
    rows = [line for line in data.splitlines() if line and not line.startswith(b"%")]
    return b"\n".join([names, *rows, b""])


def _build_cache_error(cache: Path, *, found: str) -> ServiceError:
    remedy = "Set CREDIT_DEFAULT_CACHE to a folder that can be written to."
    return ServiceError(f"cache {cache}", found=found, expected="a writable folder", remedy=remedy)


def _build_unavailable_error(failures: Sequence[CreditDefaultError]) -> ServiceError:
    reasons = [f"{error.thing}: {error.found}, not {error.expected}" for error in failures]
    return ServiceError(
        "the public data",
        found="; ".join(reasons),
        expected="one source that gives it",
        remedy="Check the network, name a local copy of the file, or use simulated data.",
    )


def _build_source_error(url: str, *, found: str) -> ServiceError:
    remedy = "The source has changed: name a local copy of the file."
    return ServiceError(url, found=found, expected="the public data", remedy=remedy)
