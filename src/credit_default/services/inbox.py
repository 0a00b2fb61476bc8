"""What becomes of a file in `incoming` once its result is committed, or once it was refused."""

import hashlib
import json
from pathlib import Path

from credit_default.adapters.lake import Lake, move_incoming
from credit_default.adapters.staging import write_whole
from credit_default.errors import CreditDefaultError


def put_away_scored(lake: Lake, path: Path, *, batch_id: str) -> Path:
    """Where the file stands now, in `processed`; call it only after its result is committed."""
    return move_incoming(lake, path, to="processed", batch_id=batch_id)


def put_away_refused(lake: Lake, path: Path, error: CreditDefaultError) -> Path:
    """Where the file stands now, in `refused`, with the reason beside it in `<name>.reason.json`."""
    target = move_incoming(lake, path, to="refused", batch_id=_digest_file(path)[:16])
    reason = {"thing": error.thing, "found": error.found, "expected": error.expected, "remedy": error.remedy}
    write_whole(target.with_name(target.name + ".reason.json"), json.dumps(reason, indent=2).encode())
    return target


def _digest_file(path: Path) -> str:
    # Of the bytes, since what was refused may be no table at all.
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
