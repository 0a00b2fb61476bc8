"""validate: run the validation battery on a registered version, or on anybody's scored file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Decimal, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect_with_mlflow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.adapters.files.reading_options import ReadingOptions
    from credit_default.services.validation.column_roles import ColumnChoice
    from credit_default.services.validation.validate_file import Validated
    from credit_default.views.summaries.summary import Summary

_Target = Annotated[
    str | None,
    typer.Argument(
        metavar="VERSION|SCORES",
        help="A version's number, or a scored .csv, .xls, .xlsx or .parquet.  [default: the champion]",
        show_default=False,
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option(
        "--out", help="A folder for validation.html, .json and .xlsx.", show_default=False
    ),
]
_Score = Annotated[
    str | None,
    typer.Option(
        "--score", help="Of a file: the column with the probabilities.", show_default=False
    ),
]
_Outcome = Annotated[
    str | None,
    typer.Option("--outcome", help="Of a file: the column with the outcomes.", show_default=False),
]
_Band = Annotated[
    str | None,
    typer.Option("--band", help="Of a file: the rating grade.", show_default=False),
]
_Month = Annotated[
    str | None,
    typer.Option("--month", help="Of a file: the month, YYYY-MM.", show_default=False),
]
_Client = Annotated[
    str | None,
    typer.Option("--client", help="Of a file: who a row is about.", show_default=False),
]
_Benchmark = Annotated[
    str | None,
    typer.Option(
        "--benchmark", help="Of a file: another model's probabilities.", show_default=False
    ),
]
_Segments = Annotated[
    list[str] | None,
    typer.Option("--segment", help="Of a file: a segmentation; repeat.", show_default=False),
]
_Variables = Annotated[
    list[str] | None,
    typer.Option("--variable", help="Of a file: a number to rank by; repeat.", show_default=False),
]
_Reference = Annotated[
    Path | None,
    typer.Option(
        "--reference",
        help="Of a file: the scored development sample, with the same columns.",
        show_default=False,
    ),
]


@takes_shared_options("lake", "portfolio", "seed")
def validate(
    target: _Target = None,
    out: _Out = None,
    score: _Score = None,
    outcome: _Outcome = None,
    band: _Band = None,
    month: _Month = None,
    client: _Client = None,
    segment: _Segments = None,
    variable: _Variables = None,
    benchmark: _Benchmark = None,
    reference: _Reference = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    *,
    shared: SharedOptions,
) -> None:
    """Test a version, or anybody's scored file, as a validator does: each test with its light."""

    def act(output: Output) -> "Summary":
        from credit_default.adapters.files.reading_options import ReadingOptions
        from credit_default.services.validation.column_roles import ColumnChoice

        choice = ColumnChoice(
            score,
            outcome,
            band,
            month,
            client,
            benchmark,
            tuple(segment or ()),
            tuple(variable or ()),
        )
        options = ReadingOptions(sheet, decimal, thousands)
        folder = _resolve_folder(out)
        if target is None or target.isdecimal():
            has_options = bool(options.describe() or reference or choice.list_names())
            _require_no_file_options(target, has_options=has_options)
            validated = _validate_version(shared, output, target)
        else:
            validated = _validate_file(
                output, target, choice=choice, reference=reference, options=options
            )
        return _show(output, validated, folder=folder)

    run_command("validate", act, shared)


def _resolve_folder(out: Path | None) -> Path | None:
    from credit_default.services.validation.write_report import resolve_report_folder

    return None if out is None else resolve_report_folder(out)


def _require_no_file_options(target: str | None, *, has_options: bool) -> None:
    if has_options:
        raise InputError(
            "validate",
            found="options of a scored file, and no file",
            expected="a scored file, or a version without these options",
            remedy=f"Name the file; ./{target} if it is called that."
            if target
            else "Name the file.",
        )


def _validate_version(shared: SharedOptions, output: Output, target: str | None) -> "Validated":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.validation.validate_version import validate_version

    number = None if target is None else int(target)
    wiring = connect_with_mlflow(shared, output)
    with output.step("validating " + ("the champion" if number is None else f"version {number}")):
        return validate_version(wiring, number, now=read_clock())


def _validate_file(
    output: Output,
    target: str,
    *,
    choice: "ColumnChoice",
    reference: Path | None,
    options: "ReadingOptions",
) -> "Validated":
    from credit_default.adapters.host.given_paths import resolve_file
    from credit_default.services.validation.validate_file import validate_file

    if "://" in target:
        raise InputError(
            target,
            found="an address",
            expected="a version's number, or a file on this machine",
            remedy="Copy the file to this machine first.",
        )
    path = resolve_file(target, thing="file")
    beside = None if reference is None else resolve_file(reference, thing="--reference")
    with output.step(f"validating {path.name}"):
        return validate_file(path, choice, reference=beside, options=options)


def _show(output: Output, validated: "Validated", *, folder: Path | None) -> "Summary":
    from dataclasses import replace

    from credit_default.services.validation.write_report import write_report
    from credit_default.views.terminal.validation import render_validation, summarise_validation

    report = validated.report
    written = {} if folder is None else write_report(report, validated.sample, folder=folder)
    if not output.as_json:
        from rich.console import Console

        Console(highlight=False).print(render_validation(report))
    summary = summarise_validation(report, listed=output.as_json)
    return replace(summary, paths={**summary.paths, **written})
