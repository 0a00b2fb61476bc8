"""What every room's tests may use: the real data when at hand, one Prefect server a session, a lake with a champion."""

import gc
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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parents[1]
REAL_DATA = ROOT.parent / "shared" / "data" / "UCI_Credit_Card.csv"
NO_REAL_DATA = (
    "the public data set is not at hand: `make demo` once, with a network, puts it into .cache"
)
KEY = ["client_id", "statement_month"]
BLANK_PICTURE = bytes.fromhex(  # of one dot
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)
CPU_BEFORE = pytest.StashKey[float]()
# A server reads this in the folder where it starts: without it, events can be read five seconds after they came. Not for
# the server that schedules, too: it would give its events up while its database is busy.
QUICK_EVENTS = "[server.services.event_persister]\nflush_interval = 0.5\nmax_flush_retries = 50\n"

# Two workers whose libraries each start a thread a core, which spin while they wait for one another, took forty
# times the time of one thread. Set before any library that reads them is imported, which is why none is above;
# workers and commands inherit them, and a test that is about cores sets its own.
os.environ.update(
    {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
)

# A first example pays for imports, and two suites share the cores: time is judged elsewhere.
hypothesis.settings.register_profile("project", deadline=None, max_examples=40)
hypothesis.settings.register_profile("night", deadline=None, max_examples=200)
hypothesis.settings.load_profile("project")


def pytest_configure(config):
    if "or not nightly" in config.option.markexpr:
        hypothesis.settings.load_profile("night")
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
    config.add_cleanup(lambda: shutil.rmtree(home, ignore_errors=True))
    os.environ.update(MLFLOW_ENVIRONMENT)
    os.environ.update(build_prefect_environment(home))
    # A report's page costs seconds and few tests read one: those ask for `drawn_pages`.
    os.environ["CREDIT_DEFAULT_DRAW_REPORT"] = "none"
    # What waits for a server that is away, or for lines that are on their way to one, waits less.
    os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR"] = "0"
    os.environ["MLFLOW_HTTP_REQUEST_BACKOFF_JITTER"] = "0"
    os.environ["PREFECT_LOGGING_TO_API_BATCH_INTERVAL"] = "0.1"


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the garbage collector from walking modules and tests that stay anyway: it took half of the collection's time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Keep tests that share a fixture of their module in one worker, so that it is made once; the longest begin first."""
    if hasattr(config, "workerinput"):
        items.sort(key=_rank)
    for item in items:
        file = item.nodeid.split("::")[0]
        fixtures = chain.from_iterable(item._fixtureinfo.name2fixturedefs.values())
        is_shared = any(one.scope in {"module", "class"} and one.baseid == file for one in fixtures)
        if is_shared and item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(Path(file).stem))


@pytest.hookimpl(wrapper=True)
def pytest_collection_finish(session):
    """Tell the scheduler the groups: xdist 3.8 writes them where pytest 9.2 reads them no longer, and every group was split."""
    if not hasattr(session.config, "workerinput"):
        return (yield)
    kept = [(item, item._id) for item in session.items]
    for item, plain in kept:
        if mark := item.get_closest_marker("xdist_group"):
            item._id = f"{plain}@{mark.args[0]}"
    try:
        return (yield)
    finally:
        for item, plain in kept:
            item._id = plain


def _rank(item: pytest.Item) -> int:
    """Return 0 for whole stories, which take long, and 2 for the pure rooms' small tests, which fill gaps at the end."""
    folders = item.path.parent.parts[len(ROOT.parts) :]
    if folders == ("tests",):
        return 0
    return 2 if {*folders[1:2]} & {"data", "gates", "model"} else 1


def _count_cpu_seconds() -> float:
    """Return what this process and its ended children have used."""
    return sum(os.times()[:4])


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    item.stash[CPU_BEFORE] = _count_cpu_seconds()
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item):
    """Note the test's CPU seconds, its fixtures' first making included, for `ci/slow_tests.py` to judge.

    Before the fixtures end: servers that served many tests are not the last one's cost.
    """
    used = _count_cpu_seconds() - item.stash[CPU_BEFORE]
    item.user_properties.append(("cpu_seconds", f"{used:.2f}"))


