"""Wirings of small models, checked rows of three simulated months, and a lake with a champion, all without a server."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from credit_default.data.simulation.months import simulate
from credit_default.services.champion.current import CurrentChampion, load_registered_champion
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.score_batch import score_file
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.register_and_promote import (
    apply_promotion_verdict,
    register_challenger,
)
from credit_default.services.training.training_rows import (
    TrainingRows,
    read_training_rows,
    split_rows,
)
from credit_default.settings import Settings
from credit_default.views.summaries.summary import Summary

KEY = ["client_id", "statement_month"]
NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
SMALL = {"tree_count": 12, "maximum_depth": 6}

MakeWiring = Callable[..., Wiring]


def make_wiring(root: Path, **settings: Any) -> Wiring:
    small = {"lake": str(root / "lake"), "cache": str(root / "cache"), "jobs": 1, "recipe": SMALL}
    return build_wiring(Settings(**(small | settings)), commit="0123abc")


def write_labelled(rows: pl.DataFrame, path: Path) -> Path:
    rows.write_csv(path)
    return path


@pytest.fixture(name="make_wiring")
def make_wiring_fixture(tmp_path) -> MakeWiring:
    return lambda root=tmp_path, **settings: make_wiring(root, **settings)


@pytest.fixture
def wiring(tmp_path) -> Wiring:
    return make_wiring(tmp_path)


@pytest.fixture(scope="session")
def known_rows() -> pl.DataFrame:
    """Three months of the same simulated clients, checked and with outcomes."""
    months = simulate(client_count=2_000, month_count=3, seed=5)
    return pl.concat(
        month.statements.join(
            month.outcomes.select(*KEY, "defaulted"), on=KEY, maintain_order="left"
        )
        for month in months
    )


@pytest.fixture(scope="session")
def month_rows(known_rows) -> pl.DataFrame:
    """The first of the three months."""
    return known_rows.filter(statement_month="2005-09")


@dataclass(frozen=True)
class ChampionLake:
    """A lake whose MLflow has one version, the champion."""

    wiring: Wiring
    training: TrainingRows
    champion: CurrentChampion
    summary: Summary  # of its training
    untouched: Path  # a copy of the lake as it was then; what MLflow keeps of runs is left out


@pytest.fixture(scope="session")
def trained_lake(tmp_path_factory, mlflow_template, month_rows, blank_pictures) -> ChampionLake:
    """What `champion_lake` copies: no test writes into it."""
    root = tmp_path_factory.mktemp("trained_lake")
    wiring = make_wiring(root, data=str(write_labelled(month_rows, root / "training.csv")))
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    training = read_training_rows(wiring, month=None, read_at=NOON)
    sides = split_rows(wiring, training)
    challenger = fit_challenger(wiring, training, sides)
    registered = register_challenger(wiring, training, challenger, None, trained_at=NOON)
    verdict = judge_challenger(wiring, challenger, sides, now=NOON, champion=None)
    summary = apply_promotion_verdict(
        wiring, registered, verdict, champion=None, rows=training, decided_at=NOON
    )
    champion = load_registered_champion(wiring)
    assert champion is not None
    shutil.copytree(
        wiring.lake.home, root / "untouched", ignore=shutil.ignore_patterns("mlartifacts")
    )
    return ChampionLake(wiring, training, champion, summary, root / "untouched")


@pytest.fixture(scope="module")
def champion_lake(trained_lake, tmp_path_factory) -> ChampionLake:
    """A lake of the module's own, so that what its tests score is seen by no other module."""
    root = tmp_path_factory.mktemp("champion_lake")
    shutil.copytree(trained_lake.wiring.lake.home, root / "lake")
    wiring = make_wiring(root, data=trained_lake.wiring.settings.data)
    return replace(trained_lake, wiring=wiring)


