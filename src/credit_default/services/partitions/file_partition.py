"""A partition of a file of statements: a part of a folder, or a run of rows of one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from credit_default.adapters.files.single_files import StatementFile
from credit_default.services.partitions.part_copies import open_copy


@dataclass(frozen=True, slots=True)
class FilePartition:
    """Rows of one part of a batch, in the order of the batch.

    Attributes:
        file: The part, opened.
        first_row: How many rows the parts before it have.
        start: The first row of the partition, counted in its part from 0.
        stop: The row after its last one; None for all that follow, where their number is not known yet.
        origin: Where in a bucket the part is, `s3://…`: a worker that has no copy fetches it. Empty for files on disk.
    """

    file: StatementFile
    first_row: int = 0
    start: int = 0
    stop: int | None = None
    origin: str = ""

    @property
    def name(self) -> str:
        """Return what it holds, as messages say it."""
        if self.start == 0 and self.stop is None:
            return f"part {self.file.path.name}"
        last = "the last" if self.stop is None else f"{self.stop:,}"
        return f"rows {self.start + 1:,} to {last} of part {self.file.path.name}"

    @property
    def place(self) -> str:
        """Return a name that no other partition of the batch has; names sort as the rows do."""
        return f"{self.first_row + self.start:012d}-{(self.stop or 0) - self.start:d}"

    def split(self) -> tuple["FilePartition", ...]:
        """Return two halves, in order; empty where the number of rows is not known, or is one."""
        if self.stop is None or self.stop - self.start < 2:  # noqa: PLR2004 - rows
            return ()
        middle = (self.start + self.stop) // 2
        return replace(self, stop=middle), replace(self, start=middle)

    def read_rows(self, *, batch_rows: int = 65_536) -> Iterator[pl.DataFrame]:
        """Yield the raw rows, batch by batch, with the lines that they have in the batch.

        Raises:
            InputError: A row cannot be read, or the part was written to since it was opened.
        """
        with open_copy(self.file, self.origin) as file:
            yield from self._read_rows(file, batch_rows)

    def _read_rows(self, file: StatementFile, batch_rows: int) -> Iterator[pl.DataFrame]:
        seen = 0
        for batch in file.read_part(batch_rows=batch_rows, first_row=self.first_row):
            end = batch.height if self.stop is None else self.stop - seen
            begin = max(self.start - seen, 0)
            seen += batch.height
            if begin < min(end, batch.height):
                yield batch.slice(begin, end - begin)
            if self.stop is not None and seen >= self.stop:
                file.require_unchanged()
                return


def cut_part(
    file: StatementFile,
    row_count: int | None,
    *,
    first_row: int,
    partition_rows: int,
    origin: str = "",
) -> list[FilePartition]:
    """Return the partitions of one part: runs of at most `partition_rows` rows, or all of it where their number is unknown."""
    if row_count is None or row_count <= partition_rows:
        return [FilePartition(file, first_row, stop=row_count, origin=origin)]
    starts = range(0, row_count, partition_rows)
    return [
        FilePartition(file, first_row, start, min(start + partition_rows, row_count), origin)
        for start in starts
    ]
