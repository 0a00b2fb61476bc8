"""What workers of a test's cluster do; they import this module from the folder that the test adds to the path."""

import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path

from credit_default.errors import InputError


@dataclass(frozen=True)
class Rows:
    """So many rows from `start` on."""

    start: int
    count: int

    @property
    def name(self) -> str:
        return f"rows {self.start} to {self.start + self.count}"

    def split(self) -> tuple["Rows", ...]:
        if self.count == 1:
            return ()
        half = self.count // 2
        return replace(self, count=half), Rows(self.start + half, self.count - half)


def add_rows(rows: Rows, offset: int) -> int:
    return sum(range(rows.start, rows.start + rows.count)) + offset


def refuse_odd_start(rows: Rows) -> int:
    if rows.start % 2:
        raise InputError(rows.name, found="an odd start", expected="an even one", remedy="Move it.")
    return rows.start


def die_over_two(rows: Rows) -> tuple[int, int]:
    """End the worker over more than two rows, as the system does where memory is not enough."""
    if rows.count > 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return rows.start, rows.count


def die_always(rows: Rows) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(rows: Rows, mark: Path) -> int:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return rows.start
    os.kill(os.getpid(), signal.SIGKILL)
    return -1


def fill_memory(rows: Rows, mebibytes: int) -> int:
    """Hold `mebibytes` for each row, long enough for the worker's nanny to see it."""
    import time

    held = bytearray(rows.count * mebibytes << 20)
    time.sleep(2)
    return len(held) and rows.start


def bucket_by_remainder(rows: Rows) -> tuple[int, list[list[int]]]:
    numbers = range(rows.start, rows.start + rows.count)
    return rows.count, [[n for n in numbers if n % 3 == bucket] for bucket in range(3)]


def join_lists(lists: list[list[int]]) -> list[int]:
    return [number for numbers in lists for number in numbers]
