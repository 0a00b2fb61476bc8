"""Erasures beside runs at work and after runs that died: the traces that the model of the commit protocol found."""

import datetime as dt
from threading import Event, Thread

import polars as pl
import pytest

from credit_default.adapters.lake.inbox import list_incoming
from credit_default.adapters.tables.queries import read_outcomes, read_scores
from credit_default.failpoints import armed_failpoint
from credit_default.services.audit.erased_files import remove_erased_files
from credit_default.services.audit.erasure import forget_client
from credit_default.services.audit.replay import verify_lake
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.inbox import move_scored_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import score_file

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
LATER = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
WAIT_SECONDS = 1.5  # in which an erasure that waits for nobody would be done


@pytest.fixture
def wired(champion_lake, make_wiring, tmp_path):
    """A lake of its own by the MLflow of the lake with a champion."""
    return make_wiring(
        tmp_path / "own", mlflow={"tracking_uri": champion_lake.wiring.lake.tracking_uri}
    )


@pytest.fixture
def waiting(wired, known_rows):
    """A file of statements in incoming/, one of its rows to be rejected, and a client of the others."""
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted").head(20)
    spoiled = rows.with_columns(sex=pl.when(pl.int_range(pl.len()) < 1).then(9).otherwise("sex"))
    path = wired.lake.home / "incoming" / "batch.csv"
    path.parent.mkdir(parents=True)
    spoiled.write_csv(path)
    return path, rows["client_id"][5]


@pytest.fixture
def score(wired, champion_lake, waiting):
    def score():
        checked = check_file(wired, str(waiting[0]), month=None, outcome="ignored")
        return score_file(wired, checked, champion_lake.champion, scored_at=NOON)

    return score


def verify(wired, batch_id):
    summary = verify_lake(wired, batch_id=batch_id, client_id=None, head=None)
    return {verdict.gate: verdict.level for verdict in summary.verdicts}


def die():
    raise KeyboardInterrupt


def list_files_with(wired, client):
    return [
        path.name
        for path in wired.lake.home.rglob("*")
        if path.is_file() and "incoming" not in path.parts and client in read_content(path)
    ]


def read_content(path):
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path, hive_partitioning=False).to_dicts())
    return path.read_bytes().decode(errors="replace")


class Beside:
    """An erasure that another thread begins when a failpoint is reached for the nth time."""

    def __init__(self, wired, client, nth):
        self.nth, self.ended = nth, Event()
        self.thread = Thread(target=self.forget, args=(wired, client))

    def forget(self, wired, client):
        forget_client(wired, client, forgotten_at=LATER)
        self.ended.set()

    def __call__(self):
        self.nth -= 1
        if self.nth == 0:
            self.thread.start()
            assert not self.ended.wait(WAIT_SECONDS)


@pytest.mark.parametrize(("point", "nth"), [("table.streamed", 2), ("predict.scored", 1)])
def test_an_erasure_waits_for_a_run_that_has_read_the_client(wired, score, waiting, point, nth):
    """The rows are read, or the scores committed; nothing of it may come after the erasure."""
    client = waiting[1]
    beside = Beside(wired, client, nth)

    with armed_failpoint(point, beside):
        scored = score()
    beside.thread.join()

    assert client not in read_scores(wired.lake, batch_id=scored.batch_id)["client_id"]
    assert list_files_with(wired, client) == []
    assert verify(wired, scored.batch_id) == {"ledger": "ok", "scores": "ok", "replay": "ok"}


def test_a_file_that_is_moved_after_the_erasure_is_removed_by_reconcile(wired, score, waiting):
    path, client = waiting
    with armed_failpoint("predict.recorded", die), pytest.raises(KeyboardInterrupt):
        score()
    forget_client(wired, client, forgotten_at=LATER)
    (stored,) = list_incoming(wired.lake)
    move_scored_file(wired.lake, stored, batch_id=score().batch_id)
    assert len(list_files_with(wired, client)) == 1

    removed = [remove_erased_files(wired.lake) for _ in range(2)]

    assert [len(keys) for keys in removed] == [1, 0]
    assert (list_files_with(wired, client), path.exists()) == ([], False)


def test_processed_files_of_other_batches_stay(wired, score, waiting, known_rows):
    others = known_rows.filter(statement_month="2005-10").drop("defaulted").slice(100, 20)
    _, client = waiting
    scored = score()
    forget_client(wired, client, forgotten_at=LATER)
    others.write_csv(waiting[0])
    (stored,) = list_incoming(wired.lake)
    another = score().batch_id
    move_scored_file(wired.lake, stored, batch_id=another)

    assert another != scored.batch_id
    assert remove_erased_files(wired.lake) == ()


def test_outcomes_that_a_crash_left_unmerged_do_not_bring_an_erased_client_back(wired, tmp_path):
    path = tmp_path / "outcomes.csv"
    path.write_text(
        "client_id,statement_month,defaulted,observed_at\n"
        "a,2005-09,1,2005-11-01\nb,2005-09,0,2005-11-01\n"
    )
    with armed_failpoint("outcomes.kept", die), pytest.raises(KeyboardInterrupt):
        ingest_outcomes_file(wired, str(path), taken_in_at=NOON)
    forget_client(wired, "a", forgotten_at=LATER)

    ingest_outcomes_file(wired, str(path), taken_in_at=LATER)

    assert read_outcomes(wired.lake)["client_id"].to_list() == ["b"]
