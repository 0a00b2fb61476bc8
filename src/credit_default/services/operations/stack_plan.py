"""What `up` starts, as a list: the servers, and the processes of ours that work on them.

All are on loopback. The servers ask for the user_and_password of `credentials`; what works on them finds addresses and user_and_password in its
environment, as any command does.
"""

import base64
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.local_stack.credentials import Credentials
from credit_default.adapters.local_stack.postgres_databases import (
    create_databases,
    parse_postgres_address,
)
from credit_default.adapters.local_stack.processes import LOOPBACK, Program, choose_port
from credit_default.adapters.mlflow.server_app import APP_NAME
from credit_default.adapters.mlflow.users import change_password, write_auth_configuration
from credit_default.sections import StackSettings

EVIDENTLY_VARIABLE: Final = "EVIDENTLY_URL"  # where its pages are; nobody reads it but `doctor`
_DATABASES: Final = ("mlflow", "mlflow_users", "prefect")
# Commands of ours, and what the log of each says once it is up. Whoever announces files is started last, when there is
# somebody who takes them.
_WORKER, _WORKER_READY_LINE = "serve", "serving "
_ANNOUNCER = "listen"
_QUIET: Final[Mapping[str, str]] = {
    "DO_NOT_TRACK": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PYTHONWARNINGS": "ignore",  # of libraries about one another
}


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each server listens on loopback."""

    mlflow: int
    prefect: int
    evidently: int


@dataclass(frozen=True, slots=True)
class StackPlan:
    """What to start, stage by stage: each when the one before is up."""

    stages: tuple[tuple[Program, ...], ...]
    addresses: Mapping[str, str]  # of the servers, as their clients read them from the environment
    users_uri: str
    credentials: Credentials

    def reset_password(self, program: Program) -> None:
        """Nothing; a server that refused our user_and_password knows them now. MLflow keeps a password of its own: ours has changed."""
        change_password(
            self.credentials.mlflow_password,
            username=self.credentials.mlflow_username,
            database_uri=self.users_uri,
            environment=program.environment,
        )


def choose_ports(settings: StackSettings) -> Ports:
    """The ports that the settings name, or free ones.

    Raises:
        ServiceError: one of them is taken.
    """
    return Ports(
        choose_port(settings.mlflow_port, thing="MLflow", option="--mlflow-port"),
        choose_port(settings.prefect_port, thing="Prefect", option="--prefect-port"),
        choose_port(settings.evidently_port, thing="Evidently", option="--evidently-port"),
    )


def plan_stack(
    lake: Lake,
    settings: StackSettings,
    *,
    ports: Ports,
    credentials: Credentials,
    environment: Mapping[str, str],
    config_files: str,
) -> StackPlan:
    """The programs of this lake's stack; folders, databases and MLflow's list of users are made where they are absent.

    `environment` is what each program gets besides; `config_files` what CREDIT_DEFAULT_CONFIG is to name.

    Raises:
        InputError: the database's address is none.
        ServiceError: the disk or the database refuses.
    """
    postgres = parse_postgres_address(settings.database) if settings.database else {}
    if postgres:
        create_databases(postgres, _DATABASES)
    users_uri = _build_database_uri(
        "mlflow_users", lake.home / "stack" / "mlflow-users.db", postgres=postgres
    )
    auth = lake.home / "stack" / "mlflow-auth.ini"
    write_auth_configuration(auth, database_uri=users_uri)
    inherited = {**environment, **_QUIET, **postgres}
    addresses = _list_addresses(ports)
    servers = (
        _plan_mlflow(
            lake,
            settings,
            port=ports.mlflow,
            credentials=credentials,
            auth=auth,
            environment=inherited,
        ),
        _plan_prefect(
            lake,
            port=ports.prefect,
            credentials=credentials,
            environment=inherited,
            postgres=postgres,
        ),
        _plan_evidently(lake, port=ports.evidently, credentials=credentials, environment=inherited),
    )
    ours = {
        **environment,
        **_QUIET,
        **addresses,
        **credentials.client_variables,
        **_list_command_variables(lake, addresses, config_files),
    }
    worker, announcer = (
        _plan_command(_WORKER, ours, ready_text=_WORKER_READY_LINE),
        _plan_command(_ANNOUNCER, ours),
    )
    return StackPlan(((*servers, worker), (announcer,)), addresses, users_uri, credentials)


def _plan_mlflow(
    lake: Lake,
    settings: StackSettings,
    *,
    port: int,
    credentials: Credentials,
    auth: Path,
    environment: Mapping[str, str],
) -> Program:
    names = [f"{LOOPBACK}:{port}", f"localhost:{port}"]
    in_bucket = ("--serve-artifacts", "--artifacts-destination", settings.artifacts)
    # written by whoever logs a model, on this machine: readable by commands that run without a server too
    beside = ("--no-serve-artifacts", "--default-artifact-root", lake.artifacts_uri)
    command = (
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--host",
        LOOPBACK,
        "--port",
        str(port),
        "--workers",
        "1",
        "--app-name",
        APP_NAME,
        *(in_bucket if settings.artifacts else beside),
        "--allowed-hosts",
        ",".join(names),
        "--cors-allowed-origins",
        ",".join(f"http://{name}" for name in names),
        "--uvicorn-opts",
        "--log-level warning",
    )
    variables = {
        "MLFLOW_BACKEND_STORE_URI": "postgresql+psycopg2:///mlflow"
        if settings.database
        else lake.tracking_uri,
        "MLFLOW_AUTH_CONFIG_PATH": str(auth),
        "MLFLOW_AUTH_ADMIN_USERNAME": credentials.mlflow_username,
        "MLFLOW_AUTH_ADMIN_PASSWORD": credentials.mlflow_password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": credentials.session_key,
        "MLFLOW_BASIC_AUTH_FAIL_CLOSED": "true",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    address = f"http://{LOOPBACK}:{port}"
    user_and_password = f"{credentials.mlflow_username}:{credentials.mlflow_password}"
    return Program(
        "mlflow",
        command,
        {**environment, **variables},
        address=address,
        version=version("mlflow"),
        health_url=f"{address}/version",
        authorization=_encode_basic_auth(user_and_password),
        is_server=True,
    )


def _plan_prefect(
    lake: Lake,
    *,
    port: int,
    credentials: Credentials,
    environment: Mapping[str, str],
    postgres: Mapping[str, str],
) -> Program:
    address = f"http://{LOOPBACK}:{port}"
    variables = {
        "PREFECT_HOME": str(lake.home / "prefect"),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_UI_API_URL": f"{address}/api",
        "PREFECT_SERVER_API_AUTH_STRING": credentials.prefect_auth_string,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{address},http://localhost:{port}",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        **_list_prefect_database_variables(postgres),
    }
    return Program(
        "prefect",
        (sys.executable, "-m", "credit_default.flows.server.basic_auth_server", str(port)),
        {**environment, **variables},
        address=address,
        version=version("prefect"),
        health_url=f"{address}/api/admin/version",
        authorization=_encode_basic_auth(credentials.prefect_auth_string),
        is_server=True,
    )


def _plan_evidently(
    lake: Lake, *, port: int, credentials: Credentials, environment: Mapping[str, str]
) -> Program:
    """Its pages are open to this machine's users, and nobody writes through them: flows write the folder itself."""
    address = f"http://{LOOPBACK}:{port}"
    command = (
        "-m",
        "evidently.cli",
        "ui",
        "--host",
        LOOPBACK,
        "--port",
        str(port),
        "--workspace",
        str(lake.workspace),
    )
    return Program(
        "evidently",
        (sys.executable, *command),
        {**environment, "EVIDENTLY_SECRET": credentials.session_key},
        address=address,
        version=version("evidently"),
        health_url=f"{address}/api/version",
        is_server=True,
    )


