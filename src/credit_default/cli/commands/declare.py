"""declare: draft the declaration of a portfolio from one of its files."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Decimal, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary

_Source = Annotated[
    str, typer.Argument(help="A file of rows with outcomes, or a folder of such parts.")
]
_Outcome = Annotated[
    str | None,
    typer.Option(
        "--outcome",
        metavar="COLUMN",
        help="The column of the outcome.  [default: the likely one]",
        show_default=False,
    ),
]
_Separator = Annotated[
    str | None,
    typer.Option(
        "--separator",
        help='What separates the cells of a text, as in --separator ";", or tab.  [default: found]',
        show_default=False,
    ),
]
_Names = Annotated[
    str | None,
    typer.Option(
        "--names",
        metavar="PATH",
        help="Of a file without a header: a text file with the columns' names.",
        show_default=False,
    ),
]
_Rows = Annotated[
    int, typer.Option("--rows", min=20, help="How many rows to look at, from the first.")
]


@takes_shared_options()
def declare(
    source: _Source,
    outcome: _Outcome = None,
    names: _Names = None,
    separator: _Separator = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    rows: _Rows = 50_000,
    *,
    shared: SharedOptions,
) -> None:
    """Draft a portfolio's declaration from a file, as TOML on standard output, each line with what was seen."""

    def act(output: Output) -> "Summary":
        from dataclasses import replace

        from credit_default.adapters.files.reading_options import ReadingOptions
        from credit_default.adapters.host.given_paths import resolve_file
        from credit_default.services.intake.declaration_draft import (
            declare_file,
            read_names,
            read_separator,
        )

        mark = None if separator is None else read_separator(separator)
        options = ReadingOptions(sheet, decimal, thousands, mark)
        if names is not None:
            options = replace(options, header=read_names(resolve_file(names, thing="--names")))
        with output.step(f"reading {source}"):
            draft = declare_file(
                resolve_file(source, thing="file"), outcome=outcome, options=options, most_rows=rows
            )
        if output.as_json:
            return replace(draft.summary, notes=(*draft.summary.notes, draft.text))
        output.write_text(draft.text)
        return draft.summary

    run_command("declare", act, shared)
