import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import create_engine, make_url

from credit_default.errors import ServiceError
from credit_default.flows.server.ephemeral_server import (
    PrefectServer,
    build_database_variables,
    start_server,
    stop_server,
    wait_for_prefect,
)


def start(tmp_path, code):
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)
    return PrefectServer(process, "http://127.0.0.1:1/api", tmp_path / "server.log")


def test_error_about_a_server_that_ended_has_its_code_and_its_log(tmp_path):
    server = start(tmp_path, "raise SystemExit(3)")

    with pytest.raises(ServiceError, match=r"ended with code 3.*server\.log"):
        wait_for_prefect(server, timeout_seconds=300)

    stop_server(server)


def test_server_that_does_not_answer_is_not_waited_for_for_ever(tmp_path):
    server = start(tmp_path, "import time; time.sleep(60)")

    with pytest.raises(ServiceError, match="no answer in 0 s"):
        wait_for_prefect(server, timeout_seconds=0.2)

    stop_server(server)
    assert server.process.returncode == -signal.SIGTERM


@pytest.mark.nightly
@pytest.mark.parametrize("name", ["plain", "what? %20 [x]*", "tab\tnew\nline", "$HOME {} ä #1"])
def test_records_are_in_the_folder_of_exactly_that_name(name, tmp_path):
    server = start_server(tmp_path / name / "prefect", environment=dict(os.environ))
    try:
        wait_for_prefect(server, timeout_seconds=180)
    finally:
        stop_server(server)

    assert (tmp_path / name / "prefect" / "prefect.db").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", ["plain", "what? %20 [x]*", "new\nline"])
def test_a_server_gets_the_address_of_its_own_file(name, tmp_path):
    (tmp_path / name).mkdir()

    address = build_database_variables(tmp_path / name)["PREFECT_SERVER_DATABASE_CONNECTION_URL"]

    assert make_url(address).drivername == "sqlite+aiosqlite"
    engine = create_engine(make_url(address).set(drivername="sqlite"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE here (x INTEGER)")
    engine.dispose()
    assert [path.name for path in (tmp_path / name).iterdir()] == ["prefect.db"]
