"""Twelve secrets planted in the environment appear in nothing that the commands of a model's life cycle write or print.

One process runs them: training, scoring, monitoring with an alarm whose message cannot be sent, doctor, settings, and
commands that fail because a server is away, refuses or does not have what is asked for. Afterwards everything that was
written is searched: the lake with its tables and reports, both databases with the runs' logs, the artifacts, the servers'
logs, and what the commands printed.
"""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
from base64 import b64encode
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from credit_default.adapters.mlflow.health_check import wait_for_mlflow

pytestmark = pytest.mark.xdist_group("prefect")

# each of its own, so that what leaks is known by its name
CANARIES = {
    name: f"canary{number:02}{name.replace('_', '')}"
    for number, name in enumerate(
        (
            "mlflow_address",
            "mlflow_password",
            "prefect_auth",
            "prefect_database",
            "stack_database",
            "aws_secret",
            "aws_session",
            "slack_token",
            "mail_password",
            "webhook_password",
            "webhook_token",
            "flask_key",
        )
    )
}
NOBODY = "127.0.0.1:9"

RUN_COMMANDS = """
import json, os, sys, time
from credit_default.cli.main import app

begun = time.monotonic()
for line, environment in json.load(open(sys.argv[1])):
    os.environ.update(environment)
    print(f"after {time.monotonic() - begun:.0f} s: $", *line, flush=True)
    try:
        app(line)
    except SystemExit as ending:
        print("exit", ending.code, flush=True)
"""


