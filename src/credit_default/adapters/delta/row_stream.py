"""Stream frames into a Delta table in one commit, a record batch at a time.

Memory does not grow with the number of rows. What the frames' reader raises reaches the caller as it was raised, although
deltalake would put an error of its own in its place.
"""

from collections.abc import Callable, Iterable, Iterator

import polars as pl
import pyarrow as pa
from deltalake import (
    ColumnProperties,
    CommitProperties,
    DeltaTable,
    WriterProperties,
    write_deltalake,
)

from credit_default.adapters.delta.errors import DELTA_EXCEPTIONS, panics_as_errors
from credit_default.adapters.delta.plain_addresses import add_partitions
from credit_default.adapters.delta.retries import StreamFailedError
from credit_default.adapters.delta.table import LakeTable
from credit_default.failpoints import hit_failpoint

Frames = Callable[[], Iterable[pl.DataFrame]]  # called again for each attempt

GROUP_ROWS = 131_072
# Nearly every value of these differs from all others: a dictionary would only cost space.
HIGH_CARDINALITY_COLUMNS = ("client_id", "default_probability")


class RowStream:
    """Frames that are streamed into a commit, with a count of their rows.

    Attributes:
        row_count: How many rows the last attempt streamed.
    """

    def __init__(self, read: Frames, table: LakeTable) -> None:
        self.row_count = 0
        self._failure: BaseException | None = None
        self._read, self._table, self._schema = read, table, table.schema

    def overwrite(self, delta: DeltaTable, predicate: str, properties: CommitProperties) -> None:
        """Commit the frames' rows in place of all rows that match `predicate` (SQL).

        Raises:
            StreamFailedError: The reader of the frames raised; nothing is committed.
        """
        self.row_count, self._failure = 0, None
        reader = pa.RecordBatchReader.from_batches(self._schema, self._batches())
        try:
            with panics_as_errors():
                write_deltalake(
                    delta,
                    reader,
                    mode="overwrite",
                    predicate=predicate,
                    commit_properties=properties,
                    schema_mode="merge",  # adds columns that the table of an older lake lacks
                    writer_properties=build_writer_properties(self._schema),
                )
        except DELTA_EXCEPTIONS as error:
            if self._failure is not None:
                raise StreamFailedError(self._failure) from error
            raise

    def _batches(self) -> Iterator[pa.RecordBatch]:
        try:
            for frame in self._read():
                self.row_count += frame.height
                rows = to_arrow(frame, self._schema)
                add_partitions(self._table.uri, self._table.partition_by, rows)
                yield from rows.to_batches()
            hit_failpoint("table.streamed")
        except BaseException as error:
            self._failure = error
            raise


def to_arrow(frame: pl.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return the schema's columns of the frame, in the schema's order and types."""
    return frame.select(schema.names).to_arrow().cast(schema)


def build_writer_properties(schema: pa.Schema) -> WriterProperties:
    """Return small row groups, so that a reader can hold one, and no dictionary for columns of mostly unique values."""
    plain = ColumnProperties(dictionary_enabled=False)
    unique = {name: plain for name in HIGH_CARDINALITY_COLUMNS if name in schema.names}
    return WriterProperties(
        compression="ZSTD", max_row_group_size=GROUP_ROWS, column_properties=unique
    )
