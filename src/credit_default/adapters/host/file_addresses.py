"""Read the path of a file on this machine from its address, which may be a `file:` URI or a path.

Paths are compared, never addresses: `file:///My%20Lake` and `/My Lake` are one folder. The opposite is `Path.as_uri`.
"""

from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname


def find_file_path(address: str) -> Path | None:
    """Return the absolute path that the address names.

    None where it names anything else: `s3://…`, `./folder`, a file of another machine, or a path that climbs with `..`.
    """
    if address.startswith("file:"):
        parts = urlsplit(address)
        if parts.netloc not in {"", "localhost"}:
            return None
        path = Path(url2pathname(parts.path))
    else:
        path = Path(address)
    return path if path.is_absolute() and ".." not in path.parts else None
