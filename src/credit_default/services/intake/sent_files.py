"""Files that people send to the control room: kept while they are looked at, then put into `incoming/` as they were.

A file is kept on this machine's disk under the digest of its content, so that what is sent on is what was looked at. Each look
has a copy of its own: two people may look at the same file at once. A copy goes when it was sent on, after an hour, or when
this process ends.
"""

import datetime as dt
import hashlib
import json
import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.adapters.lake.inbox import choose_incoming_name, create_incoming
from credit_default.adapters.lake.layout import Lake, check_hex
from credit_default.errors import InputError, escape_unprintable
from credit_default.services.context.wiring import Wiring

_FOLDER: Final = "sent-files"
_SENT_MARK: Final = "sent.json"  # beside the file's folder: under which name it went on
_CHUNK_BYTES: Final = 1 << 20

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class KeepingPolicy:
    """How long a file that was looked at waits to be sent on, and how many may wait."""

    keep: dt.timedelta = dt.timedelta(hours=1)
    most_files: int = 20


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that waits to be sent on: the name that it may have in `incoming/`, where it is, and its sha256 in hex."""

    name: str
    path: Path
    sha256: str


def keep_sent_file(
    wiring: Wiring,
    content: Path,
    *,
    sent_as: str,
    now: dt.datetime,
    policy: KeepingPolicy = KeepingPolicy(),
) -> KeptFile:
    """Keep a copy of the file until it is sent on, and let go of those that waited too long.

    Raises:
        InputError: It is empty, or its name cannot be used.
    """
    name = choose_incoming_name(sent_as)
    if not content.stat().st_size:
        raise InputError(
            f"file {name}",
            found="nothing in it",
            expected="a file of statements",
            remedy="Export the file again, and send it.",
        )
    sha256 = _hash_file(content)
    root = _locate(wiring)
    _forget_old_files(root, now=now, policy=policy)
    with disk_errors(root):
        _locate_mark(wiring, sha256).unlink(missing_ok=True)  # looked at anew, it may be sent anew
        folder = Path(tempfile.mkdtemp(prefix=f"{sha256}-", dir=root))
        shutil.copyfile(content, folder / name)
    return KeptFile(name, folder / name, sha256)


def forget_sent_file(kept: KeptFile) -> None:
    """Remove the copy of a file that cannot be sent on."""
    shutil.rmtree(kept.path.parent, ignore_errors=True)


def find_sent_file(wiring: Wiring, sha256: str) -> KeptFile:
    """Return the file of this digest that waits to be sent on, after its content was compared with the digest.

    Raises:
        InputError: It is not kept any more, or has changed.
    """
    copies = _locate(wiring).glob(f"{check_hex(sha256, 'the file')}-*/*")
    found = sorted(copies, key=_read_age)
    if not found or _hash_file(found[0]) != sha256:
        raise InputError(
            "the file",
            found="no copy of it",
            expected="a file that was looked at less than an hour ago",
            remedy="Choose it again: it is looked at anew, and can then be sent.",
        )
    return KeptFile(found[0].name, found[0], sha256)


def send_to_incoming(wiring: Wiring, sha256: str) -> str:
    """Put the file into `incoming/`, from where it is scored, and return the name that it has there.

    Sending it again changes nothing.

    Raises:
        InputError: It is not kept any more, or another file of its name waits in `incoming/`.
        ServiceError: The lake cannot be written to.
    """
    mark = _locate_mark(wiring, sha256)
    with wiring.lake.hold_lock("sent-files"):
        if name := find_sent_name(wiring, sha256):
            return name
        kept = find_sent_file(wiring, sha256)
        if not create_incoming(wiring.lake, kept.name, kept.path) and not _waits(wiring.lake, kept):
            raise InputError(
                f"file {kept.name}",
                found="another file of that name, which waits in incoming/",
                expected="a name of its own",
                remedy="Rename the file, or wait until the other one is scored.",
            )
        with disk_errors(mark):
            mark.write_text(json.dumps(kept.name), encoding="utf-8")
        forget_sent_file(kept)
    _LOG.info("sent file name=%s sha256=%s", escape_unprintable(kept.name), sha256)
    return kept.name


def find_sent_name(wiring: Wiring, sha256: str) -> str:
    """Return the name under which the file of this digest was sent on in the last hour; "" where it was not.

    Raises:
        InputError: It is no digest.
    """
    mark = _locate_mark(wiring, sha256)
    return str(json.loads(mark.read_text(encoding="utf-8"))) if mark.is_file() else ""


def _locate_mark(wiring: Wiring, sha256: str) -> Path:
    return _locate(wiring) / f"{check_hex(sha256, 'the file')}.{_SENT_MARK}"


def _waits(lake: Lake, kept: KeptFile) -> bool:
    """Return whether `incoming/` has this very file already."""
    with lake.scratch() as folder:
        fetched = lake.storage.fetch_object(f"incoming/{kept.name}", folder)
        return fetched is not None and _hash_file(fetched.path) == kept.sha256


def _locate(wiring: Wiring) -> Path:
    return wiring.scratch / _FOLDER


def _forget_old_files(root: Path, *, now: dt.datetime, policy: KeepingPolicy) -> None:
    """Remove what waited too long, and the oldest where too many wait."""
    with disk_errors(root):
        root.mkdir(parents=True, exist_ok=True)
        waiting = sorted((_read_age(path), path) for path in root.iterdir())
    oldest = (now - policy.keep).timestamp()
    for place, (age, path) in enumerate(waiting):
        if place >= policy.most_files or -age < oldest:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _read_age(path: Path) -> float:
    """Return a number that is smaller for a newer file; the largest for one that is gone meanwhile."""
    try:
        return -path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _hash_file(path: Path) -> str:
    digest = hashlib.sha256()
    with disk_errors(path), path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
