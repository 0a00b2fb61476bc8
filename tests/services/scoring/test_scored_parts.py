"""Neither how rows are cut into record batches, nor how many threads work on them, changes anything that is kept."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest
from deltalake import DeltaTable

from credit_default.adapters.lake.snapshots import read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.queries import digest_frames, read_scores
from credit_default.adapters.tables.score_sums import ScoreSums
from credit_default.failpoints import armed_failpoint
from credit_default.model.estimator.digest import digest_frame
from credit_default.services.audit.replay import verify_lake
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.batch_reasons import BatchReasons
from credit_default.services.scoring.score_batch import score_file
from credit_default.services.scoring.scored_parts import ScoringTask, score_parts

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def rows(known_rows) -> pl.DataFrame:
    return known_rows.filter(statement_month="2005-11").drop("defaulted").head(600)


def build_task(champion_lake, **policy) -> ScoringTask:
    bundle, settings = champion_lake.champion.bundle, champion_lake.wiring.settings
    reasons = BatchReasons(
        bundle, champion_lake.wiring.portfolio, replace(settings.reasons, **policy)
    )
    return ScoringTask(bundle, reasons, settings.loss, 1, "ab12", NOON)


def score_all(task, rows, *, frame_rows, jobs):
    parts = list(score_parts(task, rows.iter_slices(frame_rows), jobs=jobs))
    sums = sum((part.sums for part in parts), start=ScoreSums())
    trained = sum(part.trained_row_count for part in parts)
    return pl.concat([part.frame for part in parts]), sums, trained


@pytest.mark.parametrize("policy", [{"mode": "none"}, {"limit": 40}], ids=["none", "some"])
def test_frames_and_threads_change_no_bit_of_a_score_a_reason_or_a_sum(champion_lake, rows, policy):
    frame, sums, trained = score_all(
        build_task(champion_lake, **policy), rows, frame_rows=600, jobs=1
    )

    assert sums.digest == digest_frames([frame])
    assert sums.reasoned_count == policy.get("limit", 0)
    for frame_rows, jobs in ((1_000, 4), (600, 2), (101, 1), (101, 2), (37, 4)):
        other = score_all(
            build_task(champion_lake, **policy), rows, frame_rows=frame_rows, jobs=jobs
        )
        assert other[0].equals(frame)
        assert other[1:] == (sums, trained)


@pytest.fixture
def score_in(champion_lake, make_wiring, rows, tmp_path):
    """Scores the rows in a lake of its own."""
    rows.write_csv(tmp_path / "batch.csv")

    def score(root, **settings):
        wiring = make_wiring(root, **settings)
        checked = check_file(wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored")
        return wiring, score_file(wiring, checked, champion_lake.champion, scored_at=NOON)

    return score


def test_jobs_change_nothing_in_table_snapshot_or_ledger(score_in, tmp_path):
    found = set()
    for jobs in (1, 2, 4):
        wiring, scored = score_in(tmp_path / str(jobs), jobs=jobs)
        snapshot = pl.concat(read_snapshot_rows(read_snapshot(wiring.lake, scored.batch_id)))
        scores = read_scores(wiring.lake, batch_id=scored.batch_id)
        entry = find_entry(wiring.lake, f"scored {scored.batch_id} v1")
        found.add((digest_frame(snapshot), scores.write_json(), entry.entry_hash))

    assert len(found) == 1


def test_the_ledger_has_the_digest_of_what_was_computed_whatever_became_of_it(score_in, tmp_path):
    lake = tmp_path / "lake"

    def lose_a_row():
        table = DeltaTable(str(lake / "tables" / "scores"))
        table.delete("client_id = 'SIM-000000003'")

    with armed_failpoint("predict.scored", lose_a_row):
        wiring, scored = score_in(tmp_path)

    assert scored.scored_count == 600
    verdicts = {
        verdict.gate: verdict.level
        for verdict in verify_lake(wiring, batch_id=None, client_id=None, head=None).verdicts
    }
    assert verdicts == {"ledger": "ok", "scores": "alarm"}
