"""A key log on disk: the keys of a file of any length, found again part by part, in flat memory.

Keys are gathered, sorted into parts by the first bits of their hashes, and each part appended to a file of its own. The
files have no name from the start, so that nothing is left of them when the process ends, however it ends.
"""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import numpy.typing as npt

from credit_default.data.checking.duplicate_keys import KeyHashes, concatenate_keys
from credit_default.errors import ServiceError

HELD_ROWS = 262_144

_PART_BITS = 6
_PART_COUNT = 1 << _PART_BITS
_RECORD = np.dtype([("hash", np.uint64), ("sound", np.bool_)])  # 9 bytes, unpadded


class SpilledKeys:
    """A `KeyLog` that holds `held_rows` keys and writes what is more to unnamed files in `folder`; close it after use."""

    def __init__(self, folder: Path, *, held_rows: int = HELD_ROWS) -> None:
        self._folder = folder
        self._held_rows = held_rows
        self._held: list[KeyHashes] = []
        self._held_count = 0
        self._open = ExitStack()
        self._files: list[IO[bytes]] = []

    def add(self, keys: KeyHashes) -> None:
        """Nothing; the keys are kept, on disk once there are many.

        Raises:
            ServiceError: The disk refuses.
        """
        self._held.append(keys)
        self._held_count += keys.hashes.size
        if self._held_count > self._held_rows:
            self._spill()

    def parts(self) -> Iterator[KeyHashes]:
        """All keys in one part while none was written to disk; else in parts by the first bits of the hash.

        Raises:
            ServiceError: The disk refuses.
        """
        if not self._files:
            yield from [concatenate_keys(self._held)] if self._held else []
            return
        self._spill()
        for file in self._files:
            yield self._read(file)

    def close(self) -> None:
        """Nothing; the files are gone."""
        self._held = []
        self._files = []
        self._open.close()

    def _spill(self) -> None:
        if not self._held:
            return
        keys = concatenate_keys(self._held)
        self._held, self._held_count = [], 0
        part = (keys.hashes >> np.uint64(64 - _PART_BITS)).astype(np.uint8)
        order = np.argsort(part, kind="stable")
        records = np.empty(order.size, dtype=_RECORD)
        records["hash"], records["sound"] = keys.hashes[order], keys.sound[order]
        ends = np.cumsum(np.bincount(part, minlength=_PART_COUNT))
        with _scratch_errors(self._folder):
            self._files = self._files or [
                self._open.enter_context(self._make_file()) for _ in range(_PART_COUNT)
            ]
            for file, rows in zip(self._files, np.split(records, ends[:-1]), strict=True):
                _write_all(file, rows)

    def _make_file(self) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=self._folder, buffering=0)

    def _read(self, file: IO[bytes]) -> KeyHashes:
        with _scratch_errors(self._folder):
            file.seek(0)
            records = np.frombuffer(file.read(), dtype=_RECORD)
        return KeyHashes(
            np.ascontiguousarray(records["hash"]), np.ascontiguousarray(records["sound"])
        )


@contextmanager
def spill_keys(folder: Path, *, held_rows: int = HELD_ROWS) -> Iterator[SpilledKeys]:
    """A key log for one `check`, which may write to `folder`; nothing of it is left at the end."""
    log = SpilledKeys(folder, held_rows=held_rows)
    try:
        yield log
    finally:
        log.close()


def _write_all(file: IO[bytes], rows: npt.NDArray[np.void]) -> None:
    # An unbuffered write may take less than it was given, just before the disk is full.
    rest = memoryview(rows.tobytes())
    while rest:
        rest = rest[file.write(rest) :]


@contextmanager
def _scratch_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServiceError(
            f"scratch folder {folder}",
            found=error.strerror or str(error),
            expected="room for nine bytes a row of the file",
            remedy="Free some space or mend the permissions, then run the same command again: nothing was written.",
        ) from error
