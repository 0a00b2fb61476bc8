"""How every command ends: one summary on standard output, progress on standard error, an exit code, no traceback."""

import logging
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from credit_default.errors import CreditDefaultError, escape_unprintable

if TYPE_CHECKING:
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
    """Where a running command writes to a person: steps as they are done, nothing at all with --quiet or --json."""

    def __init__(self, command: str, *, as_json: bool, quiet: bool) -> None:
        self.command = command
        self.as_json = as_json
        self.silent = quiet or as_json

    @contextmanager
    def step(self, doing: str) -> Iterator[Callable[[str], None]]:
        """A block that is one step of the work; call what it gives with what came of it."""
        found: list[str] = []
        if self.silent:
            yield found.append
            return
        from rich.console import Console
        from rich.text import Text

        console = Console(stderr=True, highlight=False)
        with console.status(Text(escape_unprintable(doing))):
            yield found.append
        told = escape_unprintable(doing + (f": {found[-1]}" if found else ""))
        console.print(Text.assemble(("✓", "green"), f" {told}"))

    def show(self, summary: "Summary") -> None:
        """Nothing; the summary stands on standard output, as JSON when that was asked for."""
        from rich.console import Console

        from credit_default.views.summaries.summary import render_summary, render_summary_json

        if self.as_json:
            sys.stdout.write(render_summary_json(summary) + "\n")
        else:
            Console(highlight=False).print(render_summary(summary), crop=False, overflow="ignore")


def run_command(
    command: str, act: Callable[[Output], "Summary"], *, as_json: bool, quiet: bool
) -> None:
    """Nothing; shows what `act` came to, or the one line of an expected error, and ends with its exit code."""
    _silence_libraries()
    output = Output(command, as_json=as_json, quiet=quiet)
    try:
        summary = act(output)
    except CreditDefaultError as error:
        if as_json:
            from credit_default.views.summaries.summary import summarise_error

            output.show(summarise_error(command, error))
        else:
            sys.stderr.write(f"credit-default {command}: {error}\n")
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        sys.stderr.write(f"credit-default {command}: interrupted\n")
        raise typer.Exit(INTERRUPTED) from interrupt
    output.show(summary)
    raise typer.Exit(summary.exit_code)


def _silence_libraries() -> None:
    """Nothing; libraries' own chatter stays out of the terminal, since what matters to a person is in the summary."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    for name in _NOISY_LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
