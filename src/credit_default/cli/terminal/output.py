"""Run a command: progress on standard error, one summary on standard output, an exit code.

`endings` turns an error into one line (or, with `--json`, one object on standard output) and its
exit code. Log lines of this package are configured here too, before the work begins.
"""

import logging
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from credit_default.adapters.host.crash_log import print_traceback, record_unexpected_error
from credit_default.cli.terminal.endings import end_on_error, write_error
from credit_default.cli.terminal.session import choose_logging
from credit_default.cli.terminal.shared_options import SharedOptions
from credit_default.errors import CreditDefaultError, escape_unprintable

if TYPE_CHECKING:
    from credit_default.logs import LogLevel
    from credit_default.settings_sections import LoggingSettings
    from credit_default.views.summaries.summary import Summary

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
    "calamine",
)


class Output:
    """Show a command's progress and its result; no progress with `--quiet` or `--json`."""

    def __init__(self, command: str, *, as_json: bool, quiet: bool) -> None:
        self.command = command
        self.as_json = as_json
        self.silent = quiet or as_json
        self._notes: tuple[str, ...] = ()
        self._ending = ""
        self._has_text = False

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

    def explain(self, sentence: str) -> None:
        """Say before a step what it is for, in one sentence; nothing where no progress is shown."""
        if self.silent:
            return
        from rich.console import Console
        from rich.text import Text

        Console(stderr=True, highlight=False).print(Text(f"\n{sentence}", style="italic"))

    def end_with(self, line: str) -> None:
        """Print this line, never broken, as the last of all; not with `--json`."""
        self._ending = line

    def add_notes(self, notes: Iterable[str]) -> None:
        """Show these notes with the summary, before its own."""
        self._notes += tuple(notes)

    def write_text(self, text: str) -> None:
        """Write a text that people redirect into a file on standard output; the summary goes to standard error then."""
        self._has_text = True
        sys.stdout.write(text)

    def show(self, summary: "Summary") -> None:
        """Print the summary on standard output, as one JSON object with `--json`; beside a text only what `--quiet` leaves."""
        from rich.console import Console

        from credit_default.views.summaries.summary import render_summary, render_summary_json

        noted = replace(summary, notes=(*self._notes, *summary.notes))
        if self.as_json:
            sys.stdout.write(render_summary_json(noted) + "\n")
        elif not (self._has_text and self.silent):
            console = Console(highlight=False, stderr=self._has_text)
            console.print(render_summary(noted), crop=False, overflow="ignore")
            if self._ending:
                console.print(escape_unprintable(self._ending), markup=False, soft_wrap=True)

    def show_error(self, error: CreditDefaultError) -> None:
        """Show the error as one line on standard error, or as one JSON object with `--json`."""
        if not self.as_json:
            write_error(self.command, error)
            return
        from credit_default.views.summaries.summary import render_summary_json, summarise_error

        sys.stdout.write(render_summary_json(summarise_error(self.command, error)) + "\n")


def run_command(command: str, act: Callable[[Output], "Summary"], shared: SharedOptions) -> None:
    """Run a command's work, show its summary or its error, and end with the exit code.

    Args:
        command: The name that its summary and its errors begin with.
        act: The work; it reports its steps to the `Output` that it is given.
        shared: The shared options: how to print, and where the logging settings are read from.

    Raises:
        typer.Exit: Always: with the summary's exit code, or the error's; see `end_on_error`.
    """
    _silence_libraries()
    output = Output(command, as_json=shared.as_json, quiet=shared.quiet)
    with end_on_error(
        command,
        show_error=output.show_error,
        record=print_traceback if shared.traceback else record_unexpected_error,
    ):
        configure_logging(shared, usual="error")
        summary = act(output)
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


def _silence_libraries() -> None:
    """Keep libraries' warnings and log lines out of the terminal: the summary says what matters."""
    from credit_default.settings import copy_environment

    # python's own -W counts; PYTHONWARNINGS of the shell is for other programs, and `error` would end this one
    of_the_shell = copy_environment().get("PYTHONWARNINGS", "")
    if len(sys.warnoptions) <= len(list(filter(None, of_the_shell.split(",")))):
        warnings.simplefilter("ignore")
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
