"""Read a log file while another process is still writing it."""

from pathlib import Path


class LogTail:
    """The lines that were added to a file since it was last read; an unfinished last line waits for its end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._rest = b""

    def read_new(self) -> list[str]:
        """Return the complete lines added since the last call, in order; bytes that are not UTF-8 become `�`."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            content = file.read()
        self._position += len(content)
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [line.decode("utf-8", errors="replace").rstrip("\r") for line in lines]
