"""The files that were refused as a whole: each stays in `refused/` with the reason beside it until a person removes it."""

import datetime as dt
import json
import re
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.lake.inbox import REFUSED
from credit_default.adapters.lake.layout import Lake

_REASON: Final = ".reason.json"
_DIGEST: Final = re.compile(r"\A[0-9a-f]{16}-")
_LONGEST_REASON: Final = 20_000  # bytes that are read of one


@dataclass(frozen=True, slots=True)
class RefusedFile:
    """A refused file: the name that it came under, when it was refused, and the reason in the words of the error.

    The reason may quote cells of the file.
    """

    name: str
    key: str  # in the lake
    refused_at: dt.datetime
    found: str = ""
    expected: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class RefusedFiles:
    """The newest refused files, and how many there are in all."""

    newest: tuple[RefusedFile, ...]
    count: int


def list_refused_files(lake: Lake, *, most: int) -> RefusedFiles:
    """Return at most so many of the refused files, the newest first."""
    reasons = sorted(
        (stored for stored in lake.storage.list_objects(REFUSED) if stored.key.endswith(_REASON)),
        key=lambda stored: (stored.modified_at, stored.key),
        reverse=True,
    )
    newest = tuple(_read(lake, stored.key, stored.modified_at) for stored in reasons[:most])
    return RefusedFiles(newest, len(reasons))


def _read(lake: Lake, key: str, at: dt.datetime) -> RefusedFile:
    content = lake.storage.read_object(key) or b"{}"
    try:
        reason = json.loads(content[:_LONGEST_REASON])
    except ValueError:  # cut short, or written by hand
        reason = {}
    texts = {name: str(reason.get(name, "")) for name in ("found", "expected", "remedy")}
    file = key.removesuffix(_REASON)
    return RefusedFile(_DIGEST.sub("", file.removeprefix(REFUSED)), file, at, **texts)
