"""A log file that is still being written, read as it grows."""

from pathlib import Path


class LogTail:
    """The lines of one file that have come since it was last asked; the last one only once it has ended."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._rest = b""

    def read_new(self) -> list[str]:
        """The whole lines since the last time, in order; bytes that are no UTF-8 become a mark."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            content = file.read()
        self._position += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [line.decode("utf-8", errors="replace").rstrip("\r") for line in lines]
