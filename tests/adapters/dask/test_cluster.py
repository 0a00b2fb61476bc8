import shutil
import socket
import subprocess
import sys
import time

import pytest

from credit_default.adapters.dask.cluster import open_cluster
from credit_default.adapters.dask.request import ClusterRequest
from credit_default.adapters.dask.worker_facts import read_facts
from credit_default.errors import ServiceError, SetupError

pytest.importorskip("distributed", reason="no Dask: install the extra `dask`")


def ask(scheduler, tmp_path, **request):
    with open_cluster(ClusterRequest(scheduler, 1, **request), scratch=tmp_path):
        pytest.fail("opened")


def test_a_scheduler_that_says_nothing_is_given_up_in_time(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()

        with pytest.raises(ServiceError, match=r"found no answer within 0\.5 s") as caught:
            ask(address, tmp_path, answer_seconds=0.5)

    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 10  # Dask's own client waits for minutes


def test_an_address_where_nobody_listens_is_no_scheduler(tmp_path):
    with pytest.raises(ServiceError, match="Start it with `dask scheduler`"):
        ask("tcp://127.0.0.1:9", tmp_path, answer_seconds=0.5)


@pytest.mark.parametrize(
    ("scheduler", "found"),
    [
        ("tcp://10.1.2.3:8786", "a connection without encryption to another machine"),
        ("tls://10.1.2.3:8786", "no setting engine.tls_authority"),
        ("http://127.0.0.1:8786", "an address of another form"),
        ("tcp://127.0.0.1", "an address of another form"),
    ],
)
def test_a_scheduler_that_rows_must_not_go_to_is_refused(tmp_path, scheduler, found):
    with pytest.raises(SetupError, match=found):
        ask(scheduler, tmp_path)


def test_a_missing_certificate_is_named(tmp_path):
    files = dict.fromkeys(["tls_authority", "tls_certificate", "tls_key"], str(tmp_path / "ca.pem"))

    with pytest.raises(SetupError, match=r"setting engine.tls_authority: found no file .*ca\.pem"):
        ask("tls://10.1.2.3:8786", tmp_path, **files)


def test_an_installation_without_dask_names_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)

    with pytest.raises(SetupError, match=r'pip install "credit-default\[dask\]"') as caught:
        ask("", tmp_path)

    assert caught.value.exit_code == 2


def test_workers_of_another_version_are_refused_by_name(tmp_path):
    facts = read_facts() | {"credit-default": "0.0.9"}
    refused = r"Dask worker tls://127.*: found credit-default 0\.1\.0; expected 0\.0\.9"

    with (
        pytest.raises(SetupError, match=refused),
        open_cluster(ClusterRequest("", 1), scratch=tmp_path, facts=facts),
    ):
        pytest.fail("opened")


@pytest.mark.nightly
@pytest.mark.skipif(
    shutil.which("openssl") is None,
    reason="no openssl: install it with the system's package manager",
)
def test_a_scheduler_with_tls_takes_only_a_certificate_of_its_own_authority(tmp_path):
    for name in ("ours", "another"):
        subject = ["-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9", *subject]
        subprocess.run(make, cwd=tmp_path, check=True, capture_output=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"tls://127.0.0.1:{free.getsockname()[1]}"
    files = ["--tls-ca-file=ours.pem", "--tls-cert=ours.pem", "--tls-key=ours.key"]
    port = address.rpartition(":")[2]
    at = ["--host=127.0.0.1", f"--port={port}", "--protocol=tls"]
    dask = [sys.executable, "-m", "dask"]
    commands = [["scheduler", *at], ["worker", address, "--nthreads=1"]]
    running = [
        subprocess.Popen(
            [*dask, *command, "--no-dashboard", *files],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for command in commands
    ]
    own = {
        "tls_authority": str(tmp_path / "ours.pem"),
        "tls_certificate": str(tmp_path / "ours.pem"),
        "tls_key": str(tmp_path / "ours.key"),
    }
    other = {
        "tls_certificate": str(tmp_path / "another.pem"),
        "tls_key": str(tmp_path / "another.key"),
    }
    try:
        request = ClusterRequest(address, 1, answer_seconds=60, **own)
        with open_cluster(request, scratch=tmp_path) as cluster:
            assert cluster.run_each(abs, [-3, 4]) == [3, 4]
        with pytest.raises(ServiceError, match="takes our certificate"):
            ask(address, tmp_path, answer_seconds=5, **(own | other))
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(30)
