"""Describe each program of the local stack: its command line, its environment, and how to find out whether it is ready.

Three servers (MLflow, Prefect, Evidently) and three of the project's commands (`serve`, `room`, `listen`) that work with them. All
listen on loopback only.
"""

import base64
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

from credit_default.adapters.host.plain_links import find_plain_path
from credit_default.adapters.host.sqlite_addresses import build_sqlite_address
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.local_stack.credentials import Credentials
from credit_default.adapters.local_stack.processes import LOOPBACK, Program
from credit_default.adapters.mlflow.server_app import APP_NAME
from credit_default.settings_sections import StackSettings

_PREFECT_DATABASE_VARIABLES: Final[Mapping[str, str]] = {
    "PGHOST": "PREFECT_SERVER_DATABASE_HOST",
    "PGPORT": "PREFECT_SERVER_DATABASE_PORT",
    "PGUSER": "PREFECT_SERVER_DATABASE_USER",
    "PGPASSWORD": "PREFECT_SERVER_DATABASE_PASSWORD",
}


@dataclass(frozen=True, slots=True)
class ServerContext:
    """What every server of the stack needs to know.

    `environment` is what each server gets besides its own variables; `postgres` are the variables of the PostgreSQL
    server, empty where records are kept in SQLite files.
    """

    lake: Lake
    credentials: Credentials
    environment: Mapping[str, str]
    postgres: Mapping[str, str]


def describe_mlflow(
    context: ServerContext, settings: StackSettings, *, port: int, auth: Path
) -> Program:
    """Describe MLflow's server.

    Args:
        context: What every server needs to know.
        settings: Where artifacts are kept, and whether the records are in PostgreSQL.
        port: Its port on loopback.
        auth: The file that `write_auth_configuration` wrote.
    """
    lake, credentials = context.lake, context.credentials
    address = f"http://{LOOPBACK}:{port}"
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
    user_and_password = f"{credentials.mlflow_username}:{credentials.mlflow_password}"
    return Program(
        "mlflow",
        _build_mlflow_command(lake, settings, port=port),
        {**context.environment, **variables},
        address=address,
        version=version("mlflow"),
        health_url=f"{address}/version",
        authorization=_encode_basic_auth(user_and_password),
        is_server=True,
    )


def describe_prefect(context: ServerContext, *, port: int) -> Program:
    """Describe Prefect's server on this port of loopback, behind basic auth."""
    address = f"http://{LOOPBACK}:{port}"
    auth_string = context.credentials.prefect_auth_string
    variables = {
        "PREFECT_HOME": str(context.lake.home / "prefect"),
        "PREFECT_API_URL": f"{address}/api",
        "PREFECT_SERVER_UI_API_URL": f"{address}/api",
        "PREFECT_SERVER_API_AUTH_STRING": auth_string,
        "PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED": "true",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{address},http://localhost:{port}",
        "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
        **_list_prefect_sqlite_variables(context),
        **_list_prefect_database_variables(context.postgres),
    }
    return Program(
        "prefect",
        (sys.executable, "-m", "credit_default.flows.server.basic_auth_server", str(port)),
        {**context.environment, **variables},
        address=address,
        version=version("prefect"),
        health_url=f"{address}/api/admin/version",
        authorization=_encode_basic_auth(auth_string),
        is_server=True,
    )


def describe_evidently(context: ServerContext, *, port: int) -> Program:
    """Describe the server of Evidently's pages on this port of loopback.

    It asks for no credentials: its pages are open to this machine's users and only read, since flows write the workspace
    folder themselves.
    """
    address = f"http://{LOOPBACK}:{port}"
    workspace = str(find_plain_path(context.lake.workspace))
    options = ("--host", LOOPBACK, "--port", str(port), "--workspace", workspace)
    return Program(
        "evidently",
        (sys.executable, "-m", "evidently.cli", "ui", *options),
        {**context.environment, "EVIDENTLY_SECRET": context.credentials.session_key},
        address=address,
        version=version("evidently"),
        health_url=f"{address}/api/version",
        is_server=True,
    )


def describe_command(name: str, environment: Mapping[str, str], *, ready_text: str = "") -> Program:
    """Describe one of the project's commands that keeps running.

    Args:
        name: `serve` or `listen`.
        environment: All the variables that it gets.
        ready_text: What its log holds once it is up; where it is empty, the command counts as ready when it runs.
    """
    return Program(
        name,
        (sys.executable, "-m", "credit_default.cli.main", name),
        environment,
        version=version("credit-default"),
        ready_text=ready_text,
    )


def describe_room(environment: Mapping[str, str], *, port: int) -> Program:
    """Describe the control room on this port of loopback; people sign in to it."""
    address = f"http://{LOOPBACK}:{port}"
    own = {"CREDIT_DEFAULT_ROOM__HOST": LOOPBACK, "CREDIT_DEFAULT_ROOM__PORT": str(port)}
    return Program(
        "room",
        (sys.executable, "-m", "credit_default.cli.main", "room"),
        {**environment, **own},
        address=address,
        version=version("credit-default"),
        health_url=f"{address}/health",
    )


def _build_mlflow_command(lake: Lake, settings: StackSettings, *, port: int) -> tuple[str, ...]:
    hosts = [f"{LOOPBACK}:{port}", f"localhost:{port}"]
    origins = ",".join(f"http://{host}" for host in hosts)
    if settings.artifacts:
        artifacts = ("--serve-artifacts", "--artifacts-destination", settings.artifacts)
    else:
        # clients on this machine write artifacts themselves: commands can read them without a server too
        artifacts = ("--no-serve-artifacts", "--default-artifact-root", lake.artifacts_uri)
    return (
        *(sys.executable, "-m", "mlflow", "server"),
        *("--host", LOOPBACK, "--port", str(port), "--workers", "1"),
        *("--app-name", APP_NAME),
        *artifacts,
        *("--allowed-hosts", ",".join(hosts), "--cors-allowed-origins", origins),
        *("--uvicorn-opts", "--log-level warning"),
    )


def _list_prefect_database_variables(postgres: Mapping[str, str]) -> dict[str, str]:
    if not postgres:
        return {}
    return {
        **{_PREFECT_DATABASE_VARIABLES[name]: value for name, value in postgres.items()},
        "PREFECT_SERVER_DATABASE_DRIVER": "postgresql+asyncpg",
        "PREFECT_SERVER_DATABASE_NAME": "prefect",
    }


def _list_prefect_sqlite_variables(context: ServerContext) -> dict[str, str]:
    if context.postgres:
        return {}
    file = context.lake.home / "prefect" / "prefect.db"
    return {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": build_sqlite_address(file, driver="aiosqlite")
    }


def _encode_basic_auth(user_and_password: str) -> str:
    return f"Basic {base64.b64encode(user_and_password.encode()).decode()}"
