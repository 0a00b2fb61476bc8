"""Same data and code, same digest: over row orders, cores, hash seeds, time zones, locales and working folders."""

import json
import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from credit_default.data.simulation.months import simulate

SCRIPT = Path(__file__).parents[2] / "fakes" / "trainings.py"
KEY = ["client_id", "statement_month"]
WORLDS = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "POLARS_MAX_THREADS": "1"},
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Taipei", "LC_ALL": "C.UTF-8", "POLARS_MAX_THREADS": "2"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "POSIX", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "3", "TZ": "Pacific/Chatham", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "2"},
]
EACH = 5


def train_everywhere(rows, folder, *, tree_count):
    """Return what each of the 20 trainings printed, five in each environment in turn."""
    rows.write_parquet(folder / "rows.parquet")
    trainings = []
    for number, world in enumerate(WORLDS):
        place = folder / f"working folder {number}"
        place.mkdir()
        done = subprocess.run(
            [sys.executable, SCRIPT, folder / "rows.parquet", str(EACH), str(tree_count)],
            cwd=place,
            env={**os.environ, **world},
            capture_output=True,
            text=True,
            check=False,
            timeout=3_000,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        trainings += map(json.loads, done.stdout.splitlines())
    return trainings


def check_digests(trainings):
    assert len(trainings) == len(WORLDS) * EACH == 20
    assert len({training["first"] for training in trainings}) > 10  # the orders did differ
    assert len({training["zone"] for training in trainings}) == len(WORLDS)  # and the zones
    assert len({training["digest"] for training in trainings}) == 1


def test_twenty_of_twenty_trainings_give_the_same_digest(tmp_path):
    first = next(iter(simulate(client_count=1_500, month_count=1, seed=5)))
    rows = first.statements.join(first.outcomes.select(*KEY, "defaulted"), on=KEY)

    check_digests(train_everywhere(rows, tmp_path, tree_count=6))


@pytest.mark.nightly
def test_twenty_of_twenty_trainings_on_the_real_data_give_the_same_digest(real_data, tmp_path):
    from credit_default.adapters.files.statement_files import open_statement_file
    from credit_default.data.checking.validation import check_rows
    from credit_default.data.credit_card.statements import CREDIT_CARD

    checked = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    rows = pl.concat([batch.accepted for batch in checked.batches()])

    check_digests(train_everywhere(rows, tmp_path, tree_count=100))