def plant(lake: Path, *, cache: str, prefect: str, mlflow: str) -> dict[str, str]:
    """The commands' environment: settings, and a secret wherever one can be set."""
    c = CANARIES
    hosts = f"json://hook:{c['webhook_password']}@{NOBODY}/{c['webhook_token']}"
    mail = f"mailto://somebody:{c['mail_password']}@{NOBODY}?from=a@example.org&to=b@example.org"
    slack = f"slack://T1JJ3T3L2/A1BRTD4JD/{c['slack_token']}/#alarms"
    small = {
        "LAKE": str(lake),
        "CACHE": cache,
        "JOBS": "1",
        "REPORT": "drift",
        "RECIPE__TREE_COUNT": "10",
        "RECIPE__LEAF_ROW_COUNT": "40",
        "RECIPE__COLUMN_SHARE": "0.2",
        "RECIPE__MAXIMUM_DEPTH": "6",
        "QUALITY__HIGHEST_KNOWN_SHARE": "1.0",
        "STABILITY__REFIT_COUNT": "0",
        "FAIRNESS__RESAMPLE_COUNT": "50",
        "ECONOMICS__RESAMPLE_COUNT": "50",
        "PROXIES__TREE_COUNT": "5",
        "ALARMS__RINGING_COUNT": "1",
        "ALARMS__WINDOW_COUNT": "1",
        "NOTIFY__TIMEOUT_SECONDS": "0.3",
        "MLFLOW__WAIT_SECONDS": "0.3",
        "MLFLOW__TRAINING_WAIT_SECONDS": "0.3",
        "PREFECT__WAIT_SECONDS": "5",
        "MLFLOW__TRACKING_URI": f"http://reader:{c['mlflow_address']}@{mlflow}",
        "PREFECT__API_URL": prefect,
        "STACK__DATABASE": f"postgresql://owner:{c['stack_database']}@{NOBODY}",
        "NOTIFY__URLS": f"{hosts} {mail} {slack}",
    }
    others = {
        "MLFLOW_TRACKING_PASSWORD": c["mlflow_password"],
        "MLFLOW_TRACKING_USERNAME": "reader",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": c["flask_key"],
        "PREFECT_API_AUTH_STRING": f"admin:{c['prefect_auth']}",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg://p:{c['prefect_database']}@{NOBODY}/prefect",
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": c["aws_secret"],
        "AWS_SESSION_TOKEN": c["aws_session"],
        "AWS_ENDPOINT_URL": f"http://{NOBODY}",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return {
        **os.environ,
        **others,
        **{f"CREDIT_DEFAULT_{name}": value for name, value in small.items()},
    }


def list_commands(files) -> list[tuple[list[str], dict[str, str]]]:
    """The commands in their order, each with what the environment is from then on."""
    training, drifted = str(files.training), str(files.drifted)
    away = {
        "CREDIT_DEFAULT_MLFLOW__TRACKING_URI": f"http://reader:{CANARIES['mlflow_address']}@{NOBODY}",
        "CREDIT_DEFAULT_DRAW_REPORT": "none",
    }
    return [
        (["train", "--data", training], {}),
        (["predict", drifted], {}),
        (["monitor", "--json"], {"CREDIT_DEFAULT_DRAW_REPORT": "now"}),
        (["doctor"], {}),
        (["settings"], {}),
        (["settings", "--json"], {}),
        (["models", "show"], {}),
        (["models", "rollback", "--reason", "nothing to go back to"], {}),
        (["predict", "s3://no-such-bucket/batch.csv"], {}),
        (["predict", training.replace("training", "absent")], {}),
        (["train", "--data", training, "--json"], away),
        (["predict", str(files.batch), "--json"], {}),
        (["models", "show"], {}),
        (["doctor", "--json"], {}),
        (["reconcile", "--json"], {}),
        (
            ["settings"],
            {"CREDIT_DEFAULT_NOTIFY__TIMEOUT_SECONDS": f"x://a:{CANARIES['webhook_token']}@b"},
        ),
    ]


@pytest.fixture(scope="module")
def mlflow_server(tmp_path_factory, mlflow_template):
    """Where a server on loopback answers, and the folder with its records and its log."""
    folder = tmp_path_factory.mktemp("mlflow")
    shutil.copy(mlflow_template, folder / "server.db")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*probe.getsockname())
    line = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        address.partition(":")[2],
        "--workers",
        "1",
        "--backend-store-uri",
        f"sqlite:///{folder / 'server.db'}",
        "--artifacts-destination",
        str(folder / "files"),
    ]
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            line, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for_mlflow(f"http://{address}", timeout_seconds=600)
        yield address, folder
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture(scope="module")
def done(prefect_server, mlflow_server, simulated_files, tmp_path_factory):
    """What the commands printed, and where everything is that they wrote."""
    root = tmp_path_factory.mktemp("secrets")
    address, folder = mlflow_server
    (root / "commands.json").write_text(json.dumps(list_commands(simulated_files)))
    environment = plant(
        root / "lake", cache=str(root / "cache"), prefect=prefect_server, mlflow=address
    )
    ended = subprocess.run(
        [sys.executable, "-c", RUN_COMMANDS, str(root / "commands.json")],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    (root / "said.txt").write_text(ended.stdout + ended.stderr)
    return ended.stdout, ended.stderr, (root, folder, Path(os.environ["PREFECT_HOME"]))


@pytest.fixture(scope="module")
def written(done):
    """(name, content) of everything that was written or printed."""
    return list(read_everything(done[2]))


def read_everything(places):
    """Every file as it is, and the content of tables and databases."""
    for place in places:
        for path in sorted(place.rglob("*")):
            if not path.is_file() or path.name == "commands.json":
                continue
            yield str(path), path.read_bytes()
            if path.suffix == ".parquet":
                yield str(path), pl.read_parquet(path).write_json().encode()
            if path.suffix == ".db":
                yield str(path), dump(path)


def dump(path: Path) -> bytes:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return "\n".join(map(str, database.iterdump())).encode()


def forms(secret: str) -> list[bytes]:
    """The secret as it is, and as it goes in the header of a request."""
    headers = [
        b64encode(f"{user}:{secret}".encode()).rstrip(b"=")
        for user in ("reader", "admin", "hook", "somebody")
    ]
    return [secret.encode(), *headers]


def test_commands_succeeded_and_failed_where_they_should(done):
    said, complaints, _ = done

    codes = [int(code) for code in re.findall(r"^exit (\d+)$", said, re.MULTILINE)]
    assert codes == [0, 0, 1, 0, 0, 0, 0, 2, 3, 2, 3, 0, 3, 3, 3, 2], said + complaints
    assert "Traceback" not in complaints


def test_an_alarm_opened_whose_message_could_not_be_sent(done):
    said, _, _ = done

    assert "did not accept it" in said


@pytest.mark.parametrize("name", CANARIES)
def test_secret_is_in_nothing_that_was_written_or_printed(written, name):
    found = {
        place
        for place, content in written
        if any(form in content for form in forms(CANARIES[name]))
    }

    assert found == set()


def test_everything_that_was_written_was_searched(written):
    names = {Path(place).name for place, _ in written}

    assert {
        "prefect.db",
        "server.db",
        "server.log",
        "said.txt",
        "card.json",
        "champion.json",
        "report.json",
    } <= names
