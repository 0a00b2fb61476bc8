"""The data dictionary as markdown: the columns of statements, outcomes files and the lake's tables.

It is rendered from the declarations themselves (`docs/write_data_dictionary.py`), so that the page
cannot differ from the code. Tables are passed in as plain values, since a view does not know where
they are stored.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from credit_default.data.checking.value_faults import FAULTS, FORMS
from credit_default.data.contract.schema import Column, Schema

_NO_VALUE = "–"
_FORMS_TEXT = (
    "One rule holds for text files, workbooks and Parquet files, whatever type a cell or a column has."
    " An id is taken to the letter, with its leading zeros; only a decimal point with zeros after it is left out,"
    " as spreadsheets and pandas write whole numbers (`20001.0` is client `20001`). A time has its own zone: a midnight"
    " there is a month, in `statement_month`. A run notes how many ids and times were not read as they stand."
)
_FAULTS_TEXT = (
    "What cannot be told from a value alone is refused, by the row, or as a whole where most rows are so."
    " Two kinds of damage show only in many ids together, and the file is refused: ids of more than 15 digits that"
    " all end in zeros after the 15th, which is what a spreadsheet keeps; and ids without their leading zeros, beside"
    " others that have them up to a fixed width, or where clients that were scored before are known only with them."
    " In the first file of a new lake lost zeros cannot be seen: export ids as text."
)


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a stored table: its name, its type in words, and what it says."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class TableDescription:
    """A stored table: its name, what one row of it is, and its columns in order."""

    name: str
    description: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """Consecutive columns that permit the same codes, and what each code means."""

    columns: str
    codes: Mapping[int, str]


def render_dictionary(
    schema: Schema, *, outcomes: Schema, tables: Sequence[TableDescription]
) -> str:
    """Return the dictionary: how values are read, statements with their codes and rules, outcomes files, then each table."""
    sections = [
        _render_introduction(schema),
        _render_forms(),
        _render_columns(schema),
        _render_codes(schema),
        _render_rules(schema),
        _render_outcomes(outcomes),
        *(_render_table(table) for table in tables),
    ]
    return "\n\n".join(sections) + "\n"


def _render_introduction(schema: Schema) -> str:
    key = " and ".join(f"`{name}`" for name in schema.names[:2])
    return (
        "# Data dictionary\n\n"
        "Written by `make docs` from `data/credit_card/statements.py`, `data/credit_card/outcomes.py`"
        " and `adapters/tables/schemas.py`: change those files, not this page.\n\n"
        f"Portfolio `{schema.name}`, version {schema.version}. A row's key is {key}. Column names of a file are"
        " matched in any order and case, under any of the names in the second column."
    )


def _render_forms() -> str:
    faults = [
        (kind, _format_code_span(f"<column>|{name}"), fault.cause, fault.next_step)
        for kind, named in FAULTS.items()
        for name, fault in named.items()
    ]
    taken = _render_markdown_table(("kind", "taken"), FORMS.items())
    refused = _render_markdown_table(("kind", "rule", "why it is not read", "what to do"), faults)
    return f"## How values are read\n\n{_FORMS_TEXT}\n\n{taken}\n\n{_FAULTS_TEXT}\n\n{refused}"


def _render_columns(schema: Schema) -> str:
    heading = ("column", "also known as", "kind", "range", "protected", "drift", "what it says")
    rows = [
        (
            _format_code_span(column.name),
            _format_code_spans(column.aliases),
            column.kind,
            _format_range(column),
            "yes" if column.protected else "",
            _format_drift(column),
            column.full_description,
        )
        for column in (*schema.columns, schema.outcome)
    ]
    text = (
        "Protected attributes are kept in the lake, so that fairness can be measured; by default they"
        " are not inputs of the model. Drift: the method, and the distance from the reference from"
        " which a column counts as drifted."
    )
    return f"## Statements\n\n{text}\n\n{_render_markdown_table(heading, rows)}"


def _render_codes(schema: Schema) -> str:
    rows = [
        (group.columns, _format_code_span(str(code)), meaning)
        for group in _group_codes((*schema.columns, schema.outcome))
        for code, meaning in group.codes.items()
    ]
    return f"### Codes\n\n{_render_markdown_table(('columns', 'code', 'meaning'), rows)}"


def _render_rules(schema: Schema) -> str:
    rows = [
        (_format_code_span(rule.name), _format_code_span(rule.expression), rule.description)
        for rule in schema.rules
    ]
    text = (
        "A row that breaks a rule goes to quarantine under the rule's name. Each column has rules of its own:"
        " `<column>|type`, `|nullability`, `|formula_error`, `|format`, `|min`, `|max`, `|code`, and those of the table above; `key|repeated` is broken by every row"
        " whose key occurs in another row too. A row that is no client's breaks one rule alone: `row|total` (its"
        " label says that it sums up others, or it has amounts and neither an id nor codes), `row|note` (one cell is filled"
        " and no other), `row|header` (the header again) or `row|empty` (an empty line between rows). Across columns:"
    )
    return f"### Rules\n\n{text}\n\n{_render_markdown_table(('rule', 'true for a good row', 'in words'), rows)}"


def _render_outcomes(outcomes: Schema) -> str:
    rows = [
        (
            _format_code_span(column.name),
            _format_code_spans(column.aliases),
            column.kind,
            column.description,
        )
        for column in (*outcomes.columns, outcomes.outcome)
    ]
    text = (
        "Each row is one observation. The same client and month may occur more than once: the latest"
        " observation counts, and of two at the same instant the default."
    )
    return f"## Outcomes\n\n{text}\n\n{_render_markdown_table(('column', 'also known as', 'kind', 'what it says'), rows)}"


def _render_table(table: TableDescription) -> str:
    rows = [
        (_format_code_span(column.name), column.kind, column.description)
        for column in table.columns
    ]
    grid = _render_markdown_table(("column", "type", "what it says"), rows)
    return f"## Table `{table.name}`\n\n{table.description}\n\n{grid}"


def _group_codes(columns: Iterable[Column]) -> Iterator[CodeGroup]:
    for codes, group in groupby(
        (column for column in columns if column.codes), key=lambda column: column.codes
    ):
        names = [_format_code_span(column.name) for column in group]
        yield CodeGroup(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", codes)


def _format_range(column: Column) -> str:
    if column.codes:
        return ", ".join(str(code) for code in column.codes)
    if column.minimum is None and column.maximum is None:
        return _NO_VALUE
    low, high = (
        _NO_VALUE if bound is None else f"{bound:,.12g}"
        for bound in (column.minimum, column.maximum)
    )
    return f"{low} to {high}"


def _format_drift(column: Column) -> str:
    if column.kind in {"identifier", "month", "outcome"}:
        return _NO_VALUE
    return f"{column.drift_method}, {column.drift_threshold:g}"


def _render_markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [
        heading,
        ["---"] * len(heading),
        *([_escape_cell(cell) for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _format_code_span(text: str) -> str:
    return f"`{text}`"


def _format_code_spans(names: Iterable[str]) -> str:
    return ", ".join(_format_code_span(name) for name in names) or _NO_VALUE


def _escape_cell(text: str) -> str:
    # A vertical bar ends the cell, even inside a code span.
    return " ".join(text.split()).replace("|", "\\|")
