"""up: the whole stack on this machine, without containers, until Ctrl-C or SIGTERM."""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credit_default.cli.terminal.options import Config, Json, Lake, Quiet, collect_flags
from credit_default.cli.terminal.output import Output, run_command
from credit_default.errors import CreditDefaultError, ServiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_default.adapters.lake.layout import Lake as OpenLake
    from credit_default.adapters.local_stack.processes import Program, RunningProgram
    from credit_default.services.operations.stack_plan import StackPlan
    from credit_default.services.operations.stack_supervisor import Stack
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

_TABLE_WIDTH = 1_000  # the table is as wide as its paths: they are there to be copied
Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="0: any free one.", show_default=False)
]


def up(
    database: Annotated[
        str | None,
        typer.Option(
            "--database",
            help="postgresql://user@host:port; a password goes into PGPASSWORD.  [default: SQLite]",
            show_default=False,
        ),
    ] = None,
    mlflow_port: Port = None,
    prefect_port: Port = None,
    evidently_port: Port = None,
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Start MLflow, Prefect, Evidently's pages and what works on them; end them all on Ctrl-C or SIGTERM.

    Each asks for a user and a password, which stand in LAKE/stack/servers.env: `set -a; . LAKE/stack/servers.env; set +a`
    lets other commands work with them.
    """
    stack = collect_flags(
        database=database,
        mlflow_port=mlflow_port,
        prefect_port=prefect_port,
        evidently_port=evidently_port,
    )
    flags = collect_flags(lake=lake) | ({"stack": stack} if stack else {})

    def act(output: Output) -> "Summary":
        with _catch_signals() as stop_requested:
            return _run_stack(output, flags, config or [], stop_requested=stop_requested)

    run_command("up", act, as_json=json, quiet=quiet)


def _run_stack(
    output: Output, flags: dict[str, Any], config: list[str], *, stop_requested: Event
) -> "Summary":
    """Never a summary: it is shown when all is up, and the end is an exit code."""
    from credit_default.adapters.lake.layout import open_lake
    from credit_default.cli.terminal.session import read_settings
    from credit_default.flows.server.ephemeral_server import lock_server_start
    from credit_default.services.operations.stack_supervisor import open_stack

    settings = read_settings(flags, config)
    lake = open_lake(settings.lake, home=Path(settings.home))
    began = time.monotonic()
    with _lock_stack(lake):
        plan = _build_plan(settings, lake, config)
        with open_stack(
            logs=lake.home / "stack", stop_seconds=settings.stack.stop_seconds
        ) as stack:
            with closing(
                lock_server_start(lake.home / "prefect")
            ):  # commands without servers use the same records
                for programs in plan.stages:
                    if not stop_requested.is_set():
                        _start_programs(
                            output,
                            stack,
                            programs,
                            plan,
                            settings=settings,
                            stop_requested=stop_requested,
                        )
            if not stop_requested.is_set():
                _run_until_stopped(
                    output,
                    lake,
                    stack.running,
                    seconds=time.monotonic() - began,
                    stop_requested=stop_requested,
                )
        with output.step("ended, no process is left"):
            pass
    raise typer.Exit(0)


def _start_programs(
    output: Output,
    stack: "Stack",
    programs: "Sequence[Program]",
    plan: "StackPlan",
    *,
    settings: "Settings",
    stop_requested: Event,
) -> None:
    """Nothing; these are up, or the end was asked for before."""
    from credit_default.services.operations.stack_supervisor import wait_for_programs

    began = time.monotonic()
    stack.start(programs)
    with output.step(f"starting {', '.join(program.name for program in programs)}") as tell:
        wait_for_programs(
            stack.running,
            timeout_seconds=settings.stack.startup_seconds,
            stop_requested=stop_requested.is_set,
            reset_password=plan.reset_password,
        )
        tell(f"{time.monotonic() - began:.1f} s")


def _build_plan(settings: "Settings", lake: "OpenLake", config: list[str]) -> "StackPlan":
    from credit_default.adapters.local_stack.credentials import read_credentials, write_credentials
    from credit_default.services.operations.stack_plan import choose_ports, plan_stack
    from credit_default.settings import CONFIG_VARIABLE, copy_environment

    environment = copy_environment()
    place = lake.home / "stack" / "servers.env"
    credentials = read_credentials(place, environment=environment)
    before = filter(None, environment.get(CONFIG_VARIABLE, "").split(os.pathsep))
    plan = plan_stack(
        lake,
        settings.stack,
        ports=choose_ports(settings.stack),
        credentials=credentials,
        environment=environment,
        config_files=os.pathsep.join(str(Path(name).absolute()) for name in (*before, *config)),
    )
    write_credentials(place, credentials, addresses=plan.addresses)
    return plan


def _run_until_stopped(
    output: Output,
    lake: "OpenLake",
    running: "Sequence[RunningProgram]",
    *,
    seconds: float,
    stop_requested: Event,
) -> None:
    """Nothing; tells where everything is, follows the logs, and returns when the end was asked for."""
    from credit_default.services.operations.stack_supervisor import watch_programs

    _show_ready(output, lake, running, seconds=seconds)
    try:
        watch_programs(
            running,
            stop_requested=stop_requested.is_set,
            show_log_line=None if output.silent else _print_log_line,
        )
    except CreditDefaultError as error:  # the one object of --json has been printed
        sys.stderr.write(f"credit-default up: {error}\n")
        raise typer.Exit(error.exit_code) from error


def _show_ready(
    output: Output, lake: "OpenLake", running: "Sequence[RunningProgram]", *, seconds: float
) -> None:
    from credit_default.views.summaries.summary import Summary
    from credit_default.views.terminal.stack import StackLine, render_stack

    words = lake.home / "stack" / "servers.env"
    if output.as_json:
        paths = {one.program.name: one.program.address or str(one.log_path) for one in running}
        output.show(
            Summary(
                "up", "ready", figures={"seconds": seconds}, paths={**paths, "words": str(words)}
            )
        )
        sys.stdout.flush()
        return
    from rich.console import Console

    lines = [
        StackLine(p.name, p.address, p.version, one.process.pid, str(one.log_path))
        for one in running
        for p in [one.program]
    ]
    Console(highlight=False, width=_TABLE_WIDTH).print(render_stack(lines))
    Console(highlight=False).print(
        f"user and password: {words}  (set -a; . {words}; set +a)", markup=False, soft_wrap=True
    )
    sys.stdout.flush()


def _print_log_line(name: str, line: str) -> None:
    from rich.console import Console

    from credit_default.views.terminal.stack import render_log_line

    Console(highlight=False).print(render_log_line(name, line), soft_wrap=True)


@contextmanager
def _lock_stack(lake: "OpenLake") -> Iterator[None]:
    """A block that one `up` at a time enters for a lake; the lock ends with its holder, however that went."""
    from credit_default.adapters.host.atomic_files import disk_errors

    folder = lake.home / "stack"
    with disk_errors(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / "up.pid").open("a+")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ServiceError(
                f"stack of {lake.uri}",
                found="one that runs already",
                expected="none",
                remedy="End it with Ctrl-C first.",
            ) from error
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")  # for whoever wants to end it from elsewhere
        lock.flush()
        yield


@contextmanager
def _catch_signals() -> Iterator[Event]:
    """A block in which Ctrl-C, SIGTERM and a hangup ask for an orderly end, and nothing else; where one is ignored it stays so."""
    stop_requested = Event()
    numbers = [
        n
        for n in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        if signal.getsignal(n) is not signal.SIG_IGN
    ]
    before = {number: signal.signal(number, lambda *_: stop_requested.set()) for number in numbers}
    try:
        yield stop_requested
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
