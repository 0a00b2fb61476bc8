"""Refuse a second file of a month where clients are numbered by row: its clients would be taken for those of the first."""

from collections.abc import Collection

from credit_default.adapters.lake.snapshots import Snapshot, list_snapshots, read_snapshot_rows
from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.errors import InputError, show_examples
from credit_default.services.context.wiring import Wiring


def require_own_numbers(
    wiring: Wiring, months: Collection[str], *, sha256: str, thing: str
) -> None:
    """Check that no other file of the lake has numbered clients of the same month.

    Row 17 of one file and row 17 of another are two clients with one name: the outcomes of the one would be the other's.

    Args:
        wiring: The lake, and the schema that says whether clients are numbered.
        months: The file's statement months.
        sha256: The file's digest: the same file may be given again.
        thing: The file, to be named in the error.

    Raises:
        InputError: There is such a file; it is named.
    """
    if not wiring.schema.numbers_clients:
        return
    for snapshot in list_snapshots(wiring.lake):
        if snapshot.source.sha256 == sha256:
            continue
        if shared := sorted(_list_months(snapshot).intersection(months)):
            raise InputError(
                thing,
                found=f"clients numbered by row in {show_examples(shared)}, whose numbers name the rows of "
                f"{snapshot.origin.name} already",
                expected="a month that no other file has, where a portfolio's key is client = 'row-number'",
                remedy="Give it a month of its own, as in --month 2000-02, or name a column with ids in the portfolio's key.",
            )


def _list_months(snapshot: Snapshot) -> set[str]:
    frames = read_snapshot_rows(snapshot, columns=(STATEMENT_MONTH,))
    return {month for rows in frames for month in rows[STATEMENT_MONTH].unique()}
