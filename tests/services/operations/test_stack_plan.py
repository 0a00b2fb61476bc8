import shutil
import socket
import sqlite3
from contextlib import closing

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.local_stack.credentials import read_credentials
from credit_default.errors import ServiceError
from credit_default.services.operations.stack_plan import Ports, choose_ports, plan_stack
from credit_default.settings_sections import StackSettings

PORTS = Ports(mlflow=5000, prefect=4200, evidently=8000, room=8300)


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path / "lake")


@pytest.fixture
def credentials(tmp_path):
    return read_credentials(tmp_path / "servers.env", environment={})


@pytest.fixture
def plan(lake, credentials):
    def make(**settings):
        return plan_stack(
            lake,
            StackSettings(**settings),
            ports=PORTS,
            credentials=credentials,
            environment={"PATH": "/bin"},
            config_files="/etc/one.toml",
        )

    return make


def find(plan, name):
    return next(program for stage in plan.stages for program in stage if program.name == name)


def test_room_comes_first_and_the_listener_last(plan):
    assert [[program.name for program in stage] for stage in plan().stages] == [
        ["room"],
        ["prefect", "mlflow", "serve", "evidently"],
        ["listen"],
    ]
    assert {program.name for stage in plan().stages for program in stage if program.is_server} == {
        "mlflow",
        "prefect",
        "evidently",
    }


def test_records_of_a_moved_lake_follow_it_before_the_server_opens_them(
    plan, lake, mlflow_template, tmp_path
):
    shutil.copy(mlflow_template, lake.tracking_database)
    (lake.artifacts / "train").mkdir(parents=True)
    old = (tmp_path / "old" / "mlartifacts" / "train").as_uri()
    with closing(sqlite3.connect(lake.tracking_database)) as database:
        database.execute(
            "UPDATE experiments SET name = 'credit-default/train', artifact_location = ?", (old,)
        )
        database.commit()

        plan()

        found = database.execute("SELECT artifact_location FROM experiments").fetchall()
    assert found == [(f"{lake.artifacts_uri}/train",)]


@pytest.mark.parametrize("name", ["mlflow", "prefect", "evidently"])
def test_server_is_on_loopback_sends_no_telemetry_and_shows_no_credential_in_its_command(
    plan, credentials, name
):
    server = find(plan(), name)

    reported = " ".join(server.command)
    assert server.address.startswith("http://127.0.0.1:")
    assert server.environment["DO_NOT_TRACK"] == "true"
    assert credentials.mlflow_password not in reported
    assert credentials.prefect_auth_string not in reported
    assert name == "prefect" or "--host 127.0.0.1" in reported


def test_mlflow_asks_for_credentials_allows_its_own_names_and_runs_no_jobs(plan, lake, credentials):
    mlflow = find(plan(), "mlflow")

    reported = " ".join(mlflow.command)
    assert "--app-name credit-default" in reported
    assert "--allowed-hosts 127.0.0.1:5000,localhost:5000" in reported
    assert mlflow.environment["MLFLOW_SERVER_ENABLE_JOB_EXECUTION"] == "false"
    assert mlflow.environment["MLFLOW_BASIC_AUTH_FAIL_CLOSED"] == "true"
    assert mlflow.environment["MLFLOW_FLASK_SERVER_SECRET_KEY"] == credentials.session_key
    configuration = (lake.home / "stack" / "mlflow-auth.ini").read_text()
    assert "auth_cache_ttl_seconds = 60" in configuration
    assert "password" not in configuration


def test_records_and_models_are_where_commands_without_servers_have_them(plan, lake):
    mlflow, prefect = find(plan(), "mlflow"), find(plan(), "prefect")

    assert mlflow.environment["MLFLOW_BACKEND_STORE_URI"] == lake.tracking_uri
    assert lake.artifacts_uri in mlflow.command
    assert prefect.environment["PREFECT_HOME"] == str(lake.home / "prefect")
    assert {name: value for name, value in prefect.environment.items() if "DATABASE" in name} == {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{lake.home}/prefect/prefect.db"
    }


def test_models_go_through_the_server_where_they_are_in_a_bucket(plan):
    reported = " ".join(find(plan(artifacts="s3://models/mlflow"), "mlflow").command)

    assert "--serve-artifacts --artifacts-destination s3://models/mlflow" in reported
    assert "--default-artifact-root" not in reported


