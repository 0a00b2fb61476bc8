"""Every command of the runbook, run in its order as whoever reads it would: in one shell, in one folder."""

import os
import re
import runpy
import shutil
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import polars as pl
import pytest

from credit_default.adapters.mlflow.run_search import locate_artifact
from credit_default.services.context.wiring import build_wiring
from credit_default.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
RUNBOOK = ROOT / "docs" / "runbook.md"
COMMANDS = Path(sys.executable).parent
BLOCK = re.compile(r"^```sh ?(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# floors that so few test rows can show of a first model
FLOORS = "[promotion]\nlowest_roc_auc = 0.5\nlowest_calibration_slope = 0.2\nhighest_calibration_slope = 3\n"
SETTINGS = f'jobs = 1\nreport = "drift"\n[recipe]\ntree_count = 10\nmaximum_depth = 6\n{FLOORS}'
ASKED = (
    "Start",
    "Stop",
    "Upgrade",
    "Back up and restore",
    "Note the ledger's head",
    "Rotate a secret",
    "People of the control room",
    "A stuck run",
    "A bad model",
    "A bad batch",
)

# A terminal of its own, as far as one shell can have it: the next command comes when everything is up.
TERMINAL = """
while test -e lake/stack/up.pid && kill -0 "$(cat lake/stack/up.pid)" 2> up.gone; do sleep .2; done
(unset MLFLOW_TRACKING_URI PREFECT_API_URL; exec {command} --mlflow-port 0 --prefect-port 0 --evidently-port 0 --room-port 0) > up.log 2>&1 &
until grep -q 'user and password' up.log; do sleep .2; kill -0 $! || {{ cat up.log >&2; exit 1; }}; done
"""


def read_blocks() -> list[tuple[str, str]]:
    """The fenced commands in their order: what kind of shell each wants, and its lines."""
    return BLOCK.findall(RUNBOOK.read_text(encoding="utf-8"))


def run_commands(*lines: str, folder: Path, **variables: str) -> str:
    path = f"{COMMANDS}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(lines)],
        cwd=folder,
        env={**os.environ, **variables, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    return ended.stdout


def test_runbook_has_a_chapter_for_each_thing_that_happens_with_commands_in_it():
    chapters = re.split(r"^## ", RUNBOOK.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    titles = {chapter.splitlines()[0]: bool(BLOCK.search(chapter)) for chapter in chapters}

    assert set(ASKED) <= set(titles)
    assert all(titles.values())


def test_every_fence_is_one_that_is_run():
    fences = re.findall(r"^```(.+)$", RUNBOOK.read_text(encoding="utf-8"), re.MULTILINE)

    assert set(fences) == {"sh", "sh terminal", "sh postgresql"}
    assert len(fences) == len(read_blocks())


@pytest.fixture
def lived(tmp_path):
    """A folder whose lake has two champions, one after the other, and a batch with a row that was refused."""
    (tmp_path / "small.toml").write_text(SETTINGS)
    run_commands(
        "credit-default simulate --clients 1500 --months 2 --with-outcomes --out months -q",
        "credit-default train --data months/statements-2005-09.parquet -q",
        "credit-default train --data months/statements-2005-10.parquet -q",
        "credit-default models promote 2 --reason 'a second one' -q || credit-default models show",
        folder=tmp_path,
        CREDIT_DEFAULT_CONFIG="small.toml",
    )
    rows = pl.read_parquet(tmp_path / "months" / "statements-2005-10.parquet")
    with_a_fault = rows.with_columns(
        credit_limit=pl.when(pl.int_range(pl.len()) == 0).then(-1).otherwise(pl.col("credit_limit"))
    )
    with_a_fault.write_parquet(tmp_path / "batch.parquet")
    told = run_commands(
        "credit-default predict batch.parquet --json",
        folder=tmp_path,
        CREDIT_DEFAULT_CONFIG="small.toml",
    )
    batch = re.search(r'"batch_id": "(\w+)"', told)[1]
    yield tmp_path, batch
    if (held := tmp_path / "lake" / "stack" / "up.pid").exists():
        try:
            os.kill(int(held.read_text()), signal.SIGTERM)
        except ProcessLookupError:
            return


@pytest.mark.xdist_group("prefect")
def test_a_backup_is_restored_at_another_path(trained, small_settings, tmp_path):
    lake = shutil.copytree(trained["lake"], tmp_path / "lake")
    chapter = RUNBOOK.read_text(encoding="utf-8").partition("## Back up and restore")[2]
    commands = [text for kind, text in BLOCK.findall(chapter.partition("\n## ")[0]) if not kind]

    told = run_commands(*commands, folder=tmp_path, CREDIT_DEFAULT_CACHE=small_settings["cache"])

    assert "proved" in told
    assert "all well" in told
    assert "note: this lake was moved or copied from " in told
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "backup.tar.gz",
        "lake",
        "lake.before",
        "restored",
    ]
    wiring = build_wiring(Settings(lake=str(lake)), commit="")
    assert str(tmp_path / "restored" / "lake") in wiring.follow_lake()[0]
    champion = wiring.registry.find_champion()
    assert champion is not None
    card = locate_artifact(wiring.tracking, champion.run_id, "card/card.html")
    assert Path(card).is_relative_to(lake)
    assert Path(card).exists()


@pytest.mark.nightly
@pytest.mark.skipif(
    find_spec("flask_wtf") is None, reason="mlflow[auth] is not installed: `make setup` installs it"
)
def test_commands_of_the_runbook_work_in_their_order(lived):
    folder, batch = lived
    lines = [
        TERMINAL.format(command=text.strip()) if kind == "terminal" else text
        for kind, text in read_blocks()
        if kind != "postgresql"
    ]

    told = run_commands(
        "set -x",
        *lines,
        folder=folder,
        BATCH=batch,
        CREDIT_DEFAULT_CONFIG=str(folder / "small.toml"),
    )

    assert told.count("all well") == 4
    assert (folder / "lake.before").exists()


@pytest.mark.nightly
def test_databases_are_saved_and_restored(tmp_path):
    postgres = runpy.run_path(str(ROOT / "tests" / "fakes" / "postgres.py"))
    if obstacle := postgres["find_obstacle"]() or (
        "" if shutil.which("pg_dump") else "pg_dump is not installed: install PostgreSQL's client"
    ):
        pytest.skip(obstacle)
    from credit_default.adapters.local_stack.postgres_databases import (
        create_databases,
        parse_postgres_address,
    )

    with postgres["postgres_server"]() as address:
        variables = parse_postgres_address(address)
        create_databases(variables, ("mlflow", "mlflow_users", "prefect"))
        run_commands(
            *(text for kind, text in read_blocks() if kind == "postgresql"),
            folder=tmp_path,
            **variables,
        )

    assert {path.name for path in tmp_path.iterdir()} == {
        "mlflow.dump",
        "mlflow_users.dump",
        "prefect.dump",
    }
