"""Watch the processes below one: how many there were at once, and how much memory they held together."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ProcessTreeWatch:
    """Samples a process and its descendants in a thread, every fifth of a second, until the block ends.

    Attributes:
        most_processes: The most of them that were alive at once.
        most_mebibytes: The most resident memory that they had together.
    """

    def __init__(self, process_id: int) -> None:
        self.most_processes, self.most_mebibytes = 0, 0.0
        self._root, self._ended = process_id, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(0.2):
            sizes = [_read_resident_bytes(number) for number in list_tree(self._root)]
            self.most_processes = max(self.most_processes, len(sizes))
            self.most_mebibytes = max(self.most_mebibytes, sum(sizes) / 2**20)


def list_tree(root: int) -> Iterator[int]:
    """Yield the ids of a process and of those below it, as they are now."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # the name before it may hold blanks and brackets
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue  # it has ended meanwhile
        children.setdefault(parent, []).append(int(folder.name))
    waiting = [root]
    while waiting:
        found = waiting.pop()
        yield found
        waiting += children.get(found, [])


def _read_resident_bytes(number: int) -> int:
    try:
        return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0
