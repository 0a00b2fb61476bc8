"""train: fit a challenger on a data set or on the lake's rows, and let the gate decide."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Data, Decimal, Month, Sheet, Thousands
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import add_session_notes, connect, read_settings, run_flow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.adapters.files.reading_options import ReadingOptions
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio", "seed")
def train(
    data: Data = None,
    cross_validate: Annotated[
        bool,
        typer.Option("--cross-validate", help="Also evaluate the recipe on five folds (cached)."),
    ] = False,
    refresh: Annotated[
        bool,
        typer.Option(
            "--refresh", help="Train on all months in the lake whose outcomes are complete by now."
        ),
    ] = False,
    month: Month = None,
    sheet: Sheet = None,
    decimal: Decimal = None,
    thousands: Thousands = None,
    *,
    shared: SharedOptions,
) -> None:
    """Train a challenger; the gate decides whether it becomes the champion."""

    def act(output: Output) -> "Summary":
        from credit_default.adapters.files.reading_options import ReadingOptions

        settings = read_settings(shared, data=data)
        options = ReadingOptions(sheet, decimal, thousands)
        if refresh and (data is not None or month is not None):
            raise InputError(
                "train --refresh",
                found="--data or --month beside it",
                expected="--refresh alone",
                remedy="It learns from what is in the lake: `ingest` the file first.",
            )
        from credit_default.flows.server.graceful_shutdown import graceful_shutdown
        from credit_default.flows.server.session import flow_session
        from credit_default.services.training.data_source import require_existing_data_file

        require_existing_data_file(settings)  # before the lake's folder is made
        with (
            graceful_shutdown(),
            _look_at_data(shared, options, data=data, month=month, refresh=refresh),
            output.step("training") as found,
            flow_session(settings) as session,
        ):
            from credit_default.flows.train import train as flow

            summary = run_flow(
                flow,
                **shared.build_flow_parameters(data=data),
                month=month,
                file_options=options.build_flow_parameter(),
                refresh=refresh,
                cross_validated=cross_validate,
            )
            found(summary.status)
        return add_session_notes(summary, session)

    run_command("train", act, shared)


@contextmanager
def _look_at_data(
    shared: SharedOptions,
    options: "ReadingOptions",
    *,
    data: str | None,
    month: str | None,
    refresh: bool,
) -> Iterator[None]:
    """Check what is to be trained on before a server is started; the block's flow goes on with it."""
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.training.known_rows import require_known_rows
    from credit_default.services.training.training_rows import hold_training_file

    wiring = connect(shared, data=data)
    if refresh:
        require_known_rows(wiring)
        yield
        return
    with hold_training_file(wiring, month=month, read_at=read_clock(), options=options):
        yield
