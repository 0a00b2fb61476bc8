import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from credit_default.adapters.lake.pinned_champion import read_champion_pointer
from credit_default.adapters.lake.snapshots import list_snapshot_parts, list_snapshots
from credit_default.adapters.mlflow.model_versions import CHAMPION
from credit_default.adapters.tables.ledger import read_entries
from credit_default.failpoints import armed_failpoint
from credit_default.services.audit.replay import verify_lake
from credit_default.services.champion.versions import promote_by_hand
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.operations.reconcile import (
    Repairs,
    remove_stale_files,
    repair_records,
    summarise_repairs,
)
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.score_record import record_scores

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
HOUR, MINUTE = dt.timedelta(hours=1), dt.timedelta(minutes=1)
NOTHING = {"MLflow runs closed": 0, "records added": 0}


@pytest.fixture
def lake(two_versions, tmp_path, make_wiring):
    shutil.copytree(two_versions, tmp_path / "lake")
    wiring = make_wiring()
    assert repair_records(wiring, now=NOON).notes == ()
    return wiring


@pytest.fixture(scope="module")
def dead_mark():
    """The mark of a process of this machine that has ended."""
    code = "from credit_default.adapters.host.process_marks import read_own_mark; print(read_own_mark())"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def begin_run(lake):
    """Begins a run and does not end it, as if a process of this mark had died."""

    def begin(act, mark, *, began=NOON, alive=None):
        tracking = lake.tracking
        with tracking.start_run(act, name="warm", tags={}):
            experiment = tracking.client.get_experiment_by_name(f"credit-default/{act}")
        tags = {"process": str(mark)} | (
            {"alive_for_seconds": str(alive)} if alive is not None else {}
        )
        began_ms = int(began.timestamp() * 1000)
        return tracking.client.create_run(
            experiment.experiment_id, start_time=began_ms, tags=tags
        ).info.run_id

    return begin


def status_of(wiring, run_id):
    return wiring.tracking.client.get_run(run_id).info.status


# runs


@pytest.mark.parametrize("act", ["train", "predict", "monitor", "tune"])
def test_run_of_a_process_that_was_killed_is_closed_at_once_and_once(
    lake, begin_run, dead_mark, act
):
    run_id = begin_run(act, dead_mark)

    repairs, again = (repair_records(lake, now=NOON + dt.timedelta(seconds=1)) for _ in range(2))

    assert status_of(lake, run_id) == "KILLED"
    assert repairs.counts == {"MLflow runs closed": 1, "records added": 0}
    assert repairs.notes == (f"closed MLflow run {run_id} ({act}), begun 1 seconds ago",)
    assert (again.counts, again.notes) == (NOTHING, ())
    assert (
        lake.tracking.client.get_run(run_id).data.tags["closed_because"]
        == "reconcile found its process gone"
    )


def test_run_of_a_process_at_work_is_left_alone_however_long_it_takes(lake):
    with lake.tracking.start_run("train", name="long", tags={}, started_at=NOON) as run:
        repairs = repair_records(lake, now=NOON + dt.timedelta(days=3))

        assert (repairs.counts, status_of(lake, run.run_id)) == (NOTHING, "RUNNING")

    assert status_of(lake, run.run_id) == "FINISHED"


@pytest.mark.parametrize(
    ("alive", "seconds", "status"),
    [
        (None, 239, "RUNNING"),
        (None, 241, "KILLED"),
        (600, 839, "RUNNING"),
        (600, 841, "KILLED"),
        ("?", 241, "KILLED"),
    ],
)
def test_run_of_another_machine_is_closed_after_its_silence(
    lake, begin_run, alive, seconds, status
):
    run_id = begin_run("train", "elsewhere/1/1", alive=alive)

    repair_records(lake, now=NOON + dt.timedelta(seconds=seconds))

    assert status_of(lake, run_id) == status


def test_run_without_a_mark_is_closed_after_its_silence(lake, begin_run):
    run_id = begin_run("predict", "no mark")

    repair_records(lake, now=NOON + 5 * MINUTE)

    assert status_of(lake, run_id) == "KILLED"


# missing records


