"""What a run leaves behind that dies at any of its named steps, in any of four ways, or at a moment nobody chose.

Each case: a copy of a small lake, a child that dies there, then a reader, then the same command again. A reader sees the
old state or the new; the second run completes; rows balance; the ledger is unbroken; the scores can be proved.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from credit_default.data.simulation import simulate
from credit_default.services.contest import judge_challenger
from credit_default.services.seating import register_challenger
from credit_default.services.training import fit_challenger, split_rows

pytestmark = pytest.mark.xdist_group("mlflow")

DRIVER = Path(__file__).parents[1] / "fakes" / "crash_driver.py"
WAYS = ("kill", "term", "raise", "full")
ROWS, REJECTED = 60, 3
CLIENT = "SIM-"  # the first client of the batch, found when the batch is made
QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore", "POLARS_MAX_THREADS": "2"}
KEY = ["client_id", "statement_month"]


@dataclass(frozen=True)
class Driver:
    """The warmed process: a job in, how the child ended out."""

    process: subprocess.Popen

    def run(self, **job) -> int:
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["exit"]


@pytest.fixture(scope="module")
def driver():
    environment = {**os.environ, **QUIET}
    with subprocess.Popen(
        [sys.executable, str(DRIVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=environment,
    ) as process:  # fmt: skip
        assert json.loads(process.stdout.readline()) == {"ready": True, "threads": 1}
        yield Driver(process)
        process.stdin.close()


@dataclass(frozen=True)
class Stage:
    """A lake with two registered versions, the first of them champion, and files for each act."""

    root: Path
    batch: Path
    bad: Path
    outcomes: Path
    labelled: Path
    client: str


@pytest.fixture(scope="module")
def stage(seated, tmp_path_factory) -> Stage:
    root = tmp_path_factory.mktemp("stage")
    shutil.copytree(seated.wiring.lake.home, root / "lake")
    wiring = type(seated.wiring)(
        seated.wiring.settings.model_copy(update={"lake": str(root / "lake")}), seated.wiring.portfolio,
        type(seated.wiring.lake)(type(seated.wiring.lake.storage)(root / "lake"), root / "lake"), "0123abc",
    )  # fmt: skip
    sides = split_rows(wiring, seated.training)
    challenger = fit_challenger(wiring, seated.training, sides)
    register_challenger(wiring, seated.training, challenger, None, trained_at=wiring_time())
    judge_challenger(wiring, challenger, sides, champion=seated.champion)
    for version in wiring.registry.list_versions():
        wiring.registry.load_version(version)
    (_, month) = simulate(client_count=400, month_count=2, seed=17)
    rows = month.statements.head(ROWS)
    spoiled = pl.when(pl.int_range(pl.len()) < REJECTED).then(9).otherwise("sex")
    paths = {name: root / f"{name}.csv" for name in ("batch", "bad", "outcomes", "labelled")}
    rows.with_columns(sex=spoiled).write_csv(paths["batch"])
    rows.with_columns(sex=pl.lit(9)).write_csv(paths["bad"])
    labels = month.outcomes.select(*KEY, "defaulted")
    labels.head(ROWS).with_columns(observed_at=pl.lit("2006-01-01")).write_csv(paths["outcomes"])
    rows.join(labels, on=KEY).write_csv(paths["labelled"])
    return Stage(root / "lake", **paths, client=rows["client_id"][ROWS - 1])
