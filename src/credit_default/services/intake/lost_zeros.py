"""Recognise ids that have all lost their leading zeros, by the clients that were scored before."""

import polars as pl

from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.checking.id_damage import (
    build_lost_zeros_error,
    count_id_shapes,
    find_padded_width,
)
from credit_default.data.checking.validation import ValidationResult
from credit_default.data.contract.schema import CLIENT_ID
from credit_default.services.context.wiring import Wiring

_SAMPLE_ROWS = 10_000  # of the scores, to see whether ids have leading zeros
_TOO_MANY = 0.5  # of the ids that are too short: known only once they are filled up


def require_ids_with_zeros(wiring: Wiring, validated: ValidationResult) -> None:
    """Check that the file's ids are not those of known clients without their leading zeros.

    The file is read again only if clients have leading zeros and its ids are shorter than theirs.

    Raises:
        InputError: Most of the ids that are shorter are unknown as they are, and known once they
            are filled up with zeros.
    """
    lengths = {shape.digit_count for shape in validated.id_shapes}
    if not lengths or any(shape.leads_with_zero for shape in validated.id_shapes):
        return
    scored = scan_table(wiring.lake, "scores").select(CLIENT_ID)
    sample = collect_rows(wiring.lake, scored.head(_SAMPLE_ROWS))[CLIENT_ID]
    width = find_padded_width(count_id_shapes(sample))
    if width is None or max(lengths) > width or min(lengths) == width:
        return
    shorter = _read_shorter_ids(validated, width=width)
    padded = shorter.str.zfill(width)
    wanted = pl.concat([shorter, padded]).implode()
    known = collect_rows(wiring.lake, scored.filter(pl.col(CLIENT_ID).is_in(wanted)))[CLIENT_ID]
    is_lost = padded.is_in(known.implode()) & ~shorter.is_in(known.implode())
    if is_lost.sum() > _TOO_MANY * len(shorter):
        raise build_lost_zeros_error(
            f"{is_lost.sum():,} ids of fewer than {width} digits, where the lake knows these"
            f" clients with zeros up to {width}"
        )


def _read_shorter_ids(validated: ValidationResult, *, width: int) -> pl.Series:
    text = pl.col(CLIENT_ID)
    is_shorter = (text.str.len_bytes() < width) & ~text.str.contains("[^0-9]")
    rows = (batch.accepted.select(CLIENT_ID) for batch in validated.batches())
    return pl.concat([frame.filter(is_shorter) for frame in rows])[CLIENT_ID].unique()