@pytest.fixture
def score(known_rows, tmp_path, make_wiring, lake):
    """Scores a part of a month while MLflow does not answer."""
    without_mlflow = make_wiring(mlflow={"tracking_uri": "http://127.0.0.1:9", "wait_seconds": 0.1})

    def score_rows(start, *, at=NOON):
        rows = known_rows.filter(statement_month="2005-10").drop("defaulted").slice(start, 60)
        path = tmp_path / f"{start}.csv"
        rows.write_csv(path)
        return score_path(without_mlflow, path, at)

    def score_path(wiring, path, at):
        checked = check_file(wiring, str(path), month=None, outcome="ignored")
        verdict = judge_file(wiring, checked, judged_at=at)
        scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=at)
        return record_scores(wiring, checked, scored, verdict, recorded_at=at)

    score_rows.path = score_path
    return score_rows


def list_predict_runs(wiring):
    client = wiring.tracking.client
    experiment = client.get_experiment_by_name("credit-default/predict")
    runs = (
        client.search_runs([experiment.experiment_id], "attributes.status = 'FINISHED'")
        if experiment
        else []
    )
    return [run for run in runs if "batch_id" in run.data.tags]


def test_batch_scored_while_mlflow_was_away_is_recorded_once_as_it_would_have_been(
    lake, score, tmp_path
):
    summary = score(0, at=NOON)

    repairs, again = (repair_records(lake, now=NOON + HOUR) for _ in range(2))

    (run,) = list_predict_runs(lake)
    assert repairs.counts == {"MLflow runs closed": 0, "records added": 1}
    assert repairs.notes == (f"recorded batch {summary.batch_id}, version 1",)
    assert [(entry.event, entry.batch_id) for entry in repairs.recorded] == [
        ("scored", summary.batch_id)
    ]
    assert (again.counts, again.notes, again.recorded) == (NOTHING, (), ())
    assert run.info.start_time == NOON.timestamp() * 1000
    reported = {
        name.replace(" ", "_"): value
        for name, value in {**summary.counts, **summary.figures}.items()
    }
    assert run.data.metrics == pytest.approx({k: v for k, v in reported.items() if "band" not in k})
    assert (run.data.tags["batch_id"], run.data.tags["model_version"]) == (summary.batch_id, "1")
    assert (run.data.tags["git_commit"], run.data.tags["recorded_by"]) == ("0123abc", "reconcile")
    (dataset,) = run.inputs.dataset_inputs
    assert dataset.dataset.name == "0.csv"
    # a person who scores it again adds no second run either
    assert score.path(lake, tmp_path / "0.csv", NOON + 2 * HOUR).run_id is None


def test_batch_that_mlflow_knows_is_not_recorded_again(lake, score, tmp_path):
    score(100)
    score.path(lake, tmp_path / "100.csv", NOON + MINUTE)

    assert repair_records(lake, now=NOON + HOUR).counts == NOTHING
    assert len(list_predict_runs(lake)) == 1


def test_record_that_a_person_deleted_stays_deleted(lake, score):
    score(200)
    repair_records(lake, now=NOON + HOUR)
    (run,) = list_predict_runs(lake)
    lake.tracking.client.delete_run(run.info.run_id)

    assert repair_records(lake, now=NOON + 2 * HOUR).counts == NOTHING


def test_batch_of_a_moment_ago_is_left_to_the_run_that_scored_it(lake, score):
    score(300)

    assert repair_records(lake, now=NOON + MINUTE).counts == NOTHING
    assert repair_records(lake, now=NOON + HOUR).counts["records added"] == 1


def test_batch_whose_record_is_being_written_is_left_to_its_writer(lake, score):
    summary = score(350)
    tags = {"batch_id": summary.batch_id, "model_version": 1}

    with lake.tracking.start_run("predict", name="slow", tags=tags, started_at=NOON):
        assert repair_records(lake, now=NOON + HOUR).counts == NOTHING

    assert repair_records(lake, now=NOON + HOUR).counts == NOTHING


def test_batch_whose_run_died_or_failed_is_recorded(lake, score, dead_mark):
    summary = score(360)
    tags = {"batch_id": summary.batch_id, "model_version": "1"}
    with (
        pytest.raises(KeyError),
        lake.tracking.start_run("predict", name="x", tags=tags, started_at=NOON) as failed,
    ):
        raise KeyError
    killed = lake.tracking.client.create_run(
        failed.experiment_id,
        start_time=int(NOON.timestamp() * 1000),
        tags={**tags, "process": dead_mark},
    )

    repairs = repair_records(lake, now=NOON + HOUR)

    assert repairs.counts == {"MLflow runs closed": 1, "records added": 1}
    assert status_of(lake, killed.info.run_id) == "KILLED"


