"""What every room's tests may use: the real data when at hand, one Prefect server a session, a lake with a champion."""

import logging
import os
import runpy
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data" / "UCI_Credit_Card.csv"
NO_REAL_DATA = (
    "the public data set is not at hand: `make demo` once, with a network, puts it into .cache"
)
KEY = ["client_id", "statement_month"]

# A first example pays for imports, and two suites share the cores: time is judged elsewhere.
hypothesis.settings.register_profile("project", deadline=None)
hypothesis.settings.load_profile("project")


def pytest_configure(config):
    # before the variable is removed; a worker's process inherits it
    os.environ.setdefault(
        "PUBLIC_DATA_CACHE", os.environ.get("CREDIT_DEFAULT_CACHE", str(ROOT / ".cache"))
    )
    # What tests themselves ask on this machine is never asked of a proxy that the shell names.
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, ["127.0.0.1,localhost", os.environ.get(name)]))
    # Prefect and MLflow read these when first imported, which a test's own fixture would be too late for.
    for name in [
        name for name in os.environ if name.startswith(("CREDIT_DEFAULT_", "MLFLOW_", "PREFECT_"))
    ]:
        del os.environ[name]
    from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
    from credit_default.flows.server.ephemeral_server import build_prefect_environment

    home = Path(tempfile.mkdtemp(prefix="credit-default-prefect-"))
    os.environ.update(MLFLOW_ENVIRONMENT)
    os.environ.update(build_prefect_environment(home))
    # No process that draws a page outlives its test; `draw_report` of a test's own settings wins over this.
    os.environ["CREDIT_DEFAULT_DRAW_REPORT"] = "now"


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """Undo what a command's `configure_logging` did in this process, so that later tests can read log records."""
    logger = logging.getLogger("credit_default")
    level, handlers, propagate = logger.level, list(logger.handlers), logger.propagate
    yield
    logger.setLevel(level)
    logger.handlers[:], logger.propagate = handlers, propagate


@pytest.fixture(scope="session")
def real_data(tmp_path_factory) -> Path:
    """The public data set as CSV: a copy beside the checkout, else made from what `make demo` downloaded."""
    from credit_default.adapters.public_data.dataset_download import find_public_data

    if REAL_DATA.exists():
        return REAL_DATA
    if public := find_public_data(cache=Path(os.environ["PUBLIC_DATA_CACHE"])):
        write_csv = runpy.run_path(str(ROOT / "tests" / "fakes" / "public_csv.py"))
        path = tmp_path_factory.mktemp("public") / REAL_DATA.name
        return write_csv["write_public_csv"](public.path, path)
    pytest.skip(NO_REAL_DATA)


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    from credit_default.flows.server.ephemeral_server import (
        run_on_server,
        start_server,
        stop_server,
    )

    server = start_server(Path(os.environ["PREFECT_HOME"]), environment=dict(os.environ))
    try:
        with run_on_server(server, api_url="", timeout_seconds=600):
            yield server.api_url
    finally:
        stop_server(server)


@pytest.fixture(scope="session")
def full_prefect_server(tmp_path_factory) -> Iterator[str]:
    """A Prefect server as one that stays: it schedules, hears of events and starts runs on them."""
    from credit_default.flows.server.ephemeral_server import (
        PrefectServer,
        build_prefect_environment,
        stop_server,
        wait_for_prefect,
    )

    home = tmp_path_factory.mktemp("standing")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = home / "server.log"
    with log.open("wb") as written:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "credit_default.flows.server.ephemeral_server_process",
                str(port),
            ],
            env={**os.environ, **build_prefect_environment(home), "PREFECT_UI_ENABLED": "0"},
            stdin=subprocess.PIPE,
            stdout=written,
            stderr=written,
        )
    server = PrefectServer(process, f"http://127.0.0.1:{port}/api", log)
    try:
        wait_for_prefect(server, timeout_seconds=600)
        yield server.api_url
    finally:
        stop_server(server)


class People:
    """Clients of two sexes and many ages, whose outcomes and scores are known to be fair, or planted not to be."""

    def __init__(self) -> None:
        from credit_default.data.contract.schema_parsing import parse_schema

        plain = {"description": "x", "protected": True}
        columns = [
            {"name": "sex", "kind": "code", "codes": {"1": "male", "2": "female"}, **plain},
            {"name": "age", "kind": "integer", **plain},
        ]
        self.schema = parse_schema(
            {"name": "people", "version": "1", "columns": columns, "outcome": {"description": "x"}}
        )

    def make(self, count: int, *, seed: int = 1) -> tuple[pl.DataFrame, np.ndarray]:
        """Rows whose risk has nothing to do with sex or age, and the probability of each, which is right."""
        generator = np.random.default_rng(seed)
        probability = generator.beta(1, 4, count)
        columns = {"sex": generator.integers(1, 3, count), "age": generator.integers(21, 70, count)}
        columns["defaulted"] = (generator.random(count) < probability).astype(np.int64)
        return pl.DataFrame(columns), probability

    def mistreat(
        self, rows: pl.DataFrame, probability: np.ndarray, *, by: float = 0.15
    ) -> np.ndarray:
        """Probabilities that are too high by so much for every woman: more are declined, for nothing."""
        return np.where(rows["sex"].to_numpy() == 2, np.minimum(probability + by, 1.0), probability)


