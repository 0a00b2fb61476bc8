"""A lake that fails: disk full, no write permission, no bucket, no access. One line, exit 3 (or 2), nothing written."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import polars as pl
import pytest

from credit_default.adapters.lake.layout import open_lake

FAULT_PROXY = Path(__file__).parents[1] / "fakes" / "fault_proxy.py"
SECRETS = ("test-secret", "a-token-that-nobody-may-read")
MISSING = "s3://nobody-made-this/portfolio"
BATCH = "0123456789abcdef"
ON_ALL = ("ingest", "outcomes", "quarantine", "verify", "doctor")
WRITING = ("ingest", "outcomes", "doctor")


@pytest.fixture(scope="module")
def files(simulated_files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    rows = pl.read_csv(simulated_files.batch, infer_schema=False).head(100)
    rows.with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("9")).otherwise("sex")
    ).write_csv(folder / "a.csv")
    pl.read_csv(simulated_files.outcomes, infer_schema=False).head(100).write_csv(
        folder / "outcomes.csv"
    )
    return folder


@pytest.fixture
def own_home(tmp_path, mlflow_template, s3_uri):
    """What a lake in a bucket keeps on this machine: an MLflow database is there already, since making one takes seconds."""
    for lake in (s3_uri, MISSING):
        folder = open_lake(lake, home=tmp_path / "home").home
        folder.mkdir(parents=True)
        shutil.copy(mlflow_template, folder / "mlflow.db")


@pytest.fixture
def call(run, files, tmp_path):
    """Runs a command on a lake; what stands on this machine goes to tmp_path/home."""
    (tmp_path / "c.toml").write_text(f'home = "{tmp_path}/home"\ncache = "{tmp_path}/cache"\n')
    words = {
        "ingest": [files / "a.csv"],
        "outcomes": [files / "outcomes.csv"],
        "quarantine": [BATCH],
    }

    def run_on(command, lake, *flags, server=None):
        own = ["--quiet", "--config", tmp_path / "c.toml", "--lake", lake, *flags]
        return run(*command.split(), *words.get(command, []), *own, server=server)

    return run_on


def expect_one_line(answer, command, *words):
    """`doctor` tells of every part, the others of what stopped them; neither prints a traceback or a secret."""
    said = " ".join((answer.stdout + answer.stderr).split())  # a table breaks its lines
    assert answer.exit_code in {2, 3}, said
    assert "Traceback" not in said
    assert not any(secret in said.replace(" ", "") for secret in SECRETS)
    assert any(word in said for word in words), said
    if command != "doctor":
        assert answer.stdout == ""
        (line,) = [line for line in answer.stderr.splitlines() if line.strip()]
        assert line.startswith(f"credit-default {command.split()[0]}: ")
        assert "found " in line
        assert len(line) < 1_000


def list_files(folder):
    """Those that hold anything."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size
    )


# ── a disk ──


