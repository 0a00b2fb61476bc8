"""Plan what `credit-default up` starts: the control room first, then the servers and the commands that work with them.

The servers ask for the lake's credentials. The commands find addresses and credentials in their environment, as any
command does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from credit_default.adapters.host.sqlite_addresses import build_sqlite_address
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.local_stack.credentials import Credentials
from credit_default.adapters.local_stack.postgres_databases import (
    create_databases,
    parse_postgres_address,
)
from credit_default.adapters.local_stack.processes import LOOPBACK, Program, choose_port
from credit_default.adapters.mlflow.users import change_password, write_auth_configuration
from credit_default.environment import (
    CERTIFICATE_VARIABLES,
    PROXY_VARIABLES,
    list_set_aside,
    select_server_variables,
)
from credit_default.named_services import NamedServices
from credit_default.services.context.moved_lake import follow_moved_lake
from credit_default.services.operations.stack_programs import (
    ServerContext,
    describe_command,
    describe_evidently,
    describe_mlflow,
    describe_prefect,
    describe_room,
)
from credit_default.settings_sections import StackSettings

EVIDENTLY_VARIABLE: Final = "EVIDENTLY_URL"  # the address of its pages; only `doctor` reads it
ROOM_VARIABLE: Final = "CONTROL_ROOM_URL"  # for people: no command reads it
_DATABASES: Final = ("mlflow", "mlflow_users", "prefect")
# Our two commands. `serve` writes the line once it is up; `listen` starts last, when `serve` is there to run what it
# announces.
_WORKER, _WORKER_READY_TEXT = "serve", "serving "
_ANNOUNCER = "listen"
_QUIET: Final[Mapping[str, str]] = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",  # libraries warn about one another
}


@dataclass(frozen=True, slots=True)
class Ports:
    """The port on loopback that each server listens on."""

    mlflow: int
    prefect: int
    evidently: int
    room: int = 0


@dataclass(frozen=True, slots=True)
class StackPlan:
    """What to start, stage by stage: each stage when the one before is ready."""

    stages: tuple[tuple[Program, ...], ...]
    addresses: Mapping[
        str, str
    ]  # of the servers, by the variables from which their clients read them
    users_uri: str  # the database of MLflow's users
    credentials: Credentials

    def reset_password(self, program: Program) -> None:
        """Give MLflow's user the present password, for a server that refused it.

        MLflow keeps the password in a database of its own, where it is still the old one after it was changed.
        """
        change_password(
            self.credentials.mlflow_password,
            username=self.credentials.mlflow_username,
            database_uri=self.users_uri,
            environment=program.environment,
        )


def choose_ports(settings: StackSettings, *, room_port: int = 0) -> Ports:
    """Return the ports that the settings name; a free one where they say 0.

    Raises:
        ServiceError: A port is taken.
    """
    return Ports(
        choose_port(settings.mlflow_port, thing="MLflow", option="--mlflow-port"),
        choose_port(settings.prefect_port, thing="Prefect", option="--prefect-port"),
        choose_port(settings.evidently_port, thing="Evidently", option="--evidently-port"),
        choose_port(room_port, thing="the control room", option="--room-port"),
    )


def plan_stack(
    lake: Lake,
    settings: StackSettings,
    *,
    ports: Ports,
    credentials: Credentials,
    environment: Mapping[str, str],
    config_files: str,
    room_address: str = "",
) -> StackPlan:
    """Plan the programs of this lake's stack, and create what they need: databases, and MLflow's list of users.

    Where the lake was moved or copied, the addresses in its MLflow database follow it.

    Args:
        lake: The lake.
        settings: Where records and artifacts are kept.
        ports: The servers' ports.
        credentials: What the servers ask for.
        environment: What our commands get besides their own variables, but for what is meant for other servers of MLflow
            and Prefect. The servers get nothing of it but what `select_server_variables` lists.
        config_files: The value of CREDIT_DEFAULT_CONFIG for our commands.
        room_address: Where people open the control room, when that is not on this machine.

    Raises:
        InputError: The database's address is not valid.
        ServiceError: The disk or the database cannot be read or written.
    """
    postgres = parse_postgres_address(settings.database) if settings.database else {}
    if postgres:
        create_databases(postgres, _DATABASES)
    else:
        follow_moved_lake(lake)
    folder = lake.home / "stack"
    users_uri = _build_users_uri(folder / "mlflow-users.db", postgres=postgres)
    auth = folder / "mlflow-auth.ini"
    write_auth_configuration(auth, database_uri=users_uri)
    needs = select_server_variables(environment, also=_list_server_needs(settings))
    context = ServerContext(lake, credentials, {**needs, **_QUIET, **postgres}, postgres)
    addresses = _list_addresses(ports)
    client_environment = {
        **_drop_other_servers(environment),
        **_QUIET,
        **addresses,
        **credentials.client_variables,
        **_list_command_variables(lake, addresses, config_files),
        "CREDIT_DEFAULT_ROOM__ADDRESS": room_address or addresses[ROOM_VARIABLE],
    }
    # alone, as it needs no server: people are in it while the servers, which take longer, come up
    room_stage = (describe_room(client_environment, port=ports.room),)
    server_stage = (
        describe_prefect(context, port=ports.prefect),
        describe_mlflow(context, settings, port=ports.mlflow, auth=auth),
        describe_command(_WORKER, client_environment, ready_text=_WORKER_READY_TEXT),
        describe_evidently(context, port=ports.evidently),
    )
    last_stage = (describe_command(_ANNOUNCER, client_environment),)
    return StackPlan((room_stage, server_stage, last_stage), addresses, users_uri, credentials)


def _list_server_needs(settings: StackSettings) -> tuple[str, ...]:
    """Return what the names of the variables begin with that the servers need for what is outside this machine."""
    return (
        *PROXY_VARIABLES,
        *(("PG",) if settings.database else ()),
        *(("AWS_", "MLFLOW_S3_", *CERTIFICATE_VARIABLES) if settings.artifacts else ()),
    )


def _drop_other_servers(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what somebody has set for other servers than the stack's."""
    aside = {
        name
        for library in ("MLFLOW", "PREFECT")
        for name in list_set_aside(environment, NamedServices(), library=library)
    }
    return {name: value for name, value in environment.items() if name not in aside}


def _list_addresses(ports: Ports) -> dict[str, str]:
    return {
        "MLFLOW_TRACKING_URI": f"http://{LOOPBACK}:{ports.mlflow}",
        "PREFECT_API_URL": f"http://{LOOPBACK}:{ports.prefect}/api",
        EVIDENTLY_VARIABLE: f"http://{LOOPBACK}:{ports.evidently}",
        ROOM_VARIABLE: f"http://{LOOPBACK}:{ports.room}",
    }


def _list_command_variables(
    lake: Lake, addresses: Mapping[str, str], config_files: str
) -> dict[str, str]:
    """Return the addresses by our own variables, which win over those of a configuration file."""
    return {
        "CREDIT_DEFAULT_LAKE": lake.uri,
        "CREDIT_DEFAULT_CONFIG": config_files,
        "CREDIT_DEFAULT_MLFLOW__TRACKING_URI": addresses["MLFLOW_TRACKING_URI"],
        "CREDIT_DEFAULT_PREFECT__API_URL": addresses["PREFECT_API_URL"],
    }


def _build_users_uri(file: Path, *, postgres: Mapping[str, str]) -> str:
    return "postgresql+psycopg2:///mlflow_users" if postgres else build_sqlite_address(file)
