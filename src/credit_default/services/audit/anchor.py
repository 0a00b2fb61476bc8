"""Note the ledger's head in a file that is kept where nobody who can write to the lake can write.

A whole chain that was written anew is unbroken in itself; only a head that was noted before tells it from the true one.
docs/format.md has the form of the file.
"""

from pathlib import Path

from credit_default.adapters.host.atomic_files import disk_errors, write_atomically
from credit_default.adapters.host.given_paths import resolve_file
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import InputError
from credit_default.views.summaries.summary import Summary


def note_head(lake: Lake, proved: Summary, given: Path) -> None:
    """Add the ledger's head to the file as a line, unless its last line says so already; a broken lake adds nothing.

    Args:
        lake: The lake that was verified.
        proved: What verifying it found.
        given: The file; it is made where there is none.

    Raises:
        InputError: The ledger has no entry, or the file is no text.
        ServiceError: The disk cannot be read or written.
    """
    if proved.exit_code:
        return
    head = next((e for e in read_entries(lake) if e.entry_hash == proved.paths.get("head")), None)
    if head is None:
        raise InputError(
            "ledger",
            found="no entry",
            expected="a head to note",
            remedy="Train a model or score a batch first.",
        )
    path, line = resolve_file(given, thing="--write-anchor"), f"{head.sequence} {head.entry_hash}"
    lines = _read_lines(path)
    if not lines or lines[-1] != line:
        content = "".join(f"{one}\n" for one in (*lines, line))
        write_atomically(path, content.encode(), thing="--write-anchor")


def _read_lines(path: Path) -> list[str]:
    if not path.exists():
        return []
    try:
        with disk_errors(path, thing="--write-anchor"):
            return path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise InputError(
            f"--write-anchor {path}",
            found="a file that is no text",
            expected="a file of noted heads, or none yet",
            remedy="Name another file.",
        ) from error