@pytest.fixture
def small_disk(tmp_path):
    """A file system of its own, of 8 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    mounted = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if not mounted or mounted.returncode:
        pytest.skip(
            "mounting a file system is not allowed: run it as root, on a machine that allows it"
        )
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def fill(disk, *, but_bytes=0):
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_bsize
    with (disk / "filling").open("wb") as file:
        file.write(b"\0" * (free - but_bytes))


@pytest.mark.parametrize("command", WRITING)
def test_a_full_disk_is_one_line_and_nothing_written(call, small_disk, command):
    fill(small_disk)

    answer = call(command, small_disk / "lake")

    expect_one_line(answer, command, "No space left")
    assert list_files(small_disk) == ["filling"]


@pytest.mark.parametrize("kib", [16, 48, 80, 112])
def test_a_disk_that_fills_up_on_the_way_is_one_line_and_the_next_run_completes(
    call, small_disk, kib
):
    fill(small_disk, but_bytes=kib * 1024)

    answer = call("ingest", small_disk / "lake")
    (small_disk / "filling").unlink()
    again = call("ingest", small_disk / "lake", "--json")

    if answer.exit_code:
        expect_one_line(answer, "ingest", "No space left")
    assert (again.exit_code, again.json["counts"]) == (
        0,
        {"read": 100, "accepted": 97, "quarantined": 3},
    )
    assert call("verify", small_disk / "lake").exit_code == 0


@pytest.mark.parametrize("command", WRITING)
def test_a_read_only_folder_is_one_line_and_nothing_written(call, small_disk, command):
    (small_disk / "lake").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    answer = call(command, small_disk / "lake")

    expect_one_line(answer, command, "Read-only file system")
    assert list_files(small_disk) == []


@pytest.mark.parametrize("command", ON_ALL)
def test_a_lake_that_cannot_even_be_made_is_one_line(call, small_disk, command):
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    answer = call(command, small_disk / "lake")

    expect_one_line(answer, command, "Read-only file system")


# ── a bucket ──


@pytest.fixture
def proxy(s3_uri, s3_environment, monkeypatch):
    """Gives every request the fault that it is told; the bucket behind it is the test's own."""
    monkeypatch.setenv("AWS_SESSION_TOKEN", SECRETS[1])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen(
        [sys.executable, FAULT_PROXY, str(port), s3_environment], stdin=subprocess.DEVNULL
    ) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            yield lambda fault: _order(address, fault)
        finally:
            process.kill()


def _order(address, fault):
    rule = json.dumps({"method": "*", "path": ".", "fault": fault, "times": 1_000_000}).encode()
    request = urllib.request.Request(f"{address}/-/rules", data=rule, method="POST")
    for _ in range(6_000):
        try:
            with urllib.request.urlopen(request, timeout=30):
                return address
        except OSError:
            time.sleep(0.05)
    pytest.fail("the fault proxy did not start within five minutes")


def list_keys(uri, endpoint):
    client = boto3.client("s3", endpoint_url=endpoint)
    try:
        return [
            found["Key"]
            for found in client.list_objects_v2(Bucket=uri.split("/")[2]).get("Contents", [])
        ]
    finally:
        client.close()


def expect_nothing_at_home(tmp_path):
    kept = (
        [name for name in list_files(tmp_path / "home") if "mlflow.db" not in name]
        if (tmp_path / "home").exists()
        else []
    )
    assert kept == []


@pytest.mark.usefixtures("own_home")
@pytest.mark.parametrize(
    ("fault", "word"), [("403", "access denied"), ("expired", "credentials that have expired")]
)
def test_access_that_is_refused_is_one_line_and_nothing_written(
    call, s3_uri, s3_environment, proxy, monkeypatch, tmp_path, fault, word
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy(fault))

    for command in ON_ALL:
        expect_one_line(call(command, s3_uri), command, word)

    assert list_keys(s3_uri, s3_environment) == []
    expect_nothing_at_home(tmp_path)


@pytest.mark.usefixtures("own_home")
def test_a_missing_bucket_is_one_line_and_none_is_made(call, s3_environment, tmp_path):
    for command in ON_ALL:
        expect_one_line(call(command, MISSING), command, "no such bucket")

    client = boto3.client("s3", endpoint_url=s3_environment)
    assert "nobody-made-this" not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    client.close()
    expect_nothing_at_home(tmp_path)


@pytest.mark.parametrize("command", ["ingest", "verify"])
def test_an_endpoint_that_does_not_answer_is_one_line(
    call, s3_uri, s3_environment, monkeypatch, tmp_path, command
):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{probe.getsockname()[1]}")

    expect_one_line(call(command, s3_uri), command, "no connection")

    assert list_keys(s3_uri, s3_environment) == []
    expect_nothing_at_home(tmp_path)


@pytest.mark.xdist_group("prefect")
def test_an_inbox_that_cannot_be_reached_is_one_line(
    call, s3_uri, proxy, monkeypatch, prefect_server
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy("403"))

    answer = call("predict --incoming", s3_uri, server=prefect_server)

    expect_one_line(answer, "predict --incoming", "access denied")