@pytest.fixture(scope="session", autouse=True)
def own_temporary_folder(tmp_path_factory):
    """Have what commands leave in the machine's temporary folder, such as logs of errors, go when the tests end."""
    tmp_path_factory.getbasetemp()  # where it would be otherwise; sockets want the shorter path
    with (
        tempfile.TemporaryDirectory(prefix="cd-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        Path(folder).chmod(0o755)  # another user's commands, in some tests, come in
        patch.setenv("TMPDIR", folder)
        if not os.access(
            Path.home(), os.W_OK
        ):  # or matplotlib makes a folder here, and misses it at exit
            patch.setenv("MPLCONFIGDIR", str(Path(folder, "matplotlib")))
        patch.setattr(tempfile, "tempdir", None)
        yield


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """Undo what a command's `configure_logging` did in this process, so that later tests can read log records."""
    logger = logging.getLogger("credit_default")
    level, handlers, propagate = logger.level, list(logger.handlers), logger.propagate
    yield
    logger.setLevel(level)
    logger.handlers[:], logger.propagate = handlers, propagate


@pytest.fixture
def drawn_pages(monkeypatch):
    """Draw the page of each report at once, so that no process that draws one outlives its test."""
    monkeypatch.setenv("CREDIT_DEFAULT_DRAW_REPORT", "now")


@pytest.fixture(scope="session")
def kernel() -> Any:
    """The loops over trees as machine code, compiled once a checkout."""
    from credit_default.adapters.kernel.compilation import ensure_compiled
    from credit_default.adapters.kernel.machine_code import load_kernel

    assert ensure_compiled()
    return load_kernel()


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

    home = Path(os.environ["PREFECT_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    (home / "prefect.toml").write_text(QUICK_EVENTS)
    server = start_server(home, environment=dict(os.environ))
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
            cwd=home,
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


@pytest.fixture(scope="session")
def people() -> Any:
    """Makes clients, fairly treated or not."""
    from tests.fakes.people import People

    return People()


@pytest.fixture(scope="session")
def open_webhook() -> Any:
    """Opens a webhook on this machine for a block; see tests/fakes/webhook.py."""
    return runpy.run_path(str(ROOT / "tests" / "fakes" / "webhook.py"))["open_webhook"]


@pytest.fixture
def webhook(open_webhook) -> Iterator[Any]:
    with open_webhook() as opened:
        yield opened


@pytest.fixture(scope="session")
def warm_commands(tmp_path_factory) -> Iterator[Any]:
    """Runs commands, each in a process of its own without the price of its imports; see tests/fakes/warm_commands.py."""
    from tests.fakes.warm_commands import open_warm_commands

    with open_warm_commands(tmp_path_factory.mktemp("warm-commands")) as opened:
        yield opened


@dataclass(frozen=True)
class SimulatedFiles:
    training: Path  # one month, with outcomes
    batch: Path  # the month after, of the same clients
    drifted: Path  # that month's clients, many of them two months late
    outcomes: Path  # of `batch`


@pytest.fixture(scope="session")
def simulated_files(tmp_path_factory) -> SimulatedFiles:
    import polars as pl

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
def blank_pictures() -> Iterator[None]:
    """Have figures made and not painted, which would be a third of a small training; `painted_pictures` paints them."""
    from matplotlib.figure import Figure

    def save_blank(_figure, target, **_options):
        target.write(BLANK_PICTURE)

    save_blank.paint = Figure.savefig
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save_blank)
        yield


@pytest.fixture
def painted_pictures(monkeypatch):
    """Paint figures, whatever another test has asked for."""
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", getattr(Figure.savefig, "paint", Figure.savefig))


@pytest.fixture(scope="session")
def small_settings(tmp_path_factory, blank_pictures) -> dict[str, Any]:
    """Overrides for a quick model, without the lake."""
    from tests.fakes.quick_training import QUICK

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
    return {"cache": str(cache), "quality": any_batch, **small, **QUICK}


@pytest.fixture(scope="session")
def lake_with_champion(simulated_files, small_settings, tmp_path_factory, request) -> Path:
    """A lake whose champion was trained on the simulated month; only the one process that trains it needs a server."""
    from tests.fakes.shared_folders import copy_shared_folder

    def make(folder: Path) -> None:
        from credit_default.flows.train import train

        request.getfixturevalue("prefect_server")
        lake = tmp_path_factory.mktemp("made") / "lake"
        own = {"lake": str(lake), "data": str(simulated_files.training)}
        train(overrides={**small_settings, **own}, return_state=True).result()
        shutil.copytree(lake, folder, dirs_exist_ok=True)

    return copy_shared_folder(
        "lake-with-champion", tmp_path_factory.mktemp("untouched") / "lake", make=make
    )


@pytest.fixture(scope="session")
def champion_settings(lake_with_champion, simulated_files, small_settings) -> dict[str, Any]:
    """Overrides whose lake has a champion, for what brings its own server; no test writes into it."""
    return {
        **small_settings,
        "lake": str(lake_with_champion),
        "data": str(simulated_files.training),
    }


@pytest.fixture(scope="session")
def untouched(prefect_server, champion_settings) -> dict[str, Any]:
    """The same, with a server in this process."""
    return champion_settings


@pytest.fixture(scope="session")
def trained(untouched, tmp_path_factory) -> dict[str, Any]:
    """The same, in a lake to which tests add batches of their own."""
    lake = tmp_path_factory.mktemp("trained") / "lake"
    shutil.copytree(untouched["lake"], lake)
    return {**untouched, "lake": str(lake)}


@pytest.fixture(scope="session")
def mlflow_template(tmp_path_factory) -> Path:
    """An MLflow database with nothing in it: making one takes seconds, copying it none."""
    from tests.fakes.shared_folders import copy_shared_folder

    def make(folder: Path) -> None:
        from credit_default.adapters.lake.layout import open_lake
        from credit_default.adapters.mlflow.tracking import Tracking

        lake = open_lake(tmp_path_factory.mktemp("template"))
        assert Tracking(lake.tracking_uri).client.search_experiments()
        shutil.copy(lake.home / "mlflow.db", folder)

    copied = tmp_path_factory.mktemp("mlflow") / "template"
    return copy_shared_folder("mlflow-template", copied, make=make) / "mlflow.db"


@pytest.fixture(scope="session")
def make_lake(mlflow_template, blank_pictures) -> Callable[[Path], str]:
    """Makes the folder of a lake with nothing in it but MLflow's empty database."""

    def make(folder: Path) -> str:
        folder.mkdir(parents=True)
        shutil.copy(mlflow_template, folder / "mlflow.db")
        return str(folder)

    return make


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of moto's server, in a process of its own: deltalake holds the interpreter while it waits for S3."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    start = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    quiet = subprocess.DEVNULL
    # parts of 5 MiB, as S3 wants them, would go through the pipes of the tests about faults hundreds of times
    sizes = {"S3_UPLOAD_PART_MIN_SIZE": "65536", "MOTO_S3_DEFAULT_KEY_BUFFER_SIZE": "5241856"}
    with subprocess.Popen(
        [sys.executable, "-c", start],
        stdout=quiet,
        stderr=quiet,
        stdin=quiet,
        env={**os.environ, **sizes},
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