@pytest.fixture
def score_rows(champion_lake, tmp_path):
    """Scores rows as a file in the lake with a champion; returns the result of scoring."""

    def score(
        rows: pl.DataFrame,
        *,
        name: str = "batch.csv",
        scored_at: dt.datetime = NOON,
        number: int | None = None,
    ):
        rows.write_csv(tmp_path / name)
        checked = check_file(
            champion_lake.wiring, str(tmp_path / name), month=None, outcome="ignored"
        )
        champion = champion_lake.champion
        seat = CurrentChampion(champion.bundle, number or champion.number, champion.data_origin)
        return score_file(champion_lake.wiring, checked, seat, scored_at=scored_at)

    return score


CRASH_DRIVER = Path(__file__).parents[1] / "fakes" / "crash_driver.py"
# only the thread that forks: OpenBLAS, Polars' and Arrow's allocators begin some when they are imported
THREADLESS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "2",
    "PYTHONWARNINGS": "ignore",
    "_RJEM_MALLOC_CONF": "background_thread:false",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
}


@dataclass(frozen=True)
class CrashDriver:
    """The warmed process of tests/fakes/crash_driver.py, which describes its commands."""

    process: subprocess.Popen

    def ask(self, **command: Any) -> Any:
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def run(self, root: Path, acts: list[Any], **death: Any) -> dict[str, Any]:
        (ended,) = self.ask(do="run", jobs=[{"root": str(root), "acts": acts, **death}])
        return ended


@pytest.fixture(scope="session")
def crash_driver(two_versions, tmp_path_factory) -> Iterator[CrashDriver]:
    warm = tmp_path_factory.mktemp("warm") / "lake"
    shutil.copytree(two_versions, warm)
    with subprocess.Popen(
        [sys.executable, str(CRASH_DRIVER), str(warm)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **THREADLESS},
    ) as process:
        assert json.loads(process.stdout.readline())["threads"] == [
            "python",
            "polars-ooc-clea",
        ]  # the second one sleeps
        yield CrashDriver(process)
        process.stdin.close()


@pytest.fixture(scope="session")
def two_versions(trained_lake, tmp_path_factory) -> Path:
    """A small lake with two registered versions, the first of them champion; what MLflow keeps of their runs is left out."""
    root = tmp_path_factory.mktemp("two-versions") / "lake"
    shutil.copytree(trained_lake.untouched, root)
    wiring = make_wiring(root.parent, recipe={"tree_count": 10, "maximum_depth": 5})
    challenger = fit_challenger(
        wiring, trained_lake.training, split_rows(wiring, trained_lake.training)
    )
    register_challenger(wiring, trained_lake.training, challenger, None, trained_at=NOON)
    for version in wiring.registry.list_versions():
        wiring.registry.load_version(version)
    return root


@dataclass(frozen=True)
class CrashFiles:
    """Files for each act: 60 statements of which 3 break a rule, without and with outcomes, and 100 with too many that do."""

    batch: Path
    labelled: Path
    bad: Path
    outcomes: Path  # two of them are neither 0 nor 1
    client: str  # with an accepted row and an outcome


@pytest.fixture(scope="session")
def crash_files(tmp_path_factory) -> CrashFiles:
    folder = tmp_path_factory.mktemp("crash-files")
    *_, month = simulate(client_count=400, month_count=2, seed=17)
    rows, labels = month.statements.head(60), month.outcomes.select(*KEY, "defaulted").head(60)
    spoiled = rows.with_columns(sex=pl.when(pl.int_range(pl.len()) < 3).then(9).otherwise("sex"))
    spoiled.write_csv(folder / "batch.csv")
    spoiled.join(labels, on=KEY, maintain_order="left").write_csv(folder / "labelled.csv")
    many = month.statements.tail(100).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 40).then(9).otherwise("sex")
    )
    many.write_csv(folder / "bad.csv")
    wrong = pl.when(pl.int_range(pl.len()) < 2).then(7).otherwise("defaulted")
    labels.with_columns(defaulted=wrong, observed_at=pl.lit("2006-01-01")).write_csv(
        folder / "outcomes.csv"
    )
    paths = (folder / f"{name}.csv" for name in ("batch", "labelled", "bad", "outcomes"))
    return CrashFiles(*paths, client=rows["client_id"][59])
