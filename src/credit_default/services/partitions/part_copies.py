"""Read a part of a batch that is in a bucket: each worker fetches those that it works on, and keeps none."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import file_digest
from pathlib import Path

from credit_default.adapters.files.single_files import StatementFile, build_changed_error
from credit_default.adapters.files.sources import FileStamp
from credit_default.adapters.storage.open_storage import open_storage


@contextmanager
def open_copy(file: StatementFile, origin: str) -> Iterator[StatementFile]:
    """Yield the part where this process can read it: as it is, or as a copy that is removed when the block ends.

    Args:
        file: The part, opened by the driver.
        origin: Where in a bucket it is; empty for a file on disk.

    Raises:
        InputError: The object is another one than was opened.
        ServiceError: The bucket cannot be reached.
    """
    if not origin or file.path.exists():
        yield file
        return
    bucket, _, key = origin.removeprefix("s3://").partition("/")
    with tempfile.TemporaryDirectory(prefix="credit-default-part-") as scratch:
        fetched = open_storage(f"s3://{bucket}").fetch_object(key, Path(scratch))
        if fetched is None or _digest(fetched.path) != file.source.sha256:
            raise build_changed_error(origin)
        stamp = FileStamp.from_stat(fetched.path.stat())
        yield replace(file, path=fetched.path, stamp=stamp)


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
