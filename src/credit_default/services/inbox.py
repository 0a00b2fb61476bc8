"""What becomes of a file in `incoming/` once its result is committed, or once it was refused."""

from credit_default.adapters.incoming import move_processed, move_refused
from credit_default.adapters.lake import Lake
from credit_default.adapters.storage import StoredObject
from credit_default.errors import CreditDefaultError
from credit_default.failpoints import reach


def put_away_scored(lake: Lake, waiting: StoredObject, *, batch_id: str) -> str | None:
    """The key in `processed/` under which the file stands now, or None when it was written anew meanwhile and waits, or is gone.

    Call it only after the result is committed.
    """
    moved = move_processed(lake, waiting, batch_id=batch_id)
    reach("inbox.processed")
    return moved


def put_away_refused(lake: Lake, waiting: StoredObject, error: CreditDefaultError) -> str | None:
    """The key in `refused/` under which the file stands now, the reason beside it as `<name>.reason.json`.

    None when it was written anew meanwhile and waits, or is gone: `adapters.incoming.look_again` tells which.
    """
    reason = {"thing": error.thing, "found": error.found, "expected": error.expected, "remedy": error.remedy}
    moved = move_refused(lake, waiting, reason=reason)
    reach("inbox.refused")
    return moved
