"""Recognise rows that are no client's: totals, notes below the table, the header again, empty lines.

Programs that make tables for people add such rows. They break the rules of nearly every column, which
says nothing: each of them is rejected under one rule of its own. Only rows that are rejected anyway
are looked at, so that no row is refused because of its name.
"""

from collections.abc import Iterable

import polars as pl

from credit_default.data.contract.schema import (
    CLIENT_ID,
    STATEMENT_MONTH,
    Column,
    normalise_name,
)

TOTAL_ROW = "row|total"  # its id says that it sums up other rows
NOTE_ROW = "row|note"  # one cell, and nothing else
REPEATED_HEADER = "row|header"  # most of its cells are the names of their columns
EMPTY_ROW = "row|empty"  # between other rows; at the end of a file they are left out
LABEL_RULES = (TOTAL_ROW, NOTE_ROW, REPEATED_HEADER, EMPTY_ROW)

# What follows the word after a blank says of what: "Total (60 clients)", "Total général".
_TOTAL = (
    r"(?i)^\W*(?:(?:grand|sub|over|end)[- ]?)?(?:totals?|totales?|sums?|summen?|summe|gesamt(?:summe)?"
    r"|insgesamt|zwischensumme|averages?|means?|durchschnitt|mittelwert|somme|suma|soma|totaal|итого"
    r"|[合总總小]计|[合總小]計|总额|總額|总和|總和)(?:\W*|[\s:(].*)$"
)
_SOUND_ID = r"\A[A-Za-z0-9_][A-Za-z0-9_.-]*\z"


def name_label_rows(rejected: pl.DataFrame, *, columns: tuple[Column, ...]) -> pl.DataFrame:
    """Return the rejected rows with one rule in place of all others for each row that is no client's.

    Args:
        rejected: Rejected rows: the rules that each broke, and the raw values as texts.
        columns: The columns that were checked.
    """
    if rejected.is_empty():
        return rejected
    label = (
        pl.when(_count(_is_name(column) for column in columns) * 2 > len(columns))
        .then(pl.lit(REPEATED_HEADER))
        .when(_is_empty(columns))
        .then(pl.lit(EMPTY_ROW))
        .when(pl.col(CLIENT_ID).str.contains(_TOTAL) | _is_nameless_total(columns))
        .then(pl.lit(TOTAL_ROW))
        .when(_is_note(columns))
        .then(pl.lit(NOTE_ROW))
    )
    labels = rejected.select(label.alias("label"))["label"]
    if labels.null_count() == len(labels):
        return rejected
    broken = rejected[
        "rules"
    ].list.len()  # a client who happens to have such an id breaks one, if any
    rules = (
        pl.when(labels.is_not_null() & (broken > 1))
        .then(pl.concat_list(labels))
        .otherwise(pl.col("rules"))
    )
    return rejected.with_columns(rules.alias("rules"))


def find_label_rows(rejected: pl.DataFrame) -> pl.DataFrame:
    """Return those of the rejected rows that are no client's."""
    return rejected.filter(pl.col("rules").list.first().is_in(LABEL_RULES))


def _is_note(columns: tuple[Column, ...]) -> pl.Expr:
    """Say whether one cell of a row is filled and no other.

    A client whose month is known and whose other cells are all missing is no note, but a month that
    was given for the whole file says nothing: then the id must be one that no client can have.
    """
    filled = _count(_is_filled(column.name) for column in columns if column.name != STATEMENT_MONTH)
    unkeyed = ~_is_filled(STATEMENT_MONTH) | ~pl.col(CLIENT_ID).fill_null("").str.contains(
        _SOUND_ID
    )
    return (filled == 1) & unkeyed


def _is_empty(columns: tuple[Column, ...]) -> pl.Expr:
    """Say whether no cell is filled; a month that was given for the whole file does not count."""
    names = [column.name for column in columns if column.name != STATEMENT_MONTH]
    return ~pl.any_horizontal(_is_filled(name) for name in names)


def _is_nameless_total(columns: tuple[Column, ...]) -> pl.Expr:
    """Say whether a row without an id sums up others.

    Another of its cells is a total's label; or it has amounts and none of the codes, as a program's
    subtotals and a spreadsheet's sums have.
    """
    labels = [pl.col(column.name).str.contains(_TOTAL).fill_null(value=False) for column in columns]
    is_total = pl.any_horizontal(labels)
    codes = [_is_filled(column.name) for column in columns if column.kind == "code"]
    if codes:
        amounts = [_is_filled(column.name) for column in columns if column.kind == "amount"]
        is_total |= ~pl.any_horizontal(codes) & (_count(amounts) > 1)
    return ~_is_filled(CLIENT_ID) & is_total


def _is_filled(name: str) -> pl.Expr:
    return pl.col(name).fill_null("").str.strip_chars() != ""


def _is_name(column: Column) -> pl.Expr:
    names = [normalise_name(name) for name in column.accepted_names]
    return pl.col(column.name).fill_null("").str.strip_chars().str.to_lowercase().is_in(names)


def _count(conditions: Iterable[pl.Expr]) -> pl.Expr:
    return pl.sum_horizontal(condition.cast(pl.Int32) for condition in conditions)
