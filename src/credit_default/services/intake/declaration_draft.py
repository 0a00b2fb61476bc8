"""Draft a portfolio's declaration from a file that nobody has described yet; nothing of the file is kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from credit_default.adapters.files.formats import file_errors, open_binary
from credit_default.adapters.files.reading_options import NO_OPTIONS, ReadingOptions
from credit_default.adapters.files.unknown_tables import list_file_options, read_unknown_table
from credit_default.data.drafting.draft import PortfolioDraft, draft_portfolio, list_decisions
from credit_default.data.drafting.names import split_words
from credit_default.errors import InputError
from credit_default.views.exports.portfolio_toml import DraftedFile, render_portfolio_toml
from credit_default.views.summaries.summary import Summary

MOST_ROWS: Final = 50_000
_NO_HEADER: Final = (
    "file.header: the file has none; if you have the names, draft again with --names FILE"
)


@dataclass(frozen=True, slots=True)
class DeclarationDraft:
    """A draft as TOML, and what the command says of it."""

    text: str
    summary: Summary


def declare_file(
    path: Path,
    *,
    outcome: str | None = None,
    options: ReadingOptions = NO_OPTIONS,
    most_rows: int = MOST_ROWS,
) -> DeclarationDraft:
    """Return the draft of a declaration by which every row that was read is accepted.

    Args:
        path: A file of a format that `ingest` reads, text of any ending, or a folder of parts.
        outcome: The column of the outcome, where a person said it.
        options: How to read the file, where a person said it.
        most_rows: How many rows to look at, from the beginning.

    Raises:
        InputError: The file cannot be read as a table, or `outcome` is no outcome.
    """
    table = read_unknown_table(path, most_rows=most_rows, options=options)
    draft = draft_portfolio(
        table.rows, outcome=outcome, marks=options.marks, thing=f"file {path.name}"
    )
    decisions = list_decisions(draft)
    if not table.has_header and not options.header:
        decisions = (_NO_HEADER, *decisions)
    file = DraftedFile(
        path.name,
        "-".join(split_words(path.stem)) or "portfolio",
        {**list_file_options(table.options), **_list_marks(draft)},
        table.rows.width,
        table.is_all,
        decisions,
    )
    return DeclarationDraft(
        render_portfolio_toml(draft, file), _summarise(draft, file, (*table.notes, *decisions))
    )


def read_separator(text: str) -> str:
    """Return the character that a person means, who may also say `tab` or `blank`.

    Raises:
        InputError: It is not one character.
    """
    separator = {"tab": "\t", r"\t": "\t", "blank": " "}.get(text, text)
    if len(separator) != 1:
        raise InputError(
            "--separator",
            found=repr(text),
            expected="one character, tab or blank",
            remedy='Give it as in --separator ";", or leave it out: it is found.',
        )
    return separator


def read_names(path: Path) -> tuple[str, ...]:
    """Return the names of columns in a text file: one a line, or with commas, semicolons or tabs between them.

    Raises:
        InputError: The file cannot be read as text, or holds no names.
    """
    with file_errors(path), open_binary(path) as file:
        text = file.read().decode("utf-8-sig", "replace")
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1:
        lines = next(
            (parts for mark in ",;\t" if len(parts := lines[0].split(mark)) > 1), lines[0].split()
        )
    names = tuple(line.strip().strip('"') for line in lines)
    if not names:
        raise InputError(
            f"--names {path}", found="no name", expected="names of columns", remedy="Name a file."
        )
    return names


def _list_marks(draft: PortfolioDraft) -> dict[str, str]:
    marks = draft.numbers.marks
    if marks is None:
        return {}
    return {"decimal": marks.decimal} | ({"thousands": marks.thousands} if marks.thousands else {})


def _summarise(draft: PortfolioDraft, file: DraftedFile, notes: tuple[str, ...]) -> Summary:
    used = sum(feature.used for feature in draft.features)
    found = (
        f"{file.column_count} columns: {len(draft.columns.declared)} inputs,"
        f" {len(draft.columns.left_out)} left out; {used} features"
    )
    return Summary("declare", "drafted", counts={"read": draft.row_count}, notes=(found, *notes))
