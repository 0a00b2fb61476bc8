import datetime as dt
import json
import shutil
from dataclasses import dataclass

import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import (
    read_snapshot,
    read_snapshot_rows,
)
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_scores
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.partitions.engine import find_engine, open_engine
from credit_default.services.scoring.score_batch import score_file

pytest.importorskip("distributed")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]


@dataclass(frozen=True)
class Scored:
    wiring: object
    checked: object
    summary: object

    @property
    def lake(self):
        return self.wiring.lake

    def rows(self):
        ids = {"batch_id": self.summary.batch_id, "model_version": self.summary.model_version}
        return read_scores(self.lake, **ids).sort(KEY)

    def quarantine(self):
        return read_quarantine(self.lake, batch_id=self.summary.batch_id)

    def snapshot_rows(self):
        return pl.concat(read_snapshot_rows(read_snapshot(self.lake, self.summary.batch_id)))

    def entries(self):
        batch_id = self.summary.batch_id
        keys = [f"ingested {batch_id}", f"scored {batch_id} v{self.summary.model_version}"]
        return [json.loads(find_entry(self.lake, key).details) for key in keys]


@pytest.fixture(scope="module")
def parts(known_rows, tmp_path_factory):
    """Three parts: a row breaks a rule, one key is in two parts, and one part has another number of rows."""
    folder = tmp_path_factory.mktemp("parts") / "october"
    folder.mkdir()
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted")
    rows = rows.with_columns(sex=pl.when(pl.int_range(pl.len()) == 1_500).then(9).otherwise("sex"))
    rows = pl.concat([rows, rows.slice(7, 1)])
    for number, (start, count) in enumerate([(0, 700), (700, 700), (1_400, 900)]):
        rows.slice(start, count).write_parquet(folder / f"part-{number:05d}.parquet")
    (folder / "_SUCCESS").touch()
    return folder


@pytest.fixture(scope="module")
def copy_lake(trained_lake, tmp_path_factory):
    def copy(**settings):
        root = tmp_path_factory.mktemp("lake")
        shutil.copytree(trained_lake.wiring.lake.home, root / "lake")
        changed = {"lake": str(root / "lake"), **settings}
        return build_wiring(
            trained_lake.wiring.settings.model_copy(update=changed), commit="a1b2c3d"
        )

    return copy


@pytest.fixture(scope="module")
def engine(trained_lake):
    return trained_lake.wiring.settings.engine.model_copy(update={"name": "dask"})


@pytest.fixture(scope="module")
def score_parts(trained_lake, copy_lake, parts):
    def score(**settings):
        wiring = copy_lake(**settings)
        checked = check_file(wiring, str(parts), month=None, outcome="ignored")
        judge_file(wiring, checked, judged_at=NOON)
        return Scored(
            wiring, checked, score_file(wiring, checked, trained_lake.champion, scored_at=NOON)
        )

    return score


@pytest.fixture(scope="module")
def alone(score_parts):
    return score_parts()


@pytest.fixture(scope="module")
def workers(copy_lake, engine):
    """Two workers, which every wiring with these settings of the engine finds."""
    wiring = copy_lake(engine=engine)
    with open_engine(wiring):
        yield find_engine(wiring)


def require_same(found, expected):
    assert found.summary == expected.summary
    assert found.rows().equals(expected.rows())
    assert found.quarantine().equals(expected.quarantine())
    assert found.snapshot_rows().equals(expected.snapshot_rows())
    assert found.entries() == expected.entries()


@pytest.mark.parametrize("partition_rows", [1_000_000, 300])
def test_workers_give_the_same_bits_as_one_machine(
    score_parts, engine, workers, alone, partition_rows
):
    cut = engine.model_copy(update={"partition_rows": partition_rows})

    found = score_parts(engine=cut)

    require_same(found, alone)
    assert found.checked.validated == alone.checked.validated
    assert found.quarantine()["rules"].explode().to_list() == [
        "key|repeated",
        "sex|code",
        "key|repeated",
    ]