def test_batches_of_long_ago_are_not_looked_for(lake, score):
    score(400)

    assert repair_records(lake, now=NOON + dt.timedelta(days=31)).counts["records added"] == 0


def test_two_that_reconcile_at_once_record_each_batch_once(lake, score, make_wiring):
    for start in (500, 600, 700):
        score(start)

    with ThreadPoolExecutor(2) as pool:
        repairs = list(
            pool.map(lambda wiring: repair_records(wiring, now=NOON + HOUR), (lake, make_wiring()))
        )

    counted = Counter(run.data.tags["batch_id"] for run in list_predict_runs(lake))
    assert list(counted.values()) == [1, 1, 1]
    assert sorted(part.counts["records added"] for part in repairs) == [0, 3]


# scores that no entry names


@pytest.fixture
def unentered(lake, score, known_rows, tmp_path):
    """A batch that version 1 scored in a run that died before the ledger's entry; version 2 is champion since, and scored it too."""
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted").slice(800, 60)
    rows.write_csv(tmp_path / "died.csv")
    with armed_failpoint("predict.scored", die), pytest.raises(KeyboardInterrupt):
        score.path(lake, tmp_path / "died.csv", NOON)
    promote_by_hand(lake, 2, reason="a drill", decided_at=NOON + MINUTE)
    return score.path(lake, tmp_path / "died.csv", NOON + 2 * MINUTE).batch_id


def die():
    raise KeyboardInterrupt


def judge_scores(wiring, batch_id):
    summary = verify_lake(wiring, batch_id=batch_id, client_id=None, head=None)
    return summary.status, [verdict.level for verdict in summary.verdicts]


def test_scores_of_a_run_that_died_are_entered_although_another_champion_scored_the_batch_since(
    lake, unentered
):
    assert judge_scores(lake, unentered)[0] == "broken"

    repairs, again = (repair_records(lake, now=NOON + HOUR) for _ in range(2))

    assert f"put on record: batch {unentered}, scored by version 1" in repairs.notes
    assert (again.counts, again.notes) == (NOTHING, ())
    assert judge_scores(lake, unentered) == ("proved", ["ok"] * 4)
    entries = [entry for entry in read_entries(lake.lake) if entry.event == "scored"]
    assert [entry.model_version for entry in entries] == [2, 1]
    first, second = (json.loads(entry.details) for entry in entries)
    same = {"input_sha256", "read_count", "quarantined_count", "scored_count", "schema"}
    assert {name: first[name] for name in same} == {name: second[name] for name in same}


def test_scores_of_a_moment_ago_are_left_to_the_run_that_wrote_them(lake, score, unentered):
    assert repair_records(lake, now=NOON + MINUTE).notes == ()


# the champion alias


def test_champion_alias_that_was_moved_in_mlflow_is_recorded_and_pinned(lake):
    lake.tracking.client.set_registered_model_alias("credit-default", CHAMPION, "2")

    repairs = repair_records(lake, now=NOON + HOUR)

    assert repairs.notes == ("put on record: version 2 promoted",)
    assert read_champion_pointer(lake.lake).model_version == 2
    described = lake.tracking.client.get_model_version("credit-default", "2").description
    assert "**Champion**" in described
    assert [e.model_version for e in read_entries(lake.lake) if e.event == "promoted"] == [1, 2]
    assert repair_records(lake, now=NOON + HOUR).notes == ()


def test_pinned_champion_is_verified_again_once_a_day(lake):
    repairs = repair_records(lake, now=NOON + 25 * HOUR)

    assert repairs.notes == ("pinned version 1 in the lake, verified",)
    assert read_champion_pointer(lake.lake).verified_at == NOON + 25 * HOUR
    assert repair_records(lake, now=NOON + 26 * HOUR).notes == ()


def test_lake_from_before_champions_were_pinned_gets_a_pinned_champion(lake):
    lake.lake.storage.delete_object("champion/champion.json")

    assert repair_records(lake, now=NOON).notes == ("pinned version 1 in the lake, verified",)


# the disk


@pytest.fixture
def plant(lake):
    """Plants an unfinished folder of the process with this mark, last touched at `at`."""

    def plant_folder(place, kind, mark, *, at=NOON):
        name = f".{kind}-{mark.replace('/', '~')}-" if mark else f".{kind}-"
        folder = lake.lake.home / place / f"{name}ab12cd_4"
        folder.mkdir(parents=True)
        (folder / "part").write_text("half")
        for path in (folder / "part", folder):
            os.utime(path, (at.timestamp(), at.timestamp()))
        return folder

    return plant_folder


