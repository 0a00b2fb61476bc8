"""Wirings of small models, checked rows of three simulated months, and a lake with a champion, all without a server."""

import datetime as dt
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from credit_default.data.simulation import simulate
from credit_default.services.checking import check_file
from credit_default.services.contest import judge_challenger
from credit_default.services.prediction import SeatHolder, find_champion, score_file
from credit_default.services.seating import register_challenger, seat_winner
from credit_default.services.training import TrainingRows, fit_challenger, read_training_rows, split_rows
from credit_default.services.wiring import Wiring, wire
from credit_default.settings import Settings
from credit_default.views.summary import Summary

KEY = ["client_id", "statement_month"]
NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
SMALL = {"tree_count": 12, "maximum_depth": 6}

MakeWiring = Callable[..., Wiring]


def make_wiring(root: Path, **settings: Any) -> Wiring:
    small = {"lake": str(root / "lake"), "cache": str(root / "cache"), "jobs": 1, "recipe": SMALL}
    return wire(Settings(**(small | settings)), commit="0123abc")


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
        month.statements.join(month.outcomes.select(*KEY, "defaulted"), on=KEY, maintain_order="left")
        for month in months
    )


@pytest.fixture(scope="session")
def month_rows(known_rows) -> pl.DataFrame:
    """The first of the three months."""
    return known_rows.filter(statement_month="2005-09")


@dataclass(frozen=True)
class SeatedLake:
    """A lake whose MLflow has one version, the champion."""

    wiring: Wiring
    training: TrainingRows
    champion: SeatHolder
    summary: Summary  # of its training


@pytest.fixture(scope="session")
def seated(tmp_path_factory, mlflow_template, month_rows) -> SeatedLake:
    root = tmp_path_factory.mktemp("seated")
    wiring = make_wiring(root, data=str(write_labelled(month_rows, root / "training.csv")))
    shutil.copy(mlflow_template, wiring.lake.home / "mlflow.db")
    training = read_training_rows(wiring, month=None, read_at=NOON)
    sides = split_rows(wiring, training)
    challenger = fit_challenger(wiring, training, sides)
    registered = register_challenger(wiring, training, challenger, None, trained_at=NOON)
    verdict = judge_challenger(wiring, challenger, sides, champion=None)
    summary = seat_winner(wiring, registered, verdict, champion=None, rows=training, decided_at=NOON)
    champion = find_champion(wiring)
    assert champion is not None
    return SeatedLake(wiring, training, champion, summary)


@pytest.fixture
def score_rows(seated, tmp_path):
    """Scores rows as a file in the seated lake; returns what became of them."""

    def score(rows: pl.DataFrame, *, name: str = "batch.csv", scored_at: dt.datetime = NOON, number: int | None = None):
        rows.write_csv(tmp_path / name)
        checked = check_file(seated.wiring, str(tmp_path / name), month=None, outcome="ignored")
        champion = seated.champion
        seat = SeatHolder(champion.bundle, number or champion.number, champion.data_origin)
        return score_file(seated.wiring, checked, seat, scored_at=scored_at)

    return score
