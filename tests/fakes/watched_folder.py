"""Hear of everything that touches a folder, by Linux's inotify: files opened, read, written, made, moved or deleted in it.

with watch_folder(path) as watched:
    ...
assert watched.list_events() == ()
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

# IN_ACCESS, MODIFY, ATTRIB, OPEN, MOVED_FROM, MOVED_TO, CREATE, DELETE, DELETE_SELF, MOVE_SELF
_EVENTS = 0x1 | 0x2 | 0x4 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x800
_HEADER = struct.Struct("iIII")


@dataclass(frozen=True)
class WatchedFolder:
    descriptor: int
    folders: dict[int, str]

    def list_events(self) -> tuple[str, ...]:
        """The paths that were touched since the last call."""
        found: set[str] = set()
        while True:
            try:
                content = os.read(self.descriptor, 1 << 20)
            except BlockingIOError:
                return tuple(sorted(found))
            place = 0
            while place < len(content):
                watch, _, _, length = _HEADER.unpack_from(content, place)
                place += _HEADER.size
                name = os.fsdecode(content[place : place + length].rstrip(b"\0"))
                found.add(f"{self.folders.get(watch, '')}/{name}")
                place += length


@contextmanager
def watch_folder(path: Path) -> Iterator[WatchedFolder]:
    libc = ctypes.CDLL(None, use_errno=True)
    folders = [folder for folder, _, _ in os.walk(path)]
    descriptor = libc.inotify_init1(os.O_NONBLOCK)
    try:
        watches = {
            libc.inotify_add_watch(descriptor, os.fsencode(folder), _EVENTS): folder
            for folder in folders
        }
        assert -1 not in watches, "no more inotify watches"
        yield WatchedFolder(descriptor, watches)
    finally:
        os.close(descriptor)
