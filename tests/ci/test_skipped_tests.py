"""What `make test` says at its end, on the reports of small suites; and the suite of a stranger, in a folder of its own."""

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from credit_default.adapters.public_data.dataset_download import fetch_public_data

ROOT = Path(__file__).resolve().parents[2]
ON_REAL_DATA = "tests/adapters/files/test_statement_files.py"
SUITE = """
import pytest

@pytest.mark.parametrize("number", range(4))
def test_browser(number):
    pytest.skip("no Chromium: install it")

@pytest.mark.skipif(True, reason="no chrome driver: install it")
def test_driver():
    pass

def test_known_gap():
    pytest.xfail("a gap")

def test_passes():
    pass
"""
OTHER_SUITE = """
import pytest

def test_server():
    pytest.skip("no PostgreSQL: start one: it needs a service user")
"""


def run_pytest(folder, *arguments, **variables):
    command = [sys.executable, "-m", "pytest", "-n0", "-q", "-p", "no:cacheprovider", *arguments]
    inherited = {name: os.environ[name] for name in os.environ if name != "PUBLIC_DATA_CACHE"}
    environment = {**inherited, "PYTHONPATH": str(ROOT / "src"), **variables}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def tell(folder):
    ended = subprocess.run(
        [sys.executable, ROOT / "ci" / "skipped_tests.py", folder],
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout


def test_skips_of_all_processes_are_told_once_by_what_brings_them_back(tmp_path):
    for name, suite in (("one", SUITE), ("other", OTHER_SUITE)):
        (tmp_path / f"test_{name}.py").write_text(suite, encoding="utf-8")
        ended = run_pytest(tmp_path, f"test_{name}.py", f"--junitxml={name}.xml")
        assert ended.returncode == 0, ended.stdout

    assert tell(tmp_path).splitlines() == [
        "",
        "6 tests were skipped",
        "    5  no Chromium, no chrome driver",
        "       install it",
        "    1  no PostgreSQL",
        "       start one: it needs a service user",
    ]


def test_nothing_is_said_where_nothing_was_skipped(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_passes():\n    pass\n", encoding="utf-8")
    run_pytest(tmp_path, "--junitxml=one.xml")

    assert tell(tmp_path) == ""


@pytest.fixture
def stranger(tmp_path):
    """A checkout without a copy of the public data beside it: as much of it as one of the tests that want them needs."""
    folder = tmp_path / "checkout"
    for name in ("pyproject.toml", "tests/conftest.py", "tests/fakes/public_csv.py", ON_REAL_DATA):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


def run_on_real_data(folder, **variables):
    name = "test_the_real_file_is_read_whole"
    (folder / "build").mkdir(exist_ok=True)
    report = "--junitxml=build/tests.xml"
    return run_pytest(folder, f"{ON_REAL_DATA}::{name}", report, **variables)


def test_stranger_is_told_how_to_have_the_public_data(stranger):
    ended = run_on_real_data(stranger)

    assert "1 skipped" in ended.stdout
    assert tell(stranger / "build").splitlines()[2:] == [
        "    1  the public data set is not at hand",
        "       `make demo` once, with a network, puts it into .cache",
    ]


@pytest.mark.parametrize("variable", [None, "CREDIT_DEFAULT_CACHE"])
def test_stranger_whose_demo_has_run_tests_on_the_public_data(
    stranger, real_data, tmp_path, variable
):
    cache = tmp_path / "elsewhere" if variable else stranger / ".cache"
    fill_cache(cache, real_data, tmp_path)

    ended = run_on_real_data(stranger, **({variable: str(cache)} if variable else {}))

    assert "1 passed" in ended.stdout, ended.stdout
    assert tell(stranger / "build") == ""


def fill_cache(cache, real_data, folder):
    """As `make demo` does, from a server on this machine that has the rows under OpenML's names."""
    import http.server
    import json
    import threading

    rows = pl.read_csv(real_data, infer_schema=False).drop("ID").cast(pl.Float64)
    rows.columns = [*(f"x{number}" for number in range(1, 24)), "y"]
    (site := folder / "site").mkdir()
    rows.write_parquet(site / "data.pq")

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(site))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        description = {"data_set_description": {"parquet_url": f"{address}/data.pq"}}
        (site / "description").write_text(json.dumps(description), encoding="utf-8")
        fetch_public_data(
            cache=cache,
            uci_url=f"{address}/nothing",
            openml_url=f"{address}/description",
            timeout_seconds=60,
        )
        server.shutdown()


def test_copy_that_is_made_of_the_cache_has_the_bytes_of_the_file(real_data, tmp_path):
    fill_cache(tmp_path / "cache", real_data, tmp_path)
    (cached,) = (tmp_path / "cache").iterdir()
    write = runpy.run_path(str(ROOT / "tests" / "fakes" / "public_csv.py"))["write_public_csv"]

    assert write(cached, tmp_path / "copy.csv").read_bytes() == real_data.read_bytes()
