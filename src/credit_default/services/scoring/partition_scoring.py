"""Score a snapshot in partitions: workers write files of scores, and the run that they work for commits all of them at once.

Reasons go to the first declined clients of the batch, so how many are declined before a partition decides what is given in it.
The first partition knows; the others are scored without reasons, and those few that have some are scored again.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from credit_default.adapters.dask.task_runs import Cluster
from credit_default.adapters.delta.part_files import PartFile
from credit_default.adapters.lake.snapshot_parts import SnapshotPart
from credit_default.adapters.lake.snapshots import (
    Snapshot,
    list_snapshot_parts,
    read_part_rows,
    read_snapshot,
)
from credit_default.adapters.tables.score_sums import ScoreSums
from credit_default.adapters.tables.worker_files import (
    open_part_files,
    remove_files,
    store_part_files,
)
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.expected_loss import LossPolicy
from credit_default.model.explanation.reason_codes import ReasonsPolicy
from credit_default.services.context.wiring import Portfolio
from credit_default.services.partitions.partition_keeping import LakeAddress
from credit_default.services.scoring.batch_reasons import BatchReasons
from credit_default.services.scoring.scored_parts import ScoringTask, score_parts

_NO_REASONS = ReasonsPolicy("none")


@dataclass(frozen=True, slots=True)
class RowsPartition:
    """A run of a snapshot's rows within one of its files.

    Attributes:
        part: The file.
        first_row: How many rows the files before it have.
        start: The first row, counted in the file from 0.
        stop: The row after its last one.
        declined_before: How many declined clients come before it in the batch; None where that is not known.
    """

    part: SnapshotPart
    first_row: int
    start: int
    stop: int
    declined_before: int | None = None

    @property
    def name(self) -> str:
        """Return what it holds, as messages say it."""
        first, last = self.first_row + self.start + 1, self.first_row + self.stop
        return f"rows {first:,} to {last:,} of the batch"

    @property
    def place(self) -> str:
        """Return a name that no other task of the run has; names sort as the rows do."""
        reasons = "" if self.declined_before is None else "r"
        return f"{self.first_row + self.start:012d}-{self.stop - self.start:d}{reasons}"

    def split(self) -> tuple["RowsPartition", ...]:
        """Return two halves, in order; empty where it has one row."""
        if self.stop - self.start < 2:  # noqa: PLR2004 - rows
            return ()
        middle = (self.start + self.stop) // 2
        second = replace(self, start=middle, declined_before=None)
        return replace(self, stop=middle), second


@dataclass(frozen=True, slots=True)
class ScoreTask:
    """What a worker must know to score a partition, besides the model."""

    lake: LakeAddress
    batch_id: str
    model_version: int
    run: str
    scored_at: dt.datetime
    portfolio: Portfolio = field(repr=False)
    reasons: ReasonsPolicy
    loss: LossPolicy


@dataclass(frozen=True, slots=True)
class ScoredPartition:
    """What a worker wrote of one partition, and what it counted."""

    partition: RowsPartition
    files: tuple[PartFile, ...]
    sums: ScoreSums
    trained_row_count: int


@dataclass(frozen=True, slots=True)
class ScoredFiles:
    """The scores of a batch as files that are not committed yet, and what is known of them."""

    files: tuple[PartFile, ...]
    sums: ScoreSums
    trained_row_count: int


def score_partitions(
    cluster: Cluster,
    snapshot: Snapshot,
    bundle: ModelBundle,
    task: ScoreTask,
    *,
    partition_rows: int,
) -> ScoredFiles:
    """Let the workers score all rows of a snapshot, and return the files that they wrote.

    Args:
        cluster: The workers.
        snapshot: The rows.
        bundle: The model.
        task: What the workers must know besides.
        partition_rows: The most rows in a partition.

    Raises:
        InputError: As `score`.
        ServiceError: As `Cluster.run_each`.
    """
    partitions = _cut_snapshot(snapshot, partition_rows=partition_rows)
    scored = cluster.run_each(score_partition, partitions, task, bundle)
    while owed := _list_owed(scored, task.reasons):
        again = cluster.run_each(score_partition, owed, task, bundle)
        replaced = [one for one in scored if _is_within(one.partition, owed)]
        for one in replaced:
            remove_files(snapshot.lake, "scores", one.files)
        kept = [one for one in scored if one not in replaced]
        scored = sorted([*kept, *again], key=lambda one: one.partition.place)
    return ScoredFiles(
        tuple(file for one in scored for file in one.files),
        sum((one.sums for one in scored), start=ScoreSums()),
        sum(one.trained_row_count for one in scored),
    )


def score_partition(
    partition: RowsPartition, task: ScoreTask, bundle: ModelBundle
) -> ScoredPartition:
    """Score the partition's rows and write their scores. A worker calls this."""
    lake = task.lake.open()
    snapshot = read_snapshot(lake, task.batch_id)
    scoring = ScoringTask(
        bundle,
        _start_reasons(partition, task, bundle),
        task.loss,
        task.model_version,
        task.batch_id,
        task.scored_at,
    )
    sums, trained_row_count = ScoreSums(), 0
    with lake.scratch() as folder:
        writer = open_part_files(lake, "scores", folder, name=f"{partition.place}-{task.run}")
        for part in score_parts(scoring, _read_rows(snapshot, partition), jobs=1):
            writer.write(part.frame)
            sums += part.sums
            trained_row_count += part.trained_row_count
        files = store_part_files(lake, "scores", writer)
    return ScoredPartition(partition, files, sums, trained_row_count)


def _start_reasons(partition: RowsPartition, task: ScoreTask, bundle: ModelBundle) -> BatchReasons:
    if task.reasons.mode == "auto" and partition.declined_before is None:
        return BatchReasons(bundle, task.portfolio, _NO_REASONS)
    before = partition.declined_before or 0
    return BatchReasons(bundle, task.portfolio, task.reasons, declined_count=before)


def _cut_snapshot(snapshot: Snapshot, *, partition_rows: int) -> list[RowsPartition]:
    partitions: list[RowsPartition] = []
    first_row = 0
    for part in list_snapshot_parts(snapshot):
        for start in range(0, part.row_count, partition_rows):
            stop = min(start + partition_rows, part.row_count)
            before = None if partitions else 0
            partitions.append(RowsPartition(part, first_row, start, stop, before))
        first_row += part.row_count
    return partitions


def _read_rows(snapshot: Snapshot, partition: RowsPartition) -> Iterator[pl.DataFrame]:
    seen = 0
    for frame in read_part_rows(snapshot, partition.part):
        begin, end = max(partition.start - seen, 0), min(partition.stop - seen, frame.height)
        seen += frame.height
        if begin < end:
            yield frame.slice(begin, end - begin)
        if seen >= partition.stop:
            return


def _list_owed(scored: Sequence[ScoredPartition], policy: ReasonsPolicy) -> list[RowsPartition]:
    """Return the partitions in which declined clients are still owed reasons, each with the number of those before it."""
    owed, before = [], 0
    for one in scored:
        declined_count = one.sums.declined_count
        due = policy.count_explained(before + declined_count) - policy.count_explained(before)
        if due != one.sums.reasoned_count and one.partition.declined_before is None:
            owed.append(replace(one.partition, declined_before=before))
        before += declined_count
    return owed


def _is_within(partition: RowsPartition, others: Sequence[RowsPartition]) -> bool:
    return any(
        other.part == partition.part and other.start <= partition.start < other.stop
        for other in others
    )
