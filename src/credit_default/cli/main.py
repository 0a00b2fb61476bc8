"""The command line's entrance: names the commands, and keeps `--help` quick by importing nothing heavy."""

import sys
from typing import Annotated

import typer

from credit_default import __version__
from credit_default.cli.commands import audit, data, explain, models, pipeline, tune
from credit_default.cli.demo import demo, drill
from credit_default.cli.operations import listen, reconcile, serve, settings_and_doctor, up

app = typer.Typer(
    name="credit-default",
    help="Which credit-card clients will default next month: train, gate, score, monitor, and defend it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: importing rich alone takes as long as everything else
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("ingest")(data.ingest)
app.command("train")(pipeline.train)
app.command("predict")(pipeline.predict)
app.command("outcomes")(pipeline.outcomes)
app.command("monitor")(pipeline.monitor)
app.command("drill")(drill.drill)
app.add_typer(models.app, name="models")
app.command("tune")(tune.tune)
app.command("simulate")(data.simulate)
app.command("explain")(explain.explain)
app.command("quarantine")(audit.quarantine)
app.command("verify")(audit.verify)
app.command("forget")(audit.forget)
app.command("up")(up.up)
app.command("serve")(serve.serve)
app.command("listen")(listen.listen)
app.command("reconcile")(reconcile.reconcile)
app.command("settings")(settings_and_doctor.settings)
app.command("doctor")(settings_and_doctor.doctor)


def _show_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"credit-default {__version__}\n")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    del version


def run() -> None:
    """Nothing; runs the command named on the command line and ends the process with its exit code."""
    try:
        app()
    except BrokenPipeError:
        sys.stderr.close()  # the reader went away; there is nobody left to tell
        sys.exit(141)


if __name__ == "__main__":  # `up` starts commands of ours by the interpreter that it runs on itself
    run()
