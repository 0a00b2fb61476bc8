"""Let the workers of a cluster write a checked file's rows, to be committed by this process."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from credit_default.adapters.lake.snapshots import has_snapshot
from credit_default.adapters.tables.worker_files import remove_part_files
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import CheckedFile
from credit_default.services.partitions.engine import find_engine
from credit_default.services.partitions.partition_keeping import (
    KeepTask,
    KeptRows,
    LakeAddress,
    keep_partitions,
)

_RUN_BYTES = 8


@contextmanager
def keep_in_partitions(wiring: Wiring, checked: CheckedFile) -> Iterator[KeptRows | None]:
    """Yield what the workers wrote; None where the rows are kept already, or this process writes them itself.

    When the block raises, what the workers wrote for the tables is removed again.

    Raises:
        InputError: As `keep_partitions`.
        ServiceError: As `keep_partitions`.
    """
    cluster = find_engine(wiring)
    if cluster is None or checked.partitions is None or has_snapshot(wiring.lake, checked.batch_id):
        yield None
        return
    task = KeepTask(
        locate_lake(wiring),
        checked.batch_id,
        name_run(),
        checked.partitions.check,
        checked.partitions.repeated,
        checked.known,
    )
    with removed_on_error(wiring, task.run):
        accepted_count = checked.validated.accepted_count
        yield keep_partitions(cluster, checked.partitions, task, accepted_count=accepted_count)


@contextmanager
def removed_on_error(wiring: Wiring, run: str) -> Iterator[None]:
    """Remove the files that a run's workers stored below the tables when the block raises."""
    try:
        yield
    except BaseException:
        remove_part_files(wiring.lake, run=run)
        raise


def name_run() -> str:
    """Return a name for a run's files, which no other run has."""
    return secrets.token_hex(_RUN_BYTES)


def locate_lake(wiring: Wiring) -> LakeAddress:
    """Return where workers find the lake."""
    return LakeAddress(wiring.lake.uri, wiring.settings.home)
