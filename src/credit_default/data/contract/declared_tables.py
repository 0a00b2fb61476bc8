"""The tables of a portfolio's file and their keys, as people write them; `schema_parsing` makes values of them.

A key that is added here needs a field of `Column` or `Schema` and a line in docs/another-portfolio.md.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from credit_default.data.contract.column import COLUMN_KINDS, DRIFT_METHODS
from credit_default.data.contract.table_parsing import Table, suggest_word


def _check_number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value - value != 0:
        raise ValueError("a number")
    return value


def _one_of(words: Sequence[str]) -> AfterValidator:
    """Return the check that a text is one of these words."""

    def check(word: str) -> str:
        if word not in words:
            raise ValueError(f"one of {', '.join(words)}{suggest_word(word, words)}")
        return word

    return AfterValidator(check)


def _check_separator(value: str) -> str:
    if len(value) != 1:
        raise ValueError("one character")
    return value


def _write_out(meaning: Any) -> Any:
    is_number = isinstance(meaning, int | float) and not isinstance(meaning, bool)
    return str(meaning) if is_number else meaning


def _read_values(values: Any) -> Any:
    """Return a list of texts as a table in which each text means itself."""
    if not isinstance(values, list | tuple):
        return values
    if not all(isinstance(text, str) for text in values) or len(set(values)) < len(values):
        raise ValueError("a list of texts, each once, or a table of texts and their meanings")
    return {text: text for text in values}


Texts = Annotated[tuple[str, ...], Field(strict=False)]
Items = Annotated[tuple[Any, ...], Field(strict=False)]
Number = Annotated[Any, AfterValidator(_check_number)]  # stays whole where it is
Meaning = Annotated[str, BeforeValidator(_write_out)]
WholeKey = Annotated[int, Field(strict=False)]  # TOML's keys are texts
NumberKey = Annotated[float, Field(strict=False)]
Kind = Annotated[str, _one_of(COLUMN_KINDS)]
Drift = Annotated[str, _one_of(DRIFT_METHODS)]
Ids = Annotated[str, _one_of(("plain", "text"))]
Unseen = Annotated[str, _one_of(("reject", "other"))]
Parse = Annotated[str, _one_of(("number", "leading-number"))]
Values = Annotated[dict[str, Meaning], BeforeValidator(_read_values)]


class ColumnTable(Table):
    """One column; the fields are those of `Column`."""

    name: str
    kind: Kind
    description: str
    aliases: Texts = ()
    minimum: Number | None = None
    maximum: Number | None = None
    codes: dict[WholeKey, Meaning] = Field(default_factory=dict)
    protected: bool = False
    drift_method: Drift = "psi"
    drift_threshold: Number = 0.1
    risk_rises_from: Number | None = None
    optional: bool = False
    missing: Texts = ()
    special: dict[NumberKey, Meaning] = Field(default_factory=dict)
    values: Values = Field(default_factory=dict)
    ordered: bool = False
    unseen: Unseen = "reject"
    readings: dict[str, Number] = Field(default_factory=dict)
    parse: Parse = "number"
    unit: str = ""
    ids: Ids = "plain"
    date_format: str = "%Y-%m-%d"


class OutcomeTable(ColumnTable):
    """The outcome: a column, the texts that stand for its two values, and those of rows that are left out."""

    bad: Texts = ()
    good: Texts = ()
    ignore: Texts = ()


class KeyTable(Table):
    """Which column is the client's id and which the month, or what stands in their place."""

    client: str = ""
    month: str = ""


class WordsTable(Table):
    """What the portfolio's models are for, in words of its own."""

    used_for: str | None = None
    not_used_for: str | None = None


class RuleTable(Table):
    """A rule across columns."""

    name: str
    expression: str
    description: str


class SchemaTable(Table):
    """The schema; its columns and rules are read one by one, so that the faults of each are told."""

    name: str
    version: str
    columns: Items
    outcome: Mapping[str, Any]
    key: Mapping[str, Any] = Field(default_factory=dict)
    words: Mapping[str, Any] = Field(default_factory=dict)
    rules: Items = ()
    unique_key: bool = True
    row_number_for: Texts = ()


class FileTable(Table):
    """How the lender's files are read."""

    sheet: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    separator: Annotated[str, AfterValidator(_check_separator)] | None = None
    header: Texts = ()
