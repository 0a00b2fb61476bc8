"""Pass one over a batch in partitions: each is counted by a worker, and repeated keys are found by a shuffle of their hashes.

A worker puts the hashes of its rows' keys into buckets, equal hashes into equal buckets; another worker is given the bucket of
every partition and finds the keys that are in several rows. The rule is that of one machine: all rows of such a key are
rejected, whatever partitions they are in.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np

from credit_default.adapters.dask.task_runs import Cluster
from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.single_files import StatementFile, build_no_rows_error
from credit_default.adapters.files.statement_files import Statements
from credit_default.adapters.files.statement_folders import StatementFolder
from credit_default.data.checking.duplicate_keys import (
    KeyHashes,
    RepeatedKeys,
    find_repeated_keys,
)
from credit_default.data.checking.file_tally import FileTally, count_rows, merge_tallies
from credit_default.data.checking.number_mark_faults import MarkTally
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.checking.row_rules import RowRules
from credit_default.data.checking.validation import (
    OutcomeUse,
    ValidationResult,
    build_file_rules,
    conclude_check,
)
from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.services.partitions.file_partition import FilePartition, cut_part
from credit_default.services.partitions.part_opening import OpenedParts, sum_before

_BUCKETS_OF_A_WORKER: Final = 2


@dataclass(frozen=True, slots=True)
class RowCheck:
    """How rows are checked: what a worker needs to build the rules for itself."""

    columns: tuple[str, ...]
    schema: Schema = field(repr=False)
    outcome: OutcomeUse
    marks: NumberMarks | None

    def build_rules(self) -> RowRules:
        """Return the rules.

        Raises:
            InputError: As `build_file_rules`.
        """
        return build_file_rules(
            self.columns, schema=self.schema, outcome=self.outcome, marks=self.marks
        )


@dataclass(frozen=True, slots=True)
class PartitionedFile:
    """A checked file in partitions, each of which knows its place in the batch: what pass two needs."""

    statements: Statements
    partitions: tuple[FilePartition, ...]
    check: RowCheck
    repeated: RepeatedKeys = field(repr=False)


@dataclass(frozen=True, slots=True)
class CheckedPartitions:
    """What pass one found, and the partitions for pass two."""

    validated: ValidationResult
    file: PartitionedFile


def check_partitions(
    cluster: Cluster,
    opened: OpenedParts,
    *,
    schema: Schema,
    outcome: OutcomeUse,
    options: ReadingOptions,
    partition_rows: int,
) -> CheckedPartitions:
    """Check all rows of a batch, as `check_rows` does it on one machine.

    Args:
        cluster: The workers.
        opened: The batch.
        schema: The portfolio's columns and rules.
        outcome: As of `check_rows`.
        options: How the files are read.
        partition_rows: The most rows in a partition, where they can be counted beforehand.

    Raises:
        InputError: As `check_rows`.
        ServiceError: As `Cluster.run_each`.
    """
    header = opened.statements.header
    columns = (*schema.names, *([OUTCOME] if header.has_outcome else []))
    check = RowCheck(columns, schema, outcome, options.marks)
    rules = check.build_rules()
    partitions = _cut_parts(cluster, opened, partition_rows=partition_rows)
    bucket_count = _BUCKETS_OF_A_WORKER * cluster.worker_count
    counted, repeated = cluster.run_and_shuffle(
        count_partition,
        partitions,
        check,
        bucket_count,
        reduce=find_repeated_keys,
        bucket_count=bucket_count,
    )
    _require_same_parts(opened.statements)
    if not any(part.read_count for part in counted):
        raise build_no_rows_error(opened.statements.path)
    joined = _join_repeated(repeated)
    tally = merge_tallies(
        (part.tally for part in counted), numbers=MarkTally(schema.columns, rules.marks)
    )
    validated = conclude_check(
        tally,
        joined,
        read=opened.statements.read_batches,
        rules=rules,
        has_outcome=header.has_outcome,
    )
    file = PartitionedFile(opened.statements, _place_partitions(counted), check, joined)
    return CheckedPartitions(validated, file)


@dataclass(frozen=True, slots=True)
class CountedPartition:
    """What a worker saw of one partition; its keys are left out."""

    partition: FilePartition
    read_count: int  # rows, those whose outcome is to be ignored included
    tally: FileTally


def count_partition(
    partition: FilePartition, check: RowCheck, bucket_count: int
) -> tuple[CountedPartition, list[KeyHashes]]:
    """Return what is seen of the partition's rows, and the hashes of their keys in buckets. A worker calls this."""
    tally = count_rows(partition.read_rows(), schema=check.schema, rules=check.build_rules())
    keys, tally.keys = tally.keys, []
    hashes = np.concatenate([np.empty(0, np.uint64), *(rows.hashes for rows in keys)])
    sound = np.concatenate([np.empty(0, np.bool_), *(rows.sound for rows in keys)])
    places = hashes % np.uint64(bucket_count)
    buckets = [
        KeyHashes(hashes[places == number], sound[places == number])
        for number in range(bucket_count)
    ]
    read_count = tally.row_count + tally.left_out_count
    return CountedPartition(partition, read_count, tally), buckets


@dataclass(frozen=True, slots=True)
class _WholePart:
    file: StatementFile
    origin: str

    @property
    def name(self) -> str:
        return f"part {self.file.path.name}"

    def split(self) -> tuple["_WholePart", ...]:
        return ()


def count_part_rows(part: _WholePart) -> int:
    """Return how many rows a part has, by reading it. A worker calls this."""
    batches = FilePartition(part.file, origin=part.origin).read_rows()
    return sum(batch.height for batch in batches)


def _cut_parts(
    cluster: Cluster, opened: OpenedParts, *, partition_rows: int
) -> list[FilePartition]:
    """Return the partitions; where clients are numbered through the batch, each part knows how many come before it."""
    firsts = [0] * len(opened.parts)
    if opened.statements.header.numbers_clients and len(opened.parts) > 1:
        whole = list(map(_WholePart, opened.parts, opened.origins))
        firsts = sum_before(cluster.run_each(count_part_rows, whole))
    return [
        partition
        for file, count, first, origin in zip(
            opened.parts, opened.row_counts, firsts, opened.origins, strict=True
        )
        for partition in cut_part(
            file, count, first_row=first, partition_rows=partition_rows, origin=origin
        )
    ]


def _place_partitions(counted: Sequence[CountedPartition]) -> tuple[FilePartition, ...]:
    """Return the partitions that have rows, with the numbers of rows that pass one found."""
    placed: list[FilePartition] = []
    part_first = seen = 0
    for number, one in enumerate(counted):
        if number and one.partition.start == 0:
            part_first += seen
            seen = 0
        start, seen = seen, seen + one.read_count
        if one.read_count:
            placed.append(replace(one.partition, first_row=part_first, start=start, stop=seen))
    return tuple(placed)


def _join_repeated(found: Sequence[RepeatedKeys]) -> RepeatedKeys:
    hashes = np.sort(np.concatenate([keys.hashes for keys in found]))
    return RepeatedKeys(
        hashes,
        sum(keys.row_count for keys in found),
        sum(keys.sound_row_count for keys in found),
    )


def _require_same_parts(statements: Statements) -> None:
    if isinstance(statements, StatementFolder):
        statements.require_same_parts()
