"""Measure how many rows a second the contract checks, in both passes, and how much memory that takes.

    python benchmarks/check_speed.py [rows]

Rows come from a CSV file, as texts, and with their types. They are random, not real. Set POLARS_MAX_THREADS=1 for the
figures of one core.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import ReadBatches, check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD

BATCH_ROWS = 65_536


def draw_rows(count: int) -> pl.DataFrame:
    """Return random rows that satisfy the credit-card schema."""
    rng = np.random.default_rng(0)
    drawn: dict[str, object] = {
        "client_id": [str(number) for number in range(count)],
        "statement_month": ["2005-09"] * count,
    }
    for column in CREDIT_CARD.inputs:
        if column.name == "credit_limit":
            drawn[column.name] = rng.integers(1, 100, count) * 10_000.0
        elif column.kind == "amount":
            drawn[column.name] = rng.integers(0, 20_000, count).astype(np.float64)
        elif column.codes:
            drawn[column.name] = rng.choice(list(column.codes)[:3], count)
        else:
            drawn[column.name] = rng.integers(21, 79, count)
    return pl.DataFrame(drawn)


def time_check(name: str, read: ReadBatches) -> None:
    """Print the rows a second of each pass."""
    start = time.perf_counter()
    validated = check_rows(read, schema=CREDIT_CARD)
    middle = time.perf_counter()
    accepted_count = sum(batch.accepted.height for batch in validated.batches())
    end = time.perf_counter()
    count = validated.row_count
    print(
        f"{name:8} {count:>10,} rows, {accepted_count:,} accepted:"
        f" {count / (middle - start):>12,.0f} rows/s to judge, {count / (end - middle):>12,.0f} rows/s to return"
    )


def write_csv(path: Path, count: int) -> None:
    """Write the rows part by part, so that the peak of memory measured later is the reader's."""
    with path.open("wb") as file:
        for place, start in enumerate(range(0, count, BATCH_ROWS)):
            part = draw_rows(min(BATCH_ROWS, count - start))
            part = part.with_columns(client_id=pl.format("{}-{}", pl.lit(place), "client_id"))
            part.write_csv(file, include_header=place == 0)


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        write_csv(path, count)
        time_check("csv", lambda: open_statement_file(path, schema=CREDIT_CARD).read_batches())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"peak of memory after the CSV: {peak:,} MB")
    typed = draw_rows(count)
    text = typed.cast(pl.String)

    def slices(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
        return frame.iter_slices(BATCH_ROWS)

    time_check("typed", lambda: slices(typed))
    time_check("text", lambda: slices(text))


if __name__ == "__main__":
    main()
