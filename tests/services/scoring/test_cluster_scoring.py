import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from threading import Timer

import cloudpickle
import polars as pl
import pytest
from deltalake import DeltaTable

from credit_default import failpoints
from credit_default.adapters.delta.part_files import PART_FILE_MARK
from credit_default.adapters.lake.snapshots import (
    list_snapshot_parts,
    read_snapshot,
    read_snapshot_rows,
)
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import digest_scores, has_scores, read_scores
from credit_default.adapters.tables.worker_files import remove_lost_part_files
from credit_default.errors import ServiceError
from credit_default.failpoints import armed_failpoint
from credit_default.model.explanation.reason_codes import ReasonsPolicy
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.partitions.engine import find_engine, open_engine
from credit_default.services.scoring.score_batch import score_file

pytest.importorskip("distributed", reason="no Dask: install the extra `dask`")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]
KILLED_DRIVER = Path(__file__).parents[2] / "fakes" / "killed_driver.py"


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


@pytest.mark.parametrize(
    "partition_rows", [pytest.param(1_000_000, marks=pytest.mark.nightly), 300]
)
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


def list_worker_files(lake):
    keys = [stored.key for stored in lake.storage.list_objects("tables/")]
    marks = [stored.key for stored in lake.storage.list_objects("worker-runs/")]
    return [key for key in keys if PART_FILE_MARK in key] + marks


def test_the_scores_are_one_commit_with_the_digest_of_one_machine(
    score_parts, engine, workers, alone
):
    found = score_parts(engine=engine.model_copy(update={"partition_rows": 300}))

    table = DeltaTable(found.lake.table_uri("scores"))
    assert [commit["operation"] for commit in table.history()] == ["WRITE", "CREATE TABLE"]
    ids = {"batch_id": alone.summary.batch_id, "model_version": alone.summary.model_version}
    assert digest_scores(found.lake, **ids) == digest_scores(alone.lake, **ids)
    assert len(list_snapshot_parts(read_snapshot(found.lake, ids["batch_id"]))) == 8
    stated = pl.DataFrame(table.get_add_actions(flatten=True))
    rows = found.rows()
    assert stated["num_records"].sum() == rows.height
    assert stated["min.default_probability"].min() == rows["default_probability"].min()
    assert stated["max.default_probability"].max() == rows["default_probability"].max()


@pytest.mark.nightly
def test_reasons_of_the_first_declined_clients_are_those_of_one_machine(
    score_parts, engine, workers
):
    reasons = ReasonsPolicy("auto", limit=350)  # reached in the middle of a partition
    cut = engine.model_copy(update={"partition_rows": 300})

    found, expected = score_parts(engine=cut, reasons=reasons), score_parts(reasons=reasons)

    assert expected.summary.reasoned_count < expected.summary.declined_count
    require_same(found, expected)
    active = len(DeltaTable(found.lake.table_uri("scores")).file_uris())
    quarantined = len(DeltaTable(found.lake.table_uri("quarantine")).file_uris())
    assert len(list_worker_files(found.lake)) == active + quarantined  # nothing is left over


def test_a_worker_killed_midway_costs_no_row(score_parts, engine, workers, alone, monkeypatch):
    cut = engine.model_copy(update={"partition_rows": 100})
    killed = []

    def kill_one(name):
        if name == "ingest.kept" and not killed:  # its rows are scored next
            killed.append(next(iter(workers._client.run(os.getpid).values())))
            Timer(0.5, os.kill, (killed[0], signal.SIGKILL)).start()

    monkeypatch.setattr(failpoints, "_observers", [kill_one])

    require_same(score_parts(engine=cut), alone)

    assert killed[0] not in workers._client.run(os.getpid).values()


def test_a_run_that_fails_before_its_commit_leaves_no_file(score_parts, engine, workers):
    cut, seen = engine.model_copy(update={"partition_rows": 300}), []

    def fail():
        seen.append(1)
        raise ServiceError("disk", found="full", expected="room", remedy="Free some.")

    with armed_failpoint("table.streamed", fail), pytest.raises(ServiceError, match="disk"):
        score_parts(engine=cut)

    assert seen


@pytest.mark.nightly
@pytest.mark.parametrize("nth", [pytest.param(1, marks=pytest.mark.nightly), 2])
def test_a_driver_that_is_killed_leaves_nothing_that_a_reader_sees(
    nth, copy_lake, parts, engine, workers, alone, trained_lake, tmp_path
):
    """Killed when its workers have written: the rejected rows and the snapshot, or the scores too."""
    cut = engine.model_copy(update={"partition_rows": 300})
    wiring = copy_lake(engine=cut)
    champion = tmp_path / "champion.pickle"
    champion.write_bytes(cloudpickle.dumps((wiring.settings, trained_lake.champion)))
    arguments = [sys.executable, str(KILLED_DRIVER), str(champion), str(parts), str(nth)]

    ended = subprocess.run(arguments, capture_output=True, text=True, check=False)

    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert not has_scores(wiring.lake, batch_id=alone.summary.batch_id, model_version=1)
    assert len(list_worker_files(wiring.lake)) > 1
    later = dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
    assert remove_lost_part_files(wiring.lake, now=later, age=dt.timedelta(days=1)) > 0
    active = len(DeltaTable(wiring.lake.table_uri("quarantine")).file_uris()) if nth > 1 else 0
    assert len(list_worker_files(wiring.lake)) == active
    checked = check_file(wiring, str(parts), month=None, outcome="ignored")
    summary = score_file(wiring, checked, trained_lake.champion, scored_at=NOON)
    require_same(Scored(wiring, checked, summary), alone)