@pytest.mark.parametrize(
    ("place", "kind"), [("", "scratch"), ("snapshots/ab", "staging"), ("processed", "staging")]
)
def test_folder_of_a_process_that_was_killed_is_removed_at_once_and_once(
    lake, plant, dead_mark, place, kind
):
    folder = plant(place, kind, dead_mark)

    repairs, again = (remove_stale_files(lake, now=NOON) for _ in range(2))

    assert not folder.exists()
    assert (repairs.counts, repairs.notes) == ({"leftovers removed": 1}, (f"removed {folder}",))
    assert (again.counts, again.notes) == ({"leftovers removed": 0}, ())


def test_folder_of_a_process_at_work_is_left_alone_however_old(lake):
    with lake.lake.scratch() as folder:
        assert remove_stale_files(lake, now=NOON + dt.timedelta(days=20_000)).notes == ()
        assert folder.exists()


@pytest.mark.parametrize("mark", ["elsewhere/1/1", ""])
def test_folder_of_an_unknown_process_is_removed_when_it_was_not_touched_for_a_day(
    lake, plant, mark
):
    folder = plant("", "scratch", mark, at=NOON)

    remove_stale_files(lake, now=NOON + 23 * HOUR)
    kept = folder.exists()
    remove_stale_files(lake, now=NOON + 25 * HOUR)

    assert kept
    assert not folder.exists()


def test_folder_that_holds_the_only_copy_of_a_file_is_kept_with_a_note(lake, plant, dead_mark):
    folder = plant("processed", "staging", dead_mark)
    (folder / "leaving").write_text("a file that was written anew while it was moved")

    repairs = remove_stale_files(lake, now=NOON)

    assert repairs.notes == (f"kept {folder}: it holds the only copy of a file",)
    assert (folder / "leaving").exists()


def test_rows_of_a_run_that_died_before_it_named_them_are_removed_after_a_day(
    lake, score, known_rows, tmp_path
):
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted").slice(900, 60)
    rows.write_csv(tmp_path / "died.csv")
    with armed_failpoint("snapshot.rows-kept", die), pytest.raises(KeyboardInterrupt):
        score.path(lake, tmp_path / "died.csv", NOON)
    (lost,) = set((lake.lake.home / "snapshots").rglob("rows-*")) - list_named_rows(lake)
    now = dt.datetime.fromtimestamp(lost.stat().st_mtime, dt.UTC)

    early = remove_stale_files(lake, now=now + 23 * HOUR)
    assert (early.counts, lost.exists()) == ({"leftovers removed": 0}, True)
    late = remove_stale_files(lake, now=now + 25 * HOUR)

    assert (late.counts, lost.exists()) == ({"leftovers removed": 1}, False)
    assert late.notes == ("removed 1 files of rows that a killed run left",)
    assert all(path.is_file() for path in list_named_rows(lake))


def list_named_rows(wiring):
    return {
        wiring.lake.home / part.key
        for snapshot in list_snapshots(wiring.lake)
        for part in list_snapshot_parts(snapshot)
    }


def test_other_files_and_other_people_s_hidden_ones_are_left_alone(lake):
    (lake.lake.home / ".notes").mkdir()
    (lake.lake.home / "tables" / ".staging-of-another-library").mkdir()
    before = sorted(lake.lake.home.rglob("*"))

    remove_stale_files(lake, now=NOON + dt.timedelta(days=20_000))

    assert sorted(lake.lake.home.rglob("*")) == before


# outages and summaries


def test_mlflow_that_is_still_away_is_a_verdict_and_fails_nothing(make_wiring, lake):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        without_mlflow = make_wiring(
            mlflow={"tracking_uri": f"http://127.0.0.1:{port}", "wait_seconds": 0.1}
        )

        repairs = repair_records(without_mlflow, now=NOON)

    summary = summarise_repairs(Repairs({"leftovers removed": 1}, ("removed x",)), repairs)
    assert (summary.status, summary.exit_code) == ("reconciled; mlflow unavailable", 3)
    assert summary.figures == {"leftovers removed": 1.0}
    assert summary.find_verdict("mlflow").level == "watch"


def test_nothing_to_do_is_said_in_three_words():
    summary = summarise_repairs(Repairs({"leftovers removed": 0}), Repairs({}))

    assert (summary.status, summary.exit_code, summary.figures) == ("nothing to do", 0, {})
