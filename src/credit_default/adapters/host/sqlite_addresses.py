"""Write the address of a SQLite file as SQLAlchemy takes it, and read the file's path from such an address.

MLflow, Prefect and Optuna are given their databases by such an address. SQLAlchemy takes what follows a `?` in it for
options, and a line end would break the file in which MLflow reads it; every other character is taken as it is. The path of
a folder whose name has one of these is therefore written in SQLite's own form, a `file:` URI.
"""

from pathlib import Path
from typing import Final
from urllib.parse import quote, unquote

_PLAIN_START: Final = "sqlite:///"
_URI_START: Final = "sqlite+{driver}:///file:"
_URI_END: Final = "?uri=true"
_USUAL_DRIVER: Final = "pysqlite"


def build_sqlite_address(path: Path, *, driver: str = "") -> str:
    """Return SQLAlchemy's address of the SQLite file.

    Args:
        path: The file, an absolute path.
        driver: The driver that the address names; none where it is empty.
    """
    if "?" in str(path) or not str(path).isprintable():
        # The driver is always named here: MLflow creates a folder called "file:" where it is not.
        start = _URI_START.format(driver=driver or _USUAL_DRIVER)
        return f"{start}{quote(str(path))}{_URI_END}"
    return f"sqlite+{driver}:///{path}" if driver else f"{_PLAIN_START}{path}"


def find_sqlite_path(address: str) -> Path | None:
    """Return the file of an address that `build_sqlite_address` made without a driver; None for any other address."""
    start = _URI_START.format(driver=_USUAL_DRIVER)
    if address.startswith(start):
        return Path(unquote(address.removeprefix(start).removesuffix(_URI_END)))
    if address.startswith(_PLAIN_START):
        return Path(address.removeprefix(_PLAIN_START))
    return None