def test_prefect_asks_for_credentials_and_for_a_token_with_each_change(plan, credentials):
    prefect = find(plan(), "prefect").environment

    assert prefect["PREFECT_SERVER_API_AUTH_STRING"] == credentials.prefect_auth_string
    assert prefect["PREFECT_SERVER_API_CSRF_PROTECTION_ENABLED"] == "true"
    assert prefect["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
    assert not [
        name for name in prefect if "SERVICES" in name
    ]  # all of them run: schedules, events, automations


@pytest.mark.parametrize("name", ["serve", "listen"])
def test_command_finds_addresses_credentials_and_settings_in_its_environment(
    plan, lake, credentials, name
):
    command = find(plan(), name)

    assert command.command[-1] == name
    assert command.environment["CREDIT_DEFAULT_LAKE"] == lake.uri
    assert command.environment["CREDIT_DEFAULT_CONFIG"] == "/etc/one.toml"
    assert command.environment["CREDIT_DEFAULT_MLFLOW__TRACKING_URI"] == "http://127.0.0.1:5000"
    assert command.environment["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert credentials.client_variables.items() <= command.environment.items()


def test_each_free_port_is_another_one():
    free = choose_ports(StackSettings(mlflow_port=0, prefect_port=0, evidently_port=0))

    assert len({free.mlflow, free.prefect, free.evidently}) == 3


def test_taken_port_is_an_error_before_anything_is_started():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()

        with pytest.raises(ServiceError, match=r"of Prefect.*--prefect-port"):
            choose_ports(
                StackSettings(mlflow_port=0, prefect_port=taken.getsockname()[1], evidently_port=0)
            )


FOREIGN = {
    "PREFECT_SERVER_DATABASE_CONNECTION_URL": "sqlite+aiosqlite:////elsewhere.db",
    "PREFECT_PROFILE": "nowhere",
    "PREFECT_API_KEY": "k",
    "MLFLOW_REGISTRY_URI": "databricks",
    "MLFLOW_TRACKING_TOKEN": "t",
    "MLFLOW_DEFAULT_ARTIFACT_ROOT": "/elsewhere",
    "SSL_CERT_FILE": "/elsewhere.pem",
    "PYTHONSTARTUP": "/elsewhere.py",
    "AWS_PROFILE": "somebody",
    "PGPASSWORD": "p",
}


@pytest.fixture
def plan_in_shell(lake, credentials):
    def make(**settings):
        return plan_stack(
            lake,
            StackSettings(**settings),
            ports=PORTS,
            credentials=credentials,
            environment={"PATH": "/bin", "http_proxy": "http://proxy:3128", **FOREIGN},
            config_files="",
        )

    return make


@pytest.mark.parametrize("name", ["mlflow", "prefect", "evidently"])
def test_server_takes_nothing_of_the_shell_that_is_meant_for_others(plan_in_shell, name):
    variables = find(plan_in_shell(), name).environment

    assert not set(variables.items()) & set(FOREIGN.items())
    assert set(variables) & set(FOREIGN) <= {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL"
    }  # its own file
    assert variables["http_proxy"] == "http://proxy:3128"


@pytest.mark.parametrize("name", ["serve", "listen"])
def test_command_takes_what_it_needs_outside_and_no_other_servers_variables(plan_in_shell, name):
    variables = find(plan_in_shell(), name).environment

    assert {one for one in FOREIGN if one in variables} == {
        *("SSL_CERT_FILE", "PYTHONSTARTUP", "AWS_PROFILE", "PGPASSWORD")
    }


def test_server_of_models_in_a_bucket_gets_the_keys_and_certificates_for_it(plan_in_shell):
    variables = find(plan_in_shell(artifacts="s3://models/mlflow"), "mlflow").environment

    assert {one for one in FOREIGN if one in variables} == {"AWS_PROFILE", "SSL_CERT_FILE"}


def test_control_room_is_on_loopback_and_every_command_knows_where_people_open_it(plan):
    room, serve = find(plan(), "room"), find(plan(), "serve")

    assert room.command[-1] == "room"
    assert room.health_url == "http://127.0.0.1:8300/health"
    assert room.environment["CREDIT_DEFAULT_ROOM__HOST"] == "127.0.0.1"
    assert room.environment["CREDIT_DEFAULT_ROOM__PORT"] == "8300"
    assert serve.environment["CREDIT_DEFAULT_ROOM__ADDRESS"] == "http://127.0.0.1:8300"
    assert plan().addresses["CONTROL_ROOM_URL"] == "http://127.0.0.1:8300"
