"""Twelve months of one lake: made by the first code, carried on by two later ones, with faults, a restore and an erasure.

The first month is scored by the code of 1ea01bd, the next three by that of 202b6d9b, the others by `serve` and `listen` of
the present code, each file delivered into incoming/. A step in ten meets a fault. After eight months the lake is restored
from a backup onto another path; in the tenth a client is erased. In the end its books balance.
"""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tests.test_kills import COMMAND, SMALL, Stack, ask, find_port, wait_until

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import scan_table
from credit_default.data.months import add_months
from credit_default.data.simulation.months import simulate
from credit_default.flows.server.ephemeral_server import build_prefect_environment
from credit_default.gates.ledger.chain import judge_chain

pytestmark = [pytest.mark.nightly, pytest.mark.xdist_group("year")]

ROOT = Path(__file__).resolve().parents[1]
FAKES = ROOT / "tests" / "fakes"
FIRST, SECOND = "1ea01bd", "202b6d9b"  # commits
KEY = ["client_id", "statement_month"]
MONTHS = 12
ROW_COUNT = 400
REJECTED = 3  # of each file
FIRST_MONTH = "2005-09"
UNDER_SECOND = range(2, 5)
UNDER_PRESENT = range(5, MONTHS + 1)
KILLED_SCORING, SERVE_KILLED, SERVER_KILLED, LISTENER_STOPPED = 6, 7, 9, 11
RESTORED_BEFORE, ERASED_BEFORE = 9, 11


