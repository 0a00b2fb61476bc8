"""Let the workers of a cluster write a checked file's rows, to be committed by this process."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from credit_default.adapters.lake.snapshots import has_snapshot
from credit_default.adapters.tables.worker_files import begin_run, end_run, remove_part_files
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
    partitions, accepted_count = checked.partitions, checked.validated.accepted_count
    with worker_run(wiring) as run:
        task = KeepTask(
            locate_lake(wiring),
            checked.batch_id,
            run,
            partitions.check,
            partitions.repeated,
            checked.known,
        )
        yield keep_partitions(cluster, partitions, task, accepted_count=accepted_count)


@contextmanager
def worker_run(wiring: Wiring) -> Iterator[str]:
    """Yield a name for the files that workers store below the tables in the block; they are removed when it raises.

    A process that is killed leaves its mark, by which `reconcile` finds the files.
    """
    run = secrets.token_hex(_RUN_BYTES)
    begin_run(wiring.lake, run)
    try:
        yield run
    except BaseException:
        remove_part_files(wiring.lake, run=run)
        end_run(wiring.lake, run)
        raise
    end_run(wiring.lake, run)


def locate_lake(wiring: Wiring) -> LakeAddress:
    """Return where workers find the lake."""
    return LakeAddress(wiring.lake.uri, wiring.settings.home)
