"""Measure what scoring a batch in the shadow costs beside scoring it live.

    python benchmarks/shadow_cost.py [--rows 30000] [--trees 300]

A lake of simulated clients has a champion and two challengers; a batch of other clients is checked, scored by the champion
and put on record in the lake as `predict` does, then scored in the shadow by both challengers. MLflow's run is left out.
"""

import argparse
import datetime as dt
import tempfile
import time
from pathlib import Path

import polars as pl

from credit_default.data.simulation.months import simulate
from credit_default.services.champion.versions import promote_by_hand
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.shadow_run import score_in_shadow
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.register_and_promote import register_challenger
from credit_default.services.training.training_rows import read_training_rows, split_rows
from credit_default.settings import Settings

KEY = ["client_id", "statement_month"]
NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)


def write_month(path: Path, *, client_count: int, seed: int, with_outcomes: bool) -> Path:
    """Write the first simulated month of that many clients."""
    month = next(iter(simulate(client_count=client_count, month_count=1, seed=seed)))
    rows = month.statements
    if with_outcomes:
        rows = rows.join(month.outcomes.select(*KEY, "defaulted"), on=KEY, maintain_order="left")
    else:
        rows = rows.with_columns(pl.col("client_id") + "-new")
    rows.write_csv(path)
    return path


def connect(root: Path, *, trees: int, seed: int = 0) -> Wiring:
    """Return the parts of a lake below `root`, with a recipe of that many trees."""
    recipe = {"tree_count": trees, "seed": seed}
    data = str(root / "training.csv")
    return build_wiring(
        Settings(lake=str(root / "lake"), cache=str(root / "cache"), data=data, recipe=recipe),
        commit="",
    )


def train_versions(root: Path, *, trees: int) -> None:
    """Register three versions, and make the first of them the champion."""
    for seed in range(3):
        wiring = connect(root, trees=trees, seed=seed)
        rows = read_training_rows(wiring, month=None, read_at=NOON)
        challenger = fit_challenger(wiring, rows, split_rows(wiring, rows))
        register_challenger(wiring, rows, challenger, None, trained_at=NOON)
        if not seed:
            promote_by_hand(wiring, 1, reason="a benchmark", decided_at=NOON)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--trees", type=int, default=300)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_month(root / "training.csv", client_count=5_000, seed=1, with_outcomes=True)
        train_versions(root, trees=asked.trees)
        batch = write_month(
            root / "batch.csv", client_count=asked.rows, seed=2, with_outcomes=False
        )
        wiring = connect(root, trees=asked.trees)
        begun = time.perf_counter(), time.process_time()
        checked = check_file(wiring, str(batch), month=None, outcome="ignored")
        champion = load_champion(wiring, checked)
        scored = score_file(wiring, checked, champion, scored_at=NOON)
        middle = time.perf_counter(), time.process_time()
        run = score_in_shadow(wiring, scored.batch_id, champion=1, clock=lambda: NOON)
        again = time.perf_counter(), time.process_time()
        score_in_shadow(wiring, scored.batch_id, champion=1, clock=lambda: NOON)
        end = time.perf_counter(), time.process_time()
    print(
        f"{asked.rows:,} rows, {asked.trees} trees, versions in the shadow: {dict(run.scored_counts)}"
    )
    print(f"{'step':42} {'seconds':>8} {'CPU':>8}")
    steps = (
        ("checked and scored by the champion", begun, middle),
        ("scored in the shadow by both", middle, again),
        ("in the shadow again: nothing left to do", again, end),
    )
    for name, first, last in steps:
        print(f"{name:42} {last[0] - first[0]:>8.2f} {last[1] - first[1]:>8.2f}")


if __name__ == "__main__":
    main()