@pytest.fixture(scope="session")
def people() -> People:
    return People()


@pytest.fixture(scope="session")
def open_webhook() -> Any:
    """Opens a webhook on this machine for a block; see tests/fakes/webhook.py."""
    return runpy.run_path(str(ROOT / "tests" / "fakes" / "webhook.py"))["open_webhook"]


@pytest.fixture
def webhook(open_webhook) -> Iterator[Any]:
    with open_webhook() as opened:
        yield opened


@dataclass(frozen=True)
class SimulatedFiles:
    training: Path  # one month, with outcomes
    batch: Path  # the month after, of the same clients
    drifted: Path  # that month's clients, many of them two months late
    outcomes: Path  # of `batch`


@pytest.fixture(scope="session")
def simulated_files(tmp_path_factory) -> SimulatedFiles:
    from credit_default.data.simulation.months import simulate

    folder = tmp_path_factory.mktemp("simulated")
    first, second = simulate(client_count=3_000, month_count=2, seed=3)
    labels = first.outcomes.select(*KEY, "defaulted")
    first.statements.join(labels, on=KEY).write_csv(folder / "training.csv")
    second.statements.head(1_000).write_csv(folder / "batch.csv")
    late = second.statements.tail(1_000).with_columns(
        **{f"repayment_status_m{month}": pl.lit(2, dtype=pl.Int64) for month in (1, 2, 3)}
    )
    late.write_csv(folder / "drifted.csv")
    observed = second.outcomes.select(*KEY, "defaulted", observed_at=pl.lit("2005-12-01T00:00:00Z"))
    observed.head(1_000).write_csv(folder / "outcomes.csv")
    return SimulatedFiles(
        *(folder / f"{name}.csv" for name in ("training", "batch", "drifted", "outcomes"))
    )


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory) -> dict[str, Any]:
    """Overrides for a quick model, without the lake."""
    cache = tmp_path_factory.mktemp("cache")
    # tests that share a lake score the same clients in batches of any length
    any_batch = {
        "highest_known_share": 1.0,
        "lowest_usual_ratio": 0.0,
        "highest_usual_ratio": 1_000.0,
    }
    # ten trees with the leaves that few rows ask for would be too extreme
    few = {"tree_count": 10, "maximum_depth": 6, "leaf_row_count": 40, "column_share": 0.2}
    small = {"recipe": few, "jobs": 1, "report": "drift"}
    quick = {
        "stability": {"refit_count": 0},
        "proxies": {"tree_count": 5, "row_count": 500},
        "fairness": {"resample_count": 50},
        "economics": {"resample_count": 50},
    }
    return {"cache": str(cache), "quality": any_batch, **small, **quick}


@pytest.fixture(scope="session")
def untouched(prefect_server, simulated_files, small_settings, tmp_path_factory) -> dict[str, Any]:
    """Overrides whose lake has a champion, trained on the simulated month; no test writes into it."""
    from credit_default.flows.train import train

    overrides = {
        **small_settings,
        "lake": str(tmp_path_factory.mktemp("untouched")),
        "data": str(simulated_files.training),
    }
    train(overrides=overrides, return_state=True).result()
    return overrides


@pytest.fixture(scope="session")
def trained(untouched, tmp_path_factory) -> dict[str, Any]:
    """The same, in a lake to which tests add batches of their own."""
    lake = tmp_path_factory.mktemp("trained") / "lake"
    shutil.copytree(untouched["lake"], lake)
    return {**untouched, "lake": str(lake)}


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory) -> Path:
    """An MLflow database with nothing in it: making one takes seconds, copying it none."""
    from credit_default.adapters.lake.layout import open_lake
    from credit_default.adapters.mlflow.tracking import Tracking

    lake = open_lake(tmp_path_factory.mktemp("template"))
    assert Tracking(lake.tracking_uri).client.search_experiments()
    return lake.home / "mlflow.db"


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of moto's server, in a process of its own: deltalake holds the interpreter while it waits for S3."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [sys.executable, "-c", start], stdout=quiet, stderr=quiet, stdin=quiet
    ) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_for(address)
            yield address
        finally:
            process.kill()


def _wait_for(address: str) -> None:
    for _ in range(3_000):
        try:
            with urllib.request.urlopen(f"{address}/moto-api/", timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail("moto's server did not start within five minutes")


@pytest.fixture
def s3_environment(s3_server, monkeypatch) -> str:
    """The variables by which every S3 client finds moto's server; gives its address."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": s3_server,
        "AWS_ACCESS_KEY_ID": "test-key",
        "AWS_SECRET_ACCESS_KEY": "test-secret",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture
def s3_uri(s3_environment) -> str:
    """A versioned bucket of its own for each test, with a prefix."""
    import uuid

    import boto3

    bucket = f"lake-{uuid.uuid4().hex[:12]}"
    client = boto3.client("s3", endpoint_url=s3_environment)
    client.create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    client.close()
    return f"s3://{bucket}/portfolio"
