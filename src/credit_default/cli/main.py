"""Define the command line and its commands; `--help` is quick, as nothing heavy is imported."""

import sys
from typing import Annotated

import typer

from credit_default import __version__
from credit_default.adapters.host.garbage_collection import collect_rarely
from credit_default.cli.commands import (
    check,
    decisions,
    declare,
    explain,
    forget,
    ingest,
    models,
    monitor,
    outcomes,
    predict,
    quarantine,
    simulate,
    train,
    tune,
    validate,
    verify,
)
from credit_default.cli.demo import demo, drill
from credit_default.cli.operations import (
    access_log,
    doctor,
    listen,
    maintain,
    make_key,
    page,
    reconcile,
    room,
    room_users,
    serve,
    settings,
    up,
)
from credit_default.cli.terminal.endings import (
    OUTPUT_CLOSED,
    discard_output,
    end_on_error,
    is_output_closed,
    prepare_streams,
)
from credit_default.cli.terminal.shared_options import (
    BEFORE_A_COMMAND,
    SharedOptions,
    SharedOptionsGroup,
    takes_shared_options,
)

app = typer.Typer(
    name="credit-default",
    help="Predict which credit-card clients will default: train, promote, score, monitor, explain.",
    cls=SharedOptionsGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich alone takes as long as everything else
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("declare")(declare.declare)
app.command("check")(check.check)
app.command("ingest")(ingest.ingest)
app.command("train")(train.train)
app.command("predict")(predict.predict)
app.command("outcomes")(outcomes.outcomes)
app.command("monitor")(monitor.monitor)
app.command("drill")(drill.drill)
app.add_typer(models.app, name="models")
app.command("validate")(validate.validate)
app.command("tune")(tune.tune)
app.command("simulate")(simulate.simulate)
app.command("explain")(explain.explain)
app.add_typer(decisions.app, name="decisions")
app.command("quarantine")(quarantine.quarantine)
app.command("verify")(verify.verify)
app.command("forget")(forget.forget)
app.command("access-log")(access_log.access_log)
app.command("up")(up.up)
app.command("room")(room.room)
app.add_typer(room_users.app, name="room-users")
app.command("page")(page.page)
app.command("serve")(serve.serve)
app.command("listen")(listen.listen)
app.command("reconcile")(reconcile.reconcile)
app.command("maintain")(maintain.maintain)
app.command("settings")(settings.settings)
app.command("make-key")(make_key.make_key)
app.command("doctor")(doctor.doctor)


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"credit-default {__version__}\n")
        raise typer.Exit


@app.callback()
@takes_shared_options(of_every=BEFORE_A_COMMAND)
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
    *,
    shared: SharedOptions,
) -> None:
    del version, shared  # the group passes the shared options on to the command


def run() -> None:
    """Run the command named on the command line and end the process with its exit code."""
    collect_rarely()
    prepare_streams()
    try:
        with end_on_error(""):  # what goes wrong before and after the command itself
            _run_app()
    except typer.Exit as ending:
        if ending.exit_code == OUTPUT_CLOSED:
            discard_output()
        sys.exit(ending.exit_code)


def _run_app() -> None:
    try:
        app()
    except SystemExit as ending:
        sys.stdout.flush()  # a reader that is gone must be noticed here: Python itself ends with 120
        if is_output_closed(ending):
            raise
        raise typer.Exit(_read_exit_code(ending)) from ending


def _read_exit_code(ending: SystemExit) -> int:
    return ending.code if isinstance(ending.code, int) else int(ending.code is not None)


if __name__ == "__main__":  # `up` starts our commands with the interpreter that it runs on itself
    run()
