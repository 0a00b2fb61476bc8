"""Read text whose cells are separated by blanks, by one or by as many as align them in columns.

Statistical programs write such files. In them a run of blanks and tabs is one separator, and blanks at either end of a line
are none; a cell that holds a blank is quoted, and an empty one is "". The bytes are brought into that form as they are read.
"""

import io
import re
from pathlib import Path
from typing import Final

BLANK: Final = " "
_BLOCK_BYTES: Final = 1_048_576
_RUN: Final = re.compile(rb"[ \t]+")
_AT_END: Final = re.compile(rb"(?:(?<=[\r\n])|\A) | (?=[\r\n]|\Z)")
_NEEDS_JOINING: Final = re.compile(rb"[ \t]{2}|\t|\A |[\r\n] | [\r\n]| \Z")
_QUOTED_OR_RUN: Final = re.compile(rb'(?<![^ \t\r\n])"[^"\r\n]*+(?:""[^"\r\n]*+)*+"|[ \t]+')


def join_blanks(lines: bytes) -> bytes:
    """Return whole lines with one blank between two cells and none at either end.

    Blanks within quotation marks stay.
    """
    if not _NEEDS_JOINING.search(lines):
        return lines
    if b'"' not in lines:
        return _AT_END.sub(b"", _RUN.sub(BLANK.encode(), lines))
    joined = _QUOTED_OR_RUN.sub(
        lambda found: found[0] if found[0].startswith(b'"') else BLANK.encode(), lines
    )
    return _AT_END.sub(b"", joined)


class JoinedBlanks(io.RawIOBase):
    """The bytes of a blank-separated file as `join_blanks` leaves them, read once from the beginning."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._ready = b""

    def readable(self) -> bool:
        """Return True: it is read only."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer, and return how many bytes there were; 0 at the end of the file."""
        while not self._ready:
            block = self._file.read(_BLOCK_BYTES)
            if not block:
                return 0
            self._ready = join_blanks(block + self._file.readline())
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
