import datetime as dt
import shutil
from dataclasses import replace

import polars as pl
import pytest

from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.intake.file_check import check_file
from credit_default.services.monitoring.batch_drift import find_drift
from credit_default.services.monitoring.batch_profile import profile_batch
from credit_default.services.monitoring.feed_and_volume import (
    count_broken_rules,
    count_rejected,
    judge_delivery,
    read_delivery_history,
)
from credit_default.services.monitoring.monitored_batch import find_batch
from credit_default.services.scoring.score_batch import score_file

MONTHS = ("2005-10", "2005-11", "2005-12", "2006-01")


@pytest.fixture
def wiring(champion_lake, make_wiring, tmp_path):
    shutil.copytree(champion_lake.untouched, tmp_path / "lake")
    return make_wiring(tmp_path)


@pytest.fixture
def deliver(champion_lake, wiring, known_rows, tmp_path):
    """Scores these rows as the batch of a month, and puts on record that it was monitored; gives the batch's id."""

    def make(month, rows, *, scored_at):
        path = tmp_path / f"{month}.csv"
        rows.with_columns(statement_month=pl.lit(month)).write_csv(path)
        checked = check_file(wiring, str(path), month=None, outcome="ignored")
        champion = CurrentChampion(
            champion_lake.champion.bundle,
            champion_lake.champion.number,
            champion_lake.champion.data_origin,
        )
        batch_id = score_file(wiring, checked, champion, scored_at=scored_at).batch_id
        row = {
            "batch_id": batch_id,
            "model_version": 1,
            "statement_month": month,
            "gate": "drift",
            "level": "ok",
            "reasons": ["so"],
            "figures": "{}",
            "row_count": rows.height,
            "expected_loss": 1.0,
            "data_origin": "simulated",
            "report_path": "",
            "monitored_at": scored_at,
        }
        write_monitoring(wiring.lake, pl.DataFrame([row]))
        return batch_id

    return make


def test_batch_is_held_against_those_scored_before_it(wiring, deliver, known_rows):
    rows = known_rows.filter(statement_month="2005-11").drop("defaulted")
    spoiled = rows.slice(0, 300).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 3).then(9).otherwise("sex")
    )
    ids = [
        deliver(month, spoiled if month == "2005-12" else rows.slice(0, 300), scored_at=at)
        for month, at in zip(
            MONTHS, (dt.datetime(2006, m, 5, tzinfo=dt.UTC) for m in (1, 2, 3, 4)), strict=True
        )
    ]

    found = read_delivery_history(wiring, batch_id=ids[3], month=MONTHS[3], row_count=300)
    second = read_delivery_history(wiring, batch_id=ids[1], month=MONTHS[1], row_count=300)
    unknown = read_delivery_history(
        wiring, batch_id="0123456789abcdef", month="2006-02", row_count=77
    )

    assert [
        (d.row_count, d.age_months, d.month_step, d.wait_days)
        for d in (*found.earlier, found.current)
    ] == [
        (300, 3, None, None),
        (300, 3, 1, 31.0),
        (300, 3, 1, 28.0),
        (300, 3, 1, 31.0),
    ]
    assert found.earlier_rejected_shares == (0.0, 0.0, 0.01)
    assert len(second.earlier) == 1  # monitored again, it is compared with no later ones
    assert (unknown.current.row_count, len(unknown.earlier)) == (77, 4)
    assert count_rejected(wiring.lake, ids[2]) == 3
    assert count_broken_rules(wiring.lake, ids[2]) == {"sex|code": 3}
    assert (count_rejected(wiring.lake, ids[0]), count_broken_rules(wiring.lake, ids[0])) == (0, {})


def test_payments_of_the_month_before_that_come_again_are_stale(
    wiring, champion_lake, deliver, known_rows
):
    rows = known_rows.filter(statement_month="2005-11").drop("defaulted").head(260)
    moved = rows.with_columns(payment_amount_m2=pl.col("payment_amount_m2") + 1)
    noon = dt.datetime(2006, 1, 5, tzinfo=dt.UTC)
    deliver("2005-11", rows, scored_at=noon)
    find_drift(wiring, find_batch(wiring, None), report="drift")
    deliver("2005-12", moved, scored_at=noon.replace(month=2))

    batch = find_batch(wiring, None)
    profiled = profile_batch(
        batch.bundle, batch.frames(), schema=wiring.schema, chosen=batch.scores.choose(1)
    )
    feed, volume = judge_delivery(wiring, batch.snapshot, profiled, months=batch.months)

    assert feed.level == "alarm"
    assert feed.reasons[0].startswith(
        "the same as in the month before, value for value: 'repayment_status_m1'"
    )
    assert (
        feed.figures["stale_count"] == 14
    )  # what changes with the month and has one before it, but for the moved one
    assert volume.level == "not judged"


def test_correction_is_not_held_against_the_usual_number_of_rows(
    wiring, champion_lake, deliver, known_rows
):
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted").head(230)
    deliver("2005-10", rows, scored_at=dt.datetime(2006, 1, 5, tzinfo=dt.UTC))
    batch = find_batch(wiring, None)
    origin = replace(batch.snapshot.origin, corrects="fedcba9876543210")
    profiled = profile_batch(
        batch.bundle, batch.frames(), schema=wiring.schema, chosen=batch.scores.choose(1)
    )

    feed, volume = judge_delivery(
        wiring, replace(batch.snapshot, origin=origin), profiled, months=batch.months
    )

    assert feed.level != "not judged"
    assert (volume.level, volume.reasons) == (
        "not judged",
        ("these rows correct batch fedcba9876543210",),
    )
