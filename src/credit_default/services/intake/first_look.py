"""Look at a file before anything slow starts: a command checks it first, and its flow goes on with the result.

A file that cannot be used is refused in a second, not after a server has come up; a good one is not read twice for it.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from credit_default.gates.quality import judge_quality
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_access import open_fetched_file
from credit_default.services.intake.file_check import (
    CheckedFile,
    FileRequest,
    count_faults,
    held_files,
    inspect_file,
    refuse_file,
    require_fitting_months,
)


@contextmanager
def hold_checked_file(wiring: Wiring, request: FileRequest) -> Iterator[CheckedFile]:
    """Check a file now, and let `check_file`, asked the same, return the result during the block.

    Raises:
        InputError: As `check_file`.
    """
    with open_fetched_file(wiring, request.uri):
        checked = inspect_file(wiring, request)
        held_files[request] = checked
        try:
            yield checked
        finally:
            del held_files[request]


def refuse_broken_file(wiring: Wiring, checked: CheckedFile, *, judged_at: dt.datetime) -> None:
    """Refuse the file when it has too many broken rows or months in the future, whatever came before it.

    What those say is judged by the flow: it takes longer.

    Raises:
        InputError: As `judge_file`.
        RefusedError: As `judge_file`; only the refusal is recorded, in the ledger.
    """
    require_fitting_months(wiring, checked, now=judged_at)
    verdict = judge_quality(count_faults(checked), policy=wiring.settings.quality)
    if not verdict.passed:
        refuse_file(wiring, checked, verdict, judged_at=judged_at)
