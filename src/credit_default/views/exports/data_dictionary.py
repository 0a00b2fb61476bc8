"""The data dictionary for people: what stands in a statement, in an outcomes file and in the lake's tables.

Written from the declarations themselves (`docs/write_data_dictionary.py`), so that the page cannot say anything else
than the code does. Tables come in as plain values, since a view does not know where they are kept.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from credit_default.data.contract.schema import Column, Schema

_NO_VALUE = "–"


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table at rest: its name, its type in words, what it says."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True, slots=True)
class TableDescription:
    """A table at rest: its name, what a row of it is, its columns in order."""

    name: str
    description: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class CodeGroup:
    """Columns that follow one another and permit the same codes, in words, and what each code means."""

    columns: str
    codes: Mapping[int, str]


def write_dictionary(
    schema: Schema, *, outcomes: Schema, tables: Sequence[TableDescription]
) -> str:
    """The dictionary as markdown: statements, their codes and rules, outcomes files, then each table."""
    sections = [
        _write_introduction(schema),
        _write_columns(schema),
        _write_codes(schema),
        _write_rules(schema),
        _write_outcomes(outcomes),
        *(_write_table(table) for table in tables),
    ]
    return "\n\n".join(sections) + "\n"


def _write_introduction(schema: Schema) -> str:
    key = " and ".join(f"`{name}`" for name in schema.names[:2])
    return (
        "# Data dictionary\n\n"
        "Written by `make docs` from `data/credit_card/statements.py`, `data/credit_card/outcomes.py` and `adapters/tables/queries.py`: correct those,"
        " not this page.\n\n"
        f"Portfolio `{schema.name}`, version {schema.version}. A row's key is {key}. Names of a file's columns are"
        " matched without regard to case or order, under any of the names in the second column."
    )


def _write_columns(schema: Schema) -> str:
    heading = ("column", "also known as", "kind", "range", "protected", "drift", "what it says")
    rows = [
        (
            _format_code_span(column.name),
            _format_code_spans(column.aliases),
            column.kind,
            _write_range(column),
            "yes" if column.protected else "",
            _write_drift(column),
            column.description,
        )
        for column in (*schema.columns, schema.outcome)
    ]
    told = (
        "Protected attributes stay in the lake, so that fairness can be measured, and are no inputs of the model by"
        " default. Drift: how far a batch may be from the reference, by which method."
    )
    return f"## Statements\n\n{told}\n\n{_write_markdown_table(heading, rows)}"


def _write_codes(schema: Schema) -> str:
    rows = [
        (group.columns, _format_code_span(str(code)), meaning)
        for group in _group_codes((*schema.columns, schema.outcome))
        for code, meaning in group.codes.items()
    ]
    return f"### Codes\n\n{_write_markdown_table(('columns', 'code', 'meaning'), rows)}"


def _write_rules(schema: Schema) -> str:
    rows = [
        (_format_code_span(rule.name), _format_code_span(rule.expression), rule.description)
        for rule in schema.rules
    ]
    told = (
        "A row that breaks a rule goes to quarantine under the rule's name. Each column has rules of its own:"
        " `<column>|type`, `|nullability`, `|format`, `|min`, `|max`, `|code`; `key|repeated` is broken by every row"
        " whose key another row has too. Across columns:"
    )
    return f"### Rules\n\n{told}\n\n{_write_markdown_table(('rule', 'true for a good row', 'in words'), rows)}"


def _write_outcomes(outcomes: Schema) -> str:
    rows = [
        (
            _format_code_span(column.name),
            _format_code_spans(column.aliases),
            column.kind,
            column.description,
        )
        for column in (*outcomes.columns, outcomes.outcome)
    ]
    told = (
        "One observation a row. The same client and month may come more than once: the one observed last counts, and of"
        " two observed at the same instant a default."
    )
    return f"## Outcomes\n\n{told}\n\n{_write_markdown_table(('column', 'also known as', 'kind', 'what it says'), rows)}"


def _write_table(table: TableDescription) -> str:
    rows = [
        (_format_code_span(column.name), column.kind, column.description)
        for column in table.columns
    ]
    grid = _write_markdown_table(("column", "type", "what it says"), rows)
    return f"## Table `{table.name}`\n\n{table.description}\n\n{grid}"


def _group_codes(columns: Iterable[Column]) -> Iterator[CodeGroup]:
    for codes, group in groupby(
        (column for column in columns if column.codes), key=lambda column: column.codes
    ):
        names = [_format_code_span(column.name) for column in group]
        yield CodeGroup(names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}", codes)


def _write_range(column: Column) -> str:
    if column.codes:
        return ", ".join(str(code) for code in column.codes)
    if column.minimum is None and column.maximum is None:
        return _NO_VALUE
    low, high = (
        _NO_VALUE if bound is None else f"{bound:,.12g}"
        for bound in (column.minimum, column.maximum)
    )
    return f"{low} to {high}"


def _write_drift(column: Column) -> str:
    if column.kind in {"identifier", "month", "outcome"}:
        return _NO_VALUE
    return f"{column.drift_method}, {column.drift_threshold:g}"


def _write_markdown_table(heading: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heading, ["---"] * len(heading), *([_escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _format_code_span(text: str) -> str:
    return f"`{text}`"


def _format_code_spans(names: Iterable[str]) -> str:
    return ", ".join(_format_code_span(name) for name in names) or _NO_VALUE


def _escape(text: str) -> str:
    # A bar would end the cell, inside a code span too.
    return " ".join(text.split()).replace("|", "\\|")
