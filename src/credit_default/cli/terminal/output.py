"""Run a command: progress on standard error, one summary on standard output, an exit code.

An expected error shows no traceback: it is one line on standard error (or, with `--json`, one
object on standard output) and the exit code that `errors.py` gives it. Log lines of this package
are configured here too, before the work begins.
"""

import logging
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from credit_default.cli.terminal.session import choose_logging
from credit_default.cli.terminal.shared_options import SharedOptions
from credit_default.errors import CreditDefaultError, escape_unprintable

if TYPE_CHECKING:
    from credit_default.logs import LogLevel
    from credit_default.settings_sections import LoggingSettings
    from credit_default.views.summaries.summary import Summary

INTERRUPTED = 130  # 128 + SIGINT, as shells have it
_NOISY_LOGGERS = (
    "alembic",
    "mlflow",
    "prefect",
    "sqlalchemy",
    "evidently",
    "httpx",
    "matplotlib",
    "urllib3",
    "py4j",
    "git",
)


class Output:
    """Show a command's progress and its result; no progress with `--quiet` or `--json`."""

    def __init__(self, command: str, *, as_json: bool, quiet: bool) -> None:
        self.command = command
        self.as_json = as_json
        self.silent = quiet or as_json
        self._notes: tuple[str, ...] = ()

    @contextmanager
    def step(self, doing: str) -> Iterator[Callable[[str], None]]:
        """Show the block as one step of the work, with a tick when it is done.

        Args:
            doing: What the step does, as in "scoring march.csv".

        Yields:
            A function to call with the step's result, which is printed behind the tick.
        """
        found: list[str] = []
        if self.silent:
            yield found.append
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True, highlight=False)
        with console.status(Text(escape_unprintable(doing))):
            yield found.append
        line = escape_unprintable(doing + (f": {found[-1]}" if found else ""))
        console.print(Text.assemble(("✓", "green"), f" {line}"))

    def add_notes(self, notes: Iterable[str]) -> None:
        """Show these notes with the summary, before its own."""
        self._notes += tuple(notes)

    def show(self, summary: "Summary") -> None:
        """Print the summary on standard output, as one JSON object with `--json`."""
        from rich.console import Console

        from credit_default.views.summaries.summary import render_summary, render_summary_json

        noted = replace(summary, notes=(*self._notes, *summary.notes))
        if self.as_json:
            sys.stdout.write(render_summary_json(noted) + "\n")
        else:
            Console(highlight=False).print(render_summary(noted), crop=False, overflow="ignore")


def run_command(command: str, act: Callable[[Output], "Summary"], shared: SharedOptions) -> None:
    """Run a command's work, show its summary or its error, and end with the exit code.

    Args:
        command: The name that its summary and its errors begin with.
        act: The work; it reports its steps to the `Output` that it is given.
        shared: The shared options: how to print, and where the logging settings are read from.

    Raises:
        typer.Exit: Always: with the summary's exit code, the error's, or 130 when interrupted.
    """
    _silence_libraries()
    output = Output(command, as_json=shared.as_json, quiet=shared.quiet)
    try:
        configure_logging(shared, usual="error")
        summary = act(output)
    except CreditDefaultError as error:
        if shared.as_json:
            from credit_default.views.summaries.summary import summarise_error

            output.show(summarise_error(command, error))
        else:
            write_error(command, error)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        sys.stderr.write(f"credit-default {command}: interrupted\n")
        raise typer.Exit(INTERRUPTED) from interrupt
    output.show(summary)
    raise typer.Exit(summary.exit_code)


def configure_logging(shared: SharedOptions, *, usual: "LogLevel") -> "LoggingSettings":
    """Write this process's log lines to standard error as set, and return the logging settings.

    `usual` is the level where nothing sets one; see `choose_logging`.
    """
    from credit_default import logs

    logging_settings = choose_logging(shared, usual=usual)
    logs.configure_logging(logging_settings.find_level(usual), logging_settings.format)
    return logging_settings


def write_error(command: str, error: CreditDefaultError) -> None:
    """Write the one line of an expected error to standard error."""
    sys.stderr.write(f"credit-default {command}: {error}\n")


def _silence_libraries() -> None:
    """Keep libraries' warnings and log lines out of the terminal: the summary says what matters."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
