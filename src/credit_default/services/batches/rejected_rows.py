"""The rejected rows of a batch as the control room shows them, and the file in which an analyst corrects them.

Both hold clients' rows: who may see clients may see these.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from credit_default.adapters.files.table_export import render_csv
from credit_default.adapters.tables.queries import collect_rows, scan_table
from credit_default.data.contract.schema import Schema
from credit_default.services.batches.rule_words import describe_rule
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.quarantine import find_rejected

PAGE_SIZE: Final = 50
_RULES: Final = "broken_rules"  # the last column of the file to correct; no schema has it
_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?([eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class RuleCount:
    """A rule, and how many of the rejected rows broke it; a row may break several."""

    rule: str
    words: str
    row_count: int


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A rejected row: its line in the file (the header is line 1), the rules, and the values as they were in the file."""

    line: int
    client_id: str
    rules: tuple[str, ...]  # in words
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RejectedPage:
    """A page of rejected rows, in the file's order, with the count of each rule over all of them."""

    rows: tuple[RejectedRow, ...]
    row_count: int
    rules: tuple[RuleCount, ...]
    number: int
    page_count: int


def count_rejected(wiring: Wiring, batch_id: str) -> tuple[RuleCount, ...]:
    """Return how many of the batch's rows broke each rule, the most often broken first; none where no row did."""
    own = scan_table(wiring.lake, "quarantine").filter(pl.col("batch_id") == batch_id)
    counted = collect_rows(
        wiring.lake, own.select("rules").explode("rules").group_by("rules").agg(count=pl.len())
    )
    return _list_rules(wiring.schema, dict(counted.drop_nulls().iter_rows()))


def list_rejected(wiring: Wiring, batch_id: str, *, page: int = 1) -> RejectedPage:
    """Return a page of the batch's rejected rows; a page behind the last one is the last one.

    Raises:
        InputError: There is no batch of that id.
    """
    found = find_rejected(wiring, batch_id)
    page_count = max(1, -(-found.rows.height // PAGE_SIZE))
    number = min(page, page_count)
    shown = found.rows.slice((number - 1) * PAGE_SIZE, PAGE_SIZE)
    return RejectedPage(
        tuple(_build_row(row, wiring.schema) for row in shown.iter_rows(named=True)),
        found.rows.height,
        _list_rules(wiring.schema, found.rule_counts),
        number,
        page_count,
    )


def render_correction_file(wiring: Wiring, batch_id: str) -> bytes:
    """Return the batch's rejected rows as a CSV file with the columns of the file that they came in, and the rules last.

    Corrected, it goes back with `ingest --corrects` or `predict --corrects`, which leave out the column of rules. A cell
    that a spreadsheet would run as a formula begins with an apostrophe; a negative number is left as it is.

    Raises:
        InputError: There is no batch of that id.
    """
    found = find_rejected(wiring, batch_id).rows
    rows = [_build_row(row, wiring.schema) for row in found.iter_rows(named=True)]
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    frame = pl.DataFrame(
        [{**row.values, _RULES: "; ".join(row.rules)} for row in rows],
        schema=dict.fromkeys([*names, _RULES], pl.String),
    )
    return render_csv(frame, plain=_NUMBER.pattern)


def _build_row(row: Mapping[str, Any], schema: Schema) -> RejectedRow:
    raw: Mapping[str, Any] = json.loads(row["raw_values"])
    values = {name: "" if value is None else str(value) for name, value in raw.items()}
    own = {"client_id": row["client_id"], "statement_month": row["statement_month"]}
    given = {name: text for name, text in own.items() if text and text != "unknown"}
    return RejectedRow(
        int(row["line"]),
        str(row["client_id"] or ""),
        tuple(describe_rule(schema, rule) for rule in row["rules"]),
        {**given, **values},
    )


def _list_rules(schema: Schema, counts: Mapping[str, int]) -> tuple[RuleCount, ...]:
    ordered: Iterable[tuple[str, int]] = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return tuple(RuleCount(rule, describe_rule(schema, rule), count) for rule, count in ordered)
