"""up: start the whole stack on this machine, without containers, until Ctrl-C or SIGTERM."""

import time
from contextlib import closing
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.operations.stack_display import print_log_line, show_ready
from credit_default.cli.operations.stack_lock import catch_signals, lock_stack
from credit_default.cli.terminal.endings import write_error
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import (
    choose_logging,
    list_logging_variables,
    read_settings,
)
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options
from credit_default.errors import CreditDefaultError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_default.adapters.lake.layout import Lake
    from credit_default.adapters.local_stack.credentials import Credentials
    from credit_default.adapters.local_stack.processes import Program, RunningProgram
    from credit_default.services.operations.stack_plan import StackPlan
    from credit_default.services.operations.stack_supervisor import Stack
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

Port = Annotated[
    int | None, typer.Option(min=0, max=65535, help="0: any free one.", show_default=False)
]


@takes_shared_options("lake")
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
    room_port: Port = None,
    *,
    shared: SharedOptions,
) -> None:
    """Start the servers, the control room, serve and listen; end all on Ctrl-C or SIGTERM.

    MLflow, Prefect and the control room ask for a user and a password: they are in
    LAKE/stack/servers.env. Other commands use them after `set -a; . LAKE/stack/servers.env; set +a`.
    """
    given = {
        "database": database,
        "mlflow_port": mlflow_port,
        "prefect_port": prefect_port,
        "evidently_port": evidently_port,
    }
    stack = {name: value for name, value in given.items() if value is not None}

    def act(output: Output) -> "Summary":
        room = None if room_port is None else {"port": room_port}
        settings = read_settings(shared, stack=stack or None, room=room)
        with catch_signals() as stop_requested:
            _run_stack(output, settings, shared, stop_requested=stop_requested)
        raise typer.Exit(0)  # its summary was printed when all was ready

    run_command("up", act, shared)


def _run_stack(
    output: Output, settings: "Settings", shared: SharedOptions, *, stop_requested: Event
) -> None:
    """Start all programs, follow their logs until a stop is requested, and end them all."""
    from credit_default.adapters.lake.layout import open_lake
    from credit_default.services.operations.stack_supervisor import open_stack

    lake = open_lake(settings.lake, home=Path(settings.home))
    began = time.monotonic()
    with lock_stack(lake):
        plan = _build_plan(settings, lake, shared)
        folder, wait = lake.home / "stack", settings.stack.stop_seconds
        with open_stack(logs=folder, stop_seconds=wait) as stack:
            _start_all(output, stack, plan, settings, lake, stop_requested=stop_requested)
            if not stop_requested.is_set():
                seconds = time.monotonic() - began
                credentials = _find_credentials_file(lake)
                show_ready(output, stack.running, credentials_file=credentials, seconds=seconds)
                _run_until_stopped(output, stack.running, stop_requested=stop_requested)
        with output.step("ended, no process is left"):
            pass


def _start_all(
    output: Output,
    stack: "Stack",
    plan: "StackPlan",
    settings: "Settings",
    lake: "Lake",
    *,
    stop_requested: Event,
) -> None:
    """Start the plan's stages one after the other, unless a stop is requested before."""
    from credit_default.flows.server.ephemeral_server import lock_server_start

    # a command that starts its own server uses the same records of Prefect
    with closing(lock_server_start(lake.home / "prefect")):
        for programs in plan.stages:
            if not stop_requested.is_set():
                _start_programs(
                    output,
                    stack,
                    programs,
                    plan,
                    timeout_seconds=settings.stack.startup_seconds,
                    stop_requested=stop_requested,
                )


def _start_programs(
    output: Output,
    stack: "Stack",
    programs: "Sequence[Program]",
    plan: "StackPlan",
    *,
    timeout_seconds: float,
    stop_requested: Event,
) -> None:
    """Start the programs and wait until each is ready or a stop is requested."""
    from credit_default.services.operations.stack_supervisor import wait_for_programs

    began = time.monotonic()
    stack.start(programs)
    names = ", ".join(program.name for program in programs)
    # what starts alone is of use alone: nobody has to wait for the rest
    alone = programs[0].address if len(programs) == 1 else ""
    with output.step(f"starting {names}") as found:
        wait_for_programs(
            stack.running,
            timeout_seconds=timeout_seconds,
            stop_requested=stop_requested.is_set,
            reset_password=plan.reset_password,
        )
        found(f"{time.monotonic() - began:.1f} s" + (f", open at {alone}" if alone else ""))


def _build_plan(settings: "Settings", lake: "Lake", shared: SharedOptions) -> "StackPlan":
    from credit_default.adapters.host.given_paths import resolve_file
    from credit_default.adapters.local_stack.credentials import read_credentials, write_credentials
    from credit_default.services.operations.stack_plan import choose_ports, plan_stack
    from credit_default.settings import copy_environment, prepare_network
    from credit_default.settings_files import join_config_files, list_config_files

    prepare_network(settings)
    logging = choose_logging(shared, usual="info")
    environment = copy_environment() | list_logging_variables(logging)
    place = _find_credentials_file(lake)
    credentials = read_credentials(place, environment=environment)
    names = (*list_config_files(environment), *shared.config)
    plan = plan_stack(
        lake,
        settings.stack,
        ports=choose_ports(settings.stack, room_port=settings.room.port),
        credentials=credentials,
        environment=environment,
        config_files=join_config_files(
            [str(resolve_file(name, thing="configuration file")) for name in names]
        ),
        room_address=settings.room.address,
    )
    kept = _ensure_administrator(lake, settings, credentials)
    write_credentials(place, kept, addresses=plan.addresses)
    return plan


def _ensure_administrator(
    lake: "Lake", settings: "Settings", credentials: "Credentials"
) -> "Credentials":
    """Let one administrator into a control room that knows nobody; drop a password that is no longer anybody's."""
    if settings.room.users or settings.room.trusted_header:
        return credentials.forget_room_password()
    from credit_default.adapters.local_stack.credentials import ADMINISTRATOR
    from credit_default.room.access.users_file import ensure_administrator, locate_users

    path, password = locate_users(lake), credentials.room_password
    is_right = ensure_administrator(path, ADMINISTRATOR, password=password)
    return credentials if is_right else credentials.forget_room_password()


def _find_credentials_file(lake: "Lake") -> Path:
    return lake.home / "stack" / "servers.env"


def _run_until_stopped(
    output: Output, running: "Sequence[RunningProgram]", *, stop_requested: Event
) -> None:
    """Print the programs' log lines until a stop is requested or one of them ends by itself."""
    from credit_default.services.operations.stack_supervisor import watch_programs

    try:
        watch_programs(
            running,
            stop_requested=stop_requested.is_set,
            show_log_line=None if output.silent else print_log_line,
        )
    except CreditDefaultError as error:  # the one object of --json has been printed already
        write_error("up", error)
        raise typer.Exit(error.exit_code) from error
