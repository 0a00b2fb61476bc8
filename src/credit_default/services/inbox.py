"""What becomes of a file in `incoming` once its result is committed, or once it was refused."""

import json
from pathlib import Path

from credit_default.adapters.files import read_digest
from credit_default.adapters.lake import Lake, move_incoming
from credit_default.adapters.staging import write_whole
from credit_default.errors import CreditDefaultError


def put_away_scored(lake: Lake, path: Path, *, batch_id: str) -> Path:
    """Where the file stands now, in `processed`; call it only after its result is committed."""
    return move_incoming(lake, path, to="processed", batch_id=batch_id)


def put_away_refused(lake: Lake, path: Path, error: CreditDefaultError) -> Path:
    """Where the file stands now, in `refused`, with the reason beside it in `<name>.reason.json`."""
    target = move_incoming(lake, path, to="refused", batch_id=read_digest(path)[:16])
    reason = {"thing": error.thing, "found": error.found, "expected": error.expected, "remedy": error.remedy}
    write_whole(target.with_name(target.name + ".reason.json"), json.dumps(reason, indent=2).encode())
    return target
