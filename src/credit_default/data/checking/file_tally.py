"""What pass one over a file accumulates, batch by batch: counts, and nine bytes for each row's key.

The tallies of a file's parts, merged in the order of the parts, are the tally of the file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from credit_default.data.checking.duplicate_keys import KeyHashes, build_key_hashes
from credit_default.data.checking.file_faults import SHOWN_COUNT, collect_examples
from credit_default.data.checking.id_damage import IdShape, count_id_shapes
from credit_default.data.checking.label_rows import find_label_rows
from credit_default.data.checking.number_mark_faults import MarkTally
from credit_default.data.checking.row_rules import RowRules
from credit_default.data.contract.schema import CLIENT_ID, LINE, STATEMENT_MONTH, Schema

_FIRST_LINE = 2  # the header's is 1


@dataclass(slots=True)
class FileTally:
    """What pass one has seen of a file so far."""

    numbers: MarkTally
    row_count: int = 0
    left_out_count: int = 0
    sound_count: int = 0  # rows that break no rule but may have a repeated key
    rule_counts: Counter[str] = field(default_factory=Counter)
    months: set[str] = field(default_factory=set)
    month_counts: Counter[str] = field(default_factory=Counter)
    noted_counts: Counter[str] = field(default_factory=Counter)
    id_shapes: Counter[IdShape] = field(default_factory=Counter)
    examples: dict[str, dict[str, None]] = field(default_factory=dict)  # by column, as they appear
    keys: list[KeyHashes] = field(default_factory=list)  # stays empty where a key may come twice


def count_batch(raw: pl.DataFrame, *, rules: RowRules, tally: FileTally, unique_key: bool) -> None:
    """Add a raw batch to the tally.

    Args:
        raw: The batch, with its lines.
        rules: The schema's rules.
        tally: What was seen before.
        unique_key: Whether a repeated key is a fault.
    """
    read_count = raw.height
    raw = rules.leave_out(raw)
    tally.left_out_count += read_count - raw.height
    if raw.is_empty():
        return
    batch = rules.separate(raw)
    tally.numbers.count_points(raw)
    sound = np.ones(raw.height, dtype=np.bool_)
    if batch.rejected.height:
        places = pl.Series(np.arange(raw.height)).filter(
            raw[LINE].is_in(batch.rejected[LINE].implode())
        )
        sound[places.to_numpy()] = False
        counts = batch.rejected["rules"].explode().value_counts()
        tally.rule_counts.update(dict(counts.iter_rows()))
        collect_examples(batch.rejected, rules=rules, into=tally.examples)
        tally.numbers.count_marks(batch.rejected)
    tally.row_count += raw.height
    tally.sound_count += batch.accepted.height
    tally.noted_counts.update(batch.noted_counts)
    tally.id_shapes.update(count_id_shapes(batch.accepted[CLIENT_ID]))
    months = dict(batch.keys[STATEMENT_MONTH].drop_nulls().value_counts().iter_rows())
    tally.month_counts.update(months)
    tally.months.update(
        batch.accepted[STATEMENT_MONTH].unique() if batch.rejected.height else months
    )
    if unique_key:
        keys = batch.keys
        if (labels := find_label_rows(batch.rejected)).height:
            is_client = ~raw[LINE].is_in(labels[LINE].implode())
            keys, sound = keys.filter(is_client), sound[is_client.to_numpy()]
        tally.keys.append(build_key_hashes(keys, sound))


def count_rows(batches: Iterable[pl.DataFrame], *, schema: Schema, rules: RowRules) -> FileTally:
    """Return what pass one sees of these raw batches, which may be all of a file or a part of it."""
    tally = FileTally(MarkTally(schema.columns, rules.marks))
    for raw in number_lines(batches):
        count_batch(raw, rules=rules, tally=tally, unique_key=schema.unique_key)
    return tally


def number_lines(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """Yield the batches, each with the column `line`; those without rows are left out."""
    line = _FIRST_LINE
    for batch in batches:
        lines = pl.int_range(line, line + batch.height, dtype=pl.Int64, eager=True).alias(LINE)
        line += batch.height
        if batch.height:
            yield batch if LINE in batch.columns else batch.with_columns(lines)


def merge_tallies(tallies: Iterable[FileTally], *, numbers: MarkTally) -> FileTally:
    """Return the tally of a file from those of its parts, in their order; the parts' keys are left out.

    Args:
        tallies: The tallies of the parts.
        numbers: An empty tally of the file's numbers, to which those of the parts are added.
    """
    merged = FileTally(numbers)
    for part in tallies:
        merged.numbers.add(part.numbers)
        merged.row_count += part.row_count
        merged.left_out_count += part.left_out_count
        merged.sound_count += part.sound_count
        merged.rule_counts.update(part.rule_counts)
        merged.months |= part.months
        merged.month_counts.update(part.month_counts)
        merged.noted_counts.update(part.noted_counts)
        merged.id_shapes.update(part.id_shapes)
        for column, values in part.examples.items():
            seen = merged.examples.setdefault(column, {})
            if len(seen) < SHOWN_COUNT:
                seen.update(values)
    return merged
