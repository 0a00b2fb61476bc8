"""Two hundred files dropped at once into incoming/, while `serve` and `listen` run: each has one result, and nobody starts 200 runs."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.test_kills import SMALL, ask, find_port, wait_until
from tests.test_year import YearStack

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import scan_table
from credit_default.data.simulation.months import simulate_chunks
from credit_default.flows.server.ephemeral_server import build_prefect_environment
from credit_default.gates.ledger.chain import judge_chain

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("dropped")]

ROOT = Path(__file__).resolve().parents[1]
FILE_COUNT, ROW_COUNT = 200, 1_000


@pytest.fixture
def stack(lake_with_champion, small_settings, tmp_path):
    lake = shutil.copytree(lake_with_champion, tmp_path / "lake")
    ports = {"prefect": find_port(), "mlflow": 0}  # the lake's own MLflow has none
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
    environment = {
        **kept,
        **build_prefect_environment(tmp_path / "prefect"),
        **{f"CREDIT_DEFAULT_{name}": value for name, value in SMALL.items()},
        "CREDIT_DEFAULT_CACHE": small_settings["cache"],
        "CREDIT_DEFAULT_DRAW_REPORT": "none",
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['prefect']}/api",
    }
    started = YearStack(tmp_path, ports, environment)
    started.move(lake)
    try:
        for name in ("prefect", "serve", "listen"):
            started.start(name)
        yield started
    finally:
        started.end()


def drop_all(inbox: Path, waiting: Path) -> None:
    """Put all files into the inbox within a moment."""
    inbox.mkdir(exist_ok=True)
    chunks = simulate_chunks(
        client_count=FILE_COUNT * ROW_COUNT, seed=9, month="2005-10", chunk_rows=ROW_COUNT
    )
    waiting.mkdir()
    for number, chunk in enumerate(chunks):
        chunk.statements.write_csv(waiting / f"{number:03d}.csv")
        os.utime(waiting / f"{number:03d}.csv", (time.time() - 60,) * 2)
    for file in sorted(waiting.iterdir()):
        file.rename(inbox / file.name)


def test_two_hundred_files_at_once_have_one_result_each(stack, tmp_path):
    inbox, lake = stack.lake / "incoming", open_lake(stack.lake)
    before = len(read_entries(lake))
    began = time.monotonic()

    drop_all(inbox, tmp_path / "waiting")
    for _ in range(10):  # a wait's patience is for one thing, and these are many
        left = len(list(inbox.glob("*.csv")))
        if not left:
            break
        wait_until(lambda left=left: len(list(inbox.glob("*.csv"))) < left / 2, "half the files")
    scored_after = time.monotonic() - began
    while not stack.is_quiet():
        assert time.monotonic() - began < 3_600
    runs = Counter(
        name
        for (name,) in ask(
            stack.prefect_database,
            "select f.name from flow_run r join flow f on f.id = r.flow_id where r.state_type = 'COMPLETED'",
        )
    )
    verified = subprocess.run(
        [sys.executable, "-m", "verifier", str(stack.lake)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    took = f"{scored_after:.0f} s to the last score, {time.monotonic() - began:.0f} s in all"
    print(f"{took}, {dict(runs)}")  # noqa: T201 - for people who ask with -s
    entries = [entry for entry in read_entries(lake)[before:] if entry.event == "scored"]
    assert len({entry.batch_id for entry in entries}) == len(entries) == FILE_COUNT
    assert judge_chain(read_entries(lake)).level == "ok"
    scores = scan_table(lake, "scores").collect()
    assert scores.height == FILE_COUNT * ROW_COUNT
    assert scores.select("client_id").is_unique().all()
    assert len(list((stack.lake / "processed").iterdir())) == FILE_COUNT
    assert runs["predict"] == FILE_COUNT
    assert runs["predict-incoming"] <= FILE_COUNT / 10
    assert verified.returncode == 0, verified.stdout
