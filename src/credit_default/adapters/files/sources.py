"""Where rows came from, and whether a file on the disk is still the one that was read."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows came from: enough to find the same bytes again."""

    uri: str
    sha256: str  # of the file's bytes, hexadecimal; of a folder, over its parts' names and digests
    row_count: int | None = None  # None until it is counted
    object_version: str | None = None  # where the store keeps versions


@dataclass(frozen=True, slots=True)
class FileStamp:
    """What the disk knows of a file's content; another stamp means that the file was written again."""

    inode: int
    byte_count: int
    modified_ns: int

    @classmethod
    def from_stat(cls, stat: os.stat_result) -> "FileStamp":
        """Return the stamp that is part of the result of `os.stat` or `os.fstat`."""
        return cls(stat.st_ino, stat.st_size, stat.st_mtime_ns)