@dataclass
class YearStack(Stack):
    """A Prefect server, `serve` and `listen`, on a lake whose path may change; MLflow is the lake's own."""

    place: Path = field(default_factory=Path)

    @property
    def lake(self) -> Path:
        return self.place

    def start(self, name: str) -> None:
        if name != "listen":
            super().start(name)
            return
        with (self.root / "listen.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-c", COMMAND, "listen"],
                env=self.environment,
                cwd=self.root,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def move(self, place: Path) -> None:
        self.place = place
        self.environment["CREDIT_DEFAULT_LAKE"] = str(place)

    def end(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            process.stdin.close()

    def kill_scoring(self) -> None:
        """Kill the process of the first flow run that works."""

        def find() -> list[int]:
            opened = ask(
                self.prefect_database, "select tags from flow_run where state_type = 'RUNNING'"
            )
            marks = [tags.split("process:")[1] for (tags,) in opened if "process:" in tags]
            return [int(mark.split("/")[1]) for mark in marks]

        (pid, *_) = wait_until(find, "a run")
        os.kill(pid, signal.SIGKILL)


@dataclass
class Year:
    """The year's folder, its files by month, and its lake."""

    root: Path
    client: str  # whom the lake forgets
    lake: Path

    def find_file(self, kind: str, month: int) -> Path:
        return self.root / f"{kind}-{month:02d}.csv"


def name_month(number: int) -> str:
    return add_months(FIRST_MONTH, number)


def write_year(root: Path) -> str:
    """Write the rows to train on, and of each month its statements and outcomes; return a client of all months."""
    months = list(simulate(client_count=2_000, month_count=MONTHS + 1, seed=5))
    labels = months[0].outcomes.select(*KEY, "defaulted")
    training = months[0].statements.join(labels, on=KEY, maintain_order="left")
    training.write_csv(root / "training.csv")
    for number, month in enumerate(months[1:], 1):
        rows = month.statements.head(ROW_COUNT)
        broken = pl.when(pl.int_range(pl.len()) < REJECTED).then(9).otherwise("sex")
        rows.with_columns(sex=broken).write_csv(root / f"batch-{number:02d}.csv")
        known = month.outcomes.filter(pl.col("client_id").is_in(rows["client_id"].implode()))
        seen = pl.lit(f"{name_month(number + 2)}-01T00:00:00Z")
        outcomes = known.select(*KEY, "defaulted", observed_at=seen)
        outcomes.write_csv(root / f"outcomes-{number:02d}.csv")
    for name in ("batch", "outcomes"):  # as the first code's script wants them
        shutil.copy(root / f"{name}-01.csv", root / f"{name}.csv")
    last = set(months[-1].statements.head(ROW_COUNT)["client_id"])
    return next(c for c in months[1].statements["client_id"][REJECTED:ROW_COUNT] if c in last)


def describe_settings(root: Path, lake: Path) -> dict[str, Any]:
    small = {"tree_count": 12, "maximum_depth": 6}
    names = {"lake": str(lake), "cache": str(root / "cache"), "data": str(root / "training.csv")}
    return {**names, "jobs": 1, "report": "drift", "recipe": small}


def extract_code(commit: str, target: Path) -> Path:
    """The source folder of that commit."""
    line = ["git", "archive", commit, "src", "config"]
    archive = subprocess.run(line, cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        pytest.skip(
            f"commit {commit} is not in this clone: "
            "fetch the whole history with `git fetch --unshallow`"
        )
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as members:
        members.extractall(target, filter="data")
    return target / "src"


def run_script(source: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [sys.executable, *words], env=environment, capture_output=True, text=True, check=False
    )


def live_first_month(year: Year, source: Path) -> None:
    moments = [(2005, 10, 2), (2005, 11, 2), (2006, 1, 2), (2006, 1, 3)]
    plan = {
        "settings": describe_settings(year.root, year.lake),
        "times": [dt.datetime(*day, 12, tzinfo=dt.UTC).isoformat() for day in moments],
        "commit": "0123abc",
        "client": year.client,
    }
    (year.root / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    ended = run_script(source, str(FAKES / "older_lake.py"), str(year.root))
    assert ended.returncode == 0, ended.stderr


def run_steps(year: Year, source: Path, steps: list[list[Any]]) -> subprocess.CompletedProcess[str]:
    plan = year.root / "steps.json"
    settings = describe_settings(year.root, year.lake)
    plan.write_text(
        json.dumps({"settings": settings, "commit": "0123abc", "steps": steps}), encoding="utf-8"
    )
    return run_script(source, str(FAKES / "year_month.py"), str(plan))


def live_months_under_second(year: Year, source: Path) -> None:
    """Three months; in the second of them the process is killed once the scores are committed, and starts again."""
    for month in UNDER_SECOND:
        at = f"{name_month(month + 1)}-02T12:00:00+00:00"
        scoring = ["predict", str(year.find_file("batch", month)), at]
        if month == 3:
            killed = run_steps(year, source, [[*scoring, "predict.scored"]])
            assert killed.returncode == -9, killed.stderr
        taken = [["outcomes", str(year.find_file("outcomes", month - 1)), at, ""]]
        ended = run_steps(year, source, [[*scoring, ""], *(taken if month > 2 else [])])
        assert ended.returncode == 0, ended.stderr


@pytest.fixture(scope="module")
def year(tmp_path_factory, mlflow_template) -> Year:
    root = tmp_path_factory.mktemp("year")
    lake = root / "lake"
    lake.mkdir()
    shutil.copy(mlflow_template, lake / "mlflow.db")
    made = Year(root, write_year(root), lake)
    live_first_month(made, extract_code(FIRST, tmp_path_factory.mktemp("first-code")))
    live_months_under_second(made, extract_code(SECOND, tmp_path_factory.mktemp("second-code")))
    return made


@pytest.fixture(scope="module")
def stack(year):
    ports = {"prefect": find_port(), "mlflow": 0}  # the lake's own MLflow has none
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
    environment = {
        **kept,
        **build_prefect_environment(year.root / "prefect"),
        **{f"CREDIT_DEFAULT_{name}": value for name, value in SMALL.items()},
        "CREDIT_DEFAULT_CACHE": str(year.root / "cache"),
        "CREDIT_DEFAULT_SHADOW__FORMER_MONTHS": "0",
        "PREFECT_API_URL": f"http://127.0.0.1:{ports['prefect']}/api",
    }
    started = YearStack(year.root, ports, environment)
    started.move(year.lake)
    try:
        for name in ("prefect", "serve", "listen"):
            started.start(name)
        yield started
    finally:
        started.end()


def deliver(stack: YearStack, year: Year, month: int) -> Path:
    """Put the month's file into incoming/, whole."""
    inbox = stack.lake / "incoming"
    inbox.mkdir(exist_ok=True)
    source = year.find_file("batch", month)
    copy = inbox / f".{source.name}"
    shutil.copy(source, copy)
    os.utime(copy, (time.time() - 60, time.time() - 60))
    return copy.rename(inbox / source.name)


def restore_elsewhere(stack: YearStack, year: Year) -> None:
    """Back the lake up as the runbook says, lose it, and put the backup into another folder."""
    for name in ("listen", "serve"):
        stack.kill(name)
    backup = year.root / "backup.tar.gz"
    with tarfile.open(backup, "w:gz") as packed:
        packed.add(stack.lake, arcname="lake")
    shutil.rmtree(stack.lake)
    with tarfile.open(backup) as packed:
        packed.extractall(year.root / "restored", filter="data")
    stack.move(year.root / "restored" / "lake")
    year.lake = stack.lake
    for name in ("serve", "listen"):
        stack.start(name)


def settle(stack: YearStack, month: int) -> None:
    """Wait until nothing runs; what a kill left open is closed as the schedule does it, by `reconcile`."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if stack.is_quiet():
            return
        time.sleep(1)
    mended = stack.run("reconcile", "-q")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    wait_until(stack.is_quiet, f"the end of month {month}")


def live_month(stack: YearStack, year: Year, month: int) -> None:
    """Deliver the month's file and wait until it is scored and monitored, whatever happens meanwhile."""
    if month == RESTORED_BEFORE:
        restore_elsewhere(stack, year)
    if month == LISTENER_STOPPED:
        os.kill(stack.processes["listen"].pid, signal.SIGSTOP)
    batch = deliver(stack, year, month)
    if month == KILLED_SCORING:
        stack.kill_scoring()
    elif month in {SERVE_KILLED, SERVER_KILLED}:
        victim = "serve" if month == SERVE_KILLED else "prefect"
        stack.kill(victim)
        stack.start(victim)
    elif month == LISTENER_STOPPED:
        os.kill(stack.processes["listen"].pid, signal.SIGCONT)
    deadline = time.monotonic() + 60
    while batch.exists() and time.monotonic() < deadline:
        time.sleep(0.5)
    if batch.exists():  # as a person asks once more for what a kill left
        settle(stack, month)
        if batch.exists():
            stack.ask_for(batch)
    wait_until(lambda: not batch.exists(), f"the scoring of month {month}")
    settle(stack, month)


def test_a_year_with_faults_ends_with_books_that_balance(stack, year):
    for month in UNDER_PRESENT:
        if month == ERASED_BEFORE:
            forgotten = stack.run("forget", year.client, "-q")
            assert forgotten.returncode == 0, forgotten.stdout + forgotten.stderr
        live_month(stack, year, month)
        taken = stack.run("outcomes", str(year.find_file("outcomes", month - 1)), "-q")
        assert taken.returncode == 0, taken.stdout + taken.stderr

    mended = [stack.run("reconcile", "--json") for _ in range(2)]
    wait_until(stack.is_quiet, "the end of what reconcile's events began")
    assert [one.returncode for one in mended] == [0, 0], mended
    judge_books(year)
    verify(stack)


def judge_books(year: Year) -> None:
    """Each month was scored once, every row of it is in one place, and the erased client in none."""
    lake = open_lake(year.lake)
    entries = read_entries(lake)
    assert judge_chain(entries).level == "ok"
    assert [key for key, count in Counter(e.key for e in entries).items() if count > 1] == []
    scored = [json.loads(e.details) for e in entries if e.event == "scored"]
    assert len(scored) == MONTHS
    assert {(one["read_count"], one["quarantined_count"]) for one in scored} == {
        (ROW_COUNT, REJECTED)
    }
    scores = scan_table(lake, "scores").collect()
    assert scores.select(KEY).is_unique().all()
    by_month = dict(scores.group_by("statement_month").len().iter_rows())
    accepted = ROW_COUNT - REJECTED
    before = [name_month(month) for month in range(1, ERASED_BEFORE)]
    after = [name_month(month) for month in range(ERASED_BEFORE, MONTHS + 1)]
    assert {by_month[month] for month in after} == {accepted}
    assert {by_month[month] for month in before} <= {accepted, accepted - 1}
    held = scores.filter(client_id=year.client)["statement_month"].to_list()
    assert [month for month in held if month in before] == []
    known = dict(scan_table(lake, "outcomes").collect()["statement_month"].value_counts().rows())
    assert set(known) == {name_month(month) for month in range(1, MONTHS)}


def verify(stack: YearStack) -> None:
    """Have the independent verifier look, where it is here, and else our own."""
    if (ROOT / "verifier").is_dir():
        ended = subprocess.run(
            [sys.executable, "-m", "verifier", str(stack.lake)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    else:
        ended = stack.run("verify")
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("commit", [FIRST, SECOND])
def test_an_earlier_code_leaves_the_lake_of_a_later_one_as_it_is(
    stack, year, commit, tmp_path, tmp_path_factory
):
    """Forwards only: what the year ended with is not written to by the code that it began with."""
    source = extract_code(commit, tmp_path_factory.mktemp("earlier-code"))
    copied = Year(tmp_path, year.client, shutil.copytree(year.lake, tmp_path / "lake"))
    before = read_entries(open_lake(copied.lake))
    at = dt.datetime.now(dt.UTC).isoformat()

    ended = run_steps(copied, source, [["predict", str(year.find_file("batch", 12)), at, ""]])

    assert ended.returncode != 0 or "already scored" in ended.stdout
    assert read_entries(open_lake(copied.lake)) == before
