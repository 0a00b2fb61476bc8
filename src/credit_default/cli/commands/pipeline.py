"""train, predict, outcomes, monitor: the commands of the loop, each a flow or two on a server."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credit_default.cli.terminal.options import (
    Config,
    Corrects,
    Json,
    Lake,
    Month,
    Portfolio,
    Quiet,
    Reasons,
    Seed,
    collect_flags,
)
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import add_session_notes, read_settings, run_flow
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.services.context.wiring import Wiring
    from credit_default.views.summaries.summary import Summary

Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        help="public, simulated, or a file with outcomes.  [default: public]",
        show_default=False,
    ),
]


def train(
    data: Data = None,
    cross_validate: Annotated[
        bool, typer.Option("--cross-validate", help="Also judge the recipe on five folds (cached).")
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh", help="Train on all rows in the lake whose outcome is known by now."
        ),
    ] = False,
    month: Month = None,
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a challenger; the gate decides whether it becomes the champion."""
    flags = collect_flags(data=data, lake=lake, portfolio=portfolio, seed=seed)

    def act(output: Output) -> "Summary":
        settings = read_settings(flags, config)
        if refresh and (data is not None or month is not None):
            raise InputError(
                "train --refresh",
                found="--data or --month beside it",
                expected="--refresh alone",
                remedy="It learns from what the lake knows: `ingest` the file first.",
            )
        from credit_default.flows.server.session import flow_session
        from credit_default.services.training.data_source import require_existing_data_file

        require_existing_data_file(settings)  # at once, and not when a server is up
        with output.step("training") as found, flow_session(settings) as session:
            from credit_default.flows.train import train as flow

            summary = run_flow(
                flow,
                overrides=flags,
                config=config,
                month=month,
                refresh=refresh,
                cross_validated=cross_validate,
            )
            found(summary.status)
        return add_session_notes(summary, session)

    run_command("train", act, as_json=json, quiet=quiet)


def predict(
    batch: Annotated[
        str | None,
        typer.Argument(help="A file of statements, here or s3://: .csv, .xls, .xlsx or .parquet."),
    ] = None,
    incoming: Annotated[
        bool, typer.Option("--incoming", help="Score every file that waits in LAKE/incoming.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Also write the scores to this .csv or .parquet.", show_default=False
        ),
    ] = None,
    month: Month = None,
    corrects: Corrects = None,
    reasons: Reasons = None,
    name: Annotated[
        str | None,
        typer.Option("--name", help="What people call this batch.  [default: the file's name]"),
    ] = None,
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Score statements with the champion, then compare them with what it was trained on."""
    chosen = None if reasons is None else {"mode": reasons}
    flags = collect_flags(lake=lake, portfolio=portfolio, seed=seed, reasons=chosen)

    def act(output: Output) -> "Summary":
        from credit_default.cli.commands.score_and_monitor import score_batches

        settings = read_settings(flags, config)
        return score_batches(
            output,
            settings,
            batch=batch,
            incoming=incoming,
            out=out,
            parameters={
                "month": month,
                "corrects": corrects,
                "name": name,
                "overrides": flags,
                "config": config,
            },
        )

    run_command("predict", act, as_json=json, quiet=quiet)


def outcomes(
    file: Annotated[
        str | None,
        typer.Argument(
            help="client_id, statement_month, defaulted, observed_at: .csv or .parquet, here or s3://."
        ),
    ] = None,
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Take in what became of clients, the last observation wins; without a file, tell what is known of each batch."""
    flags = collect_flags(lake=lake)

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import connect, read_clock
        from credit_default.services.outcomes.take_in import (
            ingest_outcomes_file,
            summarise_coverage,
        )

        wiring = connect(flags, config or [])
        if file is not None:
            with output.step(f"taking in {file}"):
                return _announce_outcomes(
                    wiring, ingest_outcomes_file(wiring, file, taken_in_at=read_clock())
                )
        known = summarise_coverage(wiring, now=read_clock(), listed=output.as_json)
        if known.batches and not output.as_json:
            from rich.console import Console

            from credit_default.views.history.vintage_tables import render_vintages
            from credit_default.views.terminal.coverage import render_coverage

            console = Console(highlight=False, markup=False)
            console.print(
                render_coverage(known.batches), "", render_vintages(known.vintages), sep="\n"
            )
        return known.summary

    run_command("outcomes", act, as_json=json, quiet=quiet)


def _announce_outcomes(wiring: "Wiring", taken: "Summary") -> "Summary":
    """The summary; where a Prefect server stands, `monitor` runs there for the batches that more is known of now."""
    prefect = wiring.settings.prefect
    if not prefect.api_url:
        return taken
    from credit_default.flows.server.session import prepare_libraries

    prepare_libraries(wiring.settings)
    from credit_default.flows.events.send import announce_outcomes
    from credit_default.flows.server.ephemeral_server import run_on_server

    with run_on_server(None, api_url=prefect.api_url, timeout_seconds=prefect.startup_seconds):
        return announce_outcomes(wiring, taken)


def monitor(
    batch: Annotated[
        str | None, typer.Argument(help="A batch_id; the batch scored last when not given.")
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="What was found so far: a table here, a page in the lake."),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Why a training is asked for now, or why not; nothing is looked at anew.",
        ),
    ] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain", help="Train at once if the policy asks for it, through the same gate."
        ),
    ] = False,
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    seed: Seed = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Compare a scored batch with what its model was trained on, and with what became of it."""
    flags: dict[str, Any] = collect_flags(lake=lake, portfolio=portfolio, seed=seed)

    def act(output: Output) -> "Summary":
        from credit_default.cli.commands.score_and_monitor import (
            explain_training,
            monitor_batch,
            show_history,
        )

        settings = read_settings(flags, config)
        if history + explain + retrain > 1 or (batch is not None and (history or explain)):
            raise InputError(
                "monitor",
                found="--history, --explain or --retrain beside one another or a batch",
                expected="one of them; a batch with --retrain alone",
                remedy="See `credit-default monitor --help`.",
            )
        if history:
            return show_history(output, settings)
        common = {"overrides": flags, "config": config}
        if explain:
            return explain_training(settings, common=common)
        return monitor_batch(output, settings, batch_id=batch, common=common, retrain=retrain)

    run_command("monitor", act, as_json=json, quiet=quiet)
