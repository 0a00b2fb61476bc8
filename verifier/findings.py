"""What a check finds: that something holds, that it does not, or that it cannot be judged from the lake."""

import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

import pyarrow as pa

Kind = Literal["holds", "fault", "not judged"]

_LONGEST: Final = 300
# What damaged content makes of the libraries that read it.
DAMAGE: Final = (
    ArithmeticError,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    pa.ArrowException,
    zipfile.BadZipFile,
    zlib.error,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding; `count` is how many things hold by it."""

    kind: Kind
    thing: str
    found: str = ""
    expected: str = ""
    count: int = 1

    @property
    def line(self) -> str:
        """Return the finding in one line: the thing, what was found, what was expected."""
        wanted = f", expected {self.expected}" if self.expected else ""
        text = " ".join(f"{self.thing}: {self.found}{wanted}".split())
        return text if len(text) <= 2 * _LONGEST else f"{text[: 2 * _LONGEST]}…"


Findings = Iterator[Finding]


def hold(thing: str, count: int = 1) -> Finding:
    """Return that so many things of this kind hold."""
    return Finding("holds", thing, count=count)


def fault(thing: str, found: Any, expected: Any) -> Finding:
    """Return that something is not as it has to be."""
    return Finding("fault", thing, _show(found), _show(expected))


def gap(thing: str, why: str) -> Finding:
    """Return that something cannot be judged from the lake, and why."""
    return Finding("not judged", thing, why)


def compare(thing: str, found: Any, expected: Any, *, kind: str) -> Finding:
    """Return whether two values are equal; `kind` is what is counted where they are."""
    if type(found) is type(expected) and found == expected:
        return hold(kind)
    return fault(thing, found, expected)


def guard(thing: str, findings: Iterable[Finding]) -> Findings:
    """Yield the findings; content that cannot be read becomes a fault of the thing."""
    try:
        yield from findings
    except DAMAGE as error:
        found = f"content that cannot be read ({type(error).__name__}: {error})"
        yield fault(thing, found, "content as docs/format.md describes it")


def _show(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
