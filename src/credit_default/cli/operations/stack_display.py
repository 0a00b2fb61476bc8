"""What `up` prints: where the servers are once all are ready, and then the lines of their logs."""

import shlex
import sys
from typing import TYPE_CHECKING

from credit_default.cli.terminal.output import Output
from credit_default.errors import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_default.adapters.local_stack.processes import RunningProgram


def show_ready(
    output: Output, running: "Sequence[RunningProgram]", *, credentials_file: "Path", seconds: float
) -> None:
    """Print the address, version and log of each program, and where user and password are kept."""
    if output.as_json:
        _print_summary(output, running, credentials_file=credentials_file, seconds=seconds)
    else:
        _print_table(running, credentials_file=credentials_file)
    sys.stdout.flush()


def print_log_line(name: str, line: str) -> None:
    """Print one line of the log of the program `name`."""
    from rich.console import Console

    from credit_default.views.terminal.stack import render_log_line

    Console(highlight=False).print(render_log_line(name, line), soft_wrap=True)


def _print_summary(
    output: Output, running: "Sequence[RunningProgram]", *, credentials_file: "Path", seconds: float
) -> None:
    from credit_default.views.summaries.summary import Summary

    paths = {one.program.name: one.program.address or str(one.log_path) for one in running}
    paths["words"] = str(credentials_file)
    output.show(Summary("up", "ready", figures={"seconds": seconds}, paths=paths))


def _print_table(running: "Sequence[RunningProgram]", *, credentials_file: "Path") -> None:
    from rich.console import Console

    from credit_default.views.terminal.stack import StackLine, render_stack

    lines = [
        StackLine(p.name, p.address, p.version, one.process.pid, str(one.log_path))
        for one in running
        for p in [one.program]
    ]
    # not cropped: people copy the paths
    Console(highlight=False).print(render_stack(lines), crop=False, overflow="ignore")
    command = f"set -a; . {shlex.quote(str(credentials_file))}; set +a"
    Console(highlight=False).print(
        escape_unprintable(f"user and password: {credentials_file}  ({command})"),
        markup=False,
        soft_wrap=True,
    )
