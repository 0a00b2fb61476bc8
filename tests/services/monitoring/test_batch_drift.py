import datetime as dt

import polars as pl
import pytest
from tests.fakes.log_lines import collect_log_lines

from credit_default.gates.verdict import Verdict
from credit_default.services.monitoring.batch_drift import find_drift
from credit_default.services.monitoring.drift_publication import draw_report
from credit_default.services.monitoring.findings_record import write_verdict_row
from credit_default.services.monitoring.monitored_batch import find_batch

NOON = dt.datetime(2006, 2, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11")


def test_profile_is_published_with_the_verdict_and_the_page_when_it_is_drawn(
    champion_lake, score_rows, november
):
    batch = find_batch(
        champion_lake.wiring, score_rows(november.slice(1_560, 250).drop("defaulted")).batch_id
    )

    drift = find_drift(champion_lake.wiring, batch, report="drift")

    folder = champion_lake.wiring.lake.home / "reports" / batch.batch_id / "v1"
    assert [path.name for path in folder.iterdir()] == ["profile.json"]
    draw_report(champion_lake.wiring, drift.order)
    assert sorted(path.name for path in folder.iterdir()) == [
        "profile.json",
        "report.html",
        "report.json",
    ]
    assert drift.report.reference_count == champion_lake.champion.bundle.reference.height
    assert [column.column for column in drift.report.columns] == [
        column.name for column in champion_lake.wiring.schema.inputs
    ]


def test_comparison_is_logged_with_its_levels(champion_lake, score_rows, november):
    rows = november.slice(1_560, 250).drop("defaulted")
    batch = find_batch(champion_lake.wiring, score_rows(rows).batch_id)

    with collect_log_lines("services.monitoring") as lines:
        drift = find_drift(champion_lake.wiring, batch, report="drift")

    assert lines == [
        (
            f"info compared batch with its reference batch_id={batch.batch_id} model_version=1 "
            f"row_count=250 drift={drift.verdict.level} feed={drift.feed.level} "
            f"volume={drift.volume.level}"
        )
    ]


def test_batch_like_one_about_which_the_model_was_right_raises_no_alarm(
    champion_lake, score_rows, known_rows
):
    # the clients of both batches are late: neither looks like the test side
    late = known_rows.filter(pl.col("repayment_status_m1") >= 1).drop("defaulted")
    first, second = (
        find_batch(
            champion_lake.wiring,
            score_rows(late.filter(statement_month=month), name=f"{month}.csv").batch_id,
        )
        for month in ("2005-09", "2005-11")
    )
    before = find_drift(champion_lake.wiring, second, report="drift")

    right = Verdict("performance", "ok", ("right",))
    write_verdict_row(champion_lake.wiring.lake, first, right, at=NOON)
    after = find_drift(champion_lake.wiring, second, report="drift")

    assert (before.verdict.passed, after.verdict.passed) == (False, True)
    assert after.verdict.reasons[0].startswith("compared with 2005-09, about which the model")
    assert after.report.reference_count == first.row_count
    assert before.feed == after.feed  # the reference of the feed is the same