def _plan_command(name: str, environment: Mapping[str, str], *, ready_text: str = "") -> Program:
    command = (sys.executable, "-m", "credit_default.cli.main", name)
    return Program(
        name, command, environment, version=version("credit-default"), ready_text=ready_text
    )


def _list_addresses(ports: Ports) -> dict[str, str]:
    return {
        "MLFLOW_TRACKING_URI": f"http://{LOOPBACK}:{ports.mlflow}",
        "PREFECT_API_URL": f"http://{LOOPBACK}:{ports.prefect}/api",
        EVIDENTLY_VARIABLE: f"http://{LOOPBACK}:{ports.evidently}",
    }


def _list_command_variables(
    lake: Lake, addresses: Mapping[str, str], config_files: str
) -> dict[str, str]:
    """Our own names for the addresses, which come before whatever a configuration file says of them."""
    return {
        "CREDIT_DEFAULT_LAKE": lake.uri,
        "CREDIT_DEFAULT_CONFIG": config_files,
        "CREDIT_DEFAULT_MLFLOW__TRACKING_URI": addresses["MLFLOW_TRACKING_URI"],
        "CREDIT_DEFAULT_PREFECT__API_URL": addresses["PREFECT_API_URL"],
    }


def _build_database_uri(name: str, file: Path, *, postgres: Mapping[str, str]) -> str:
    return f"postgresql+psycopg2:///{name}" if postgres else f"sqlite:///{file}"


def _list_prefect_database_variables(postgres: Mapping[str, str]) -> dict[str, str]:
    if not postgres:
        return {}
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    named = {f"PREFECT_SERVER_DATABASE_{names[name]}": value for name, value in postgres.items()}
    return {
        **named,
        "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
        "PREFECT_SERVER_DATABASE_NAME": "prefect",
    }


def _encode_basic_auth(user_and_password: str) -> str:
    return f"Basic {base64.b64encode(user_and_password.encode()).decode()}"
