import datetime as dt
import os
import shutil
import signal
import time

import pytest

from credit_default.adapters.lake.owed_reports import list_owed_reports, read_owed_report
from credit_default.flows.reports.draw_reports import start_drawing
from credit_default.services.monitoring.batch_drift import find_drift
from credit_default.services.monitoring.batch_performance import evaluate_batch
from credit_default.services.monitoring.findings_record import record_findings
from credit_default.services.monitoring.monitored_batch import find_batch
from credit_default.services.monitoring.owed_reports import draw_owed_reports, is_drawing

NOON = dt.datetime(2006, 2, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def november(known_rows):
    return known_rows.filter(statement_month="2005-11").drop("defaulted")


@pytest.fixture
def monitor(champion_lake, score_rows, november):
    """Score and monitor some rows; returns what the verdicts' record says."""

    def monitor_rows(start: int, count: int = 120):
        wiring = champion_lake.wiring
        batch = find_batch(wiring, score_rows(november.slice(start, count)).batch_id)
        drift = find_drift(wiring, batch, report="drift")
        performed = evaluate_batch(wiring, batch, now=NOON)
        return record_findings(wiring, batch, drift, performed, monitored_at=NOON)

    return monitor_rows


@pytest.fixture
def wiring(champion_lake):
    """The lake's wiring; whatever a test leaves owed is taken off the record."""
    yield champion_lake.wiring
    shutil.rmtree(champion_lake.wiring.lake.home / "reports/owed", ignore_errors=True)


def list_pages(wiring, summary):
    folder = wiring.lake.home / "reports" / summary.batch_id / "v1"
    return sorted(path.name for path in folder.iterdir())


def test_page_is_owed_with_the_verdict_and_drawn_once(wiring, monitor):
    found = monitor(0)
    key = f"reports/owed/{found.batch_id}-v1.json"
    assert list_owed_reports(wiring.lake) == (key,)
    assert list_pages(wiring, found) == ["profile.json"]

    drawn = draw_owed_reports(wiring)

    assert drawn.drawn == (f"drew the report of batch {found.batch_id}, version 1",)
    assert (drawn.failed, drawn.in_progress) == ((), False)
    assert list_pages(wiring, found) == ["profile.json", "report.html", "report.json"]
    assert found.paths["report (html)"].endswith(f"reports/{found.batch_id}/v1/report.html")
    copied = wiring.tracking.client.list_artifacts(found.run_id, "report")
    assert [file.path for file in copied] == [
        "report/profile.json",
        "report/report.html",
        "report/report.json",
    ]
    assert draw_owed_reports(wiring).drawn == ()


def test_second_process_leaves_the_page_to_the_one_that_draws(wiring, monitor):
    found = monitor(120)

    with wiring.lake.try_lock("reports") as is_held:
        assert is_held
        assert is_drawing(wiring)
        second = draw_owed_reports(wiring)

    assert second.in_progress
    assert list_pages(wiring, found) == ["profile.json"]
    assert len(draw_owed_reports(wiring, wait=True).drawn) == 1
    assert not is_drawing(wiring)


@pytest.mark.nightly
def test_page_that_cannot_be_drawn_stays_owed_with_the_reason_and_holds_up_no_other(
    wiring, monitor
):
    broken, good = monitor(240), monitor(360)
    snapshot = wiring.lake.home / "snapshots" / broken.batch_id
    snapshot.rename(snapshot.with_name("elsewhere"))

    try:
        first = draw_owed_reports(wiring)
    finally:
        snapshot.with_name("elsewhere").rename(snapshot)

    assert first.drawn == (f"drew the report of batch {good.batch_id}, version 1",)
    assert len(first.failed) == 1
    assert first.failed[0].startswith(
        f"report of batch {broken.batch_id}, version 1 is not drawn yet: "
    )
    key = f"reports/owed/{broken.batch_id}-v1.json"
    assert read_owed_report(wiring.lake, key)["fault"] in first.failed[0]
    assert len(draw_owed_reports(wiring).drawn) == 1


def test_page_whose_process_is_killed_is_drawn_by_the_next(wiring, monitor):
    found = monitor(480)
    settings = {"lake": str(wiring.lake.home), "cache": wiring.settings.cache}
    log = wiring.lake.home / "reports.log"
    process = start_drawing(log, overrides=settings, config=[])
    deadline = time.monotonic() + 120
    while not is_drawing(wiring) and time.monotonic() < deadline:
        time.sleep(0.02)

    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)

    assert list_pages(wiring, found) == ["profile.json"]
    assert draw_owed_reports(wiring).drawn
    assert "report.html" in list_pages(wiring, found)
    assert list(wiring.lake.home.glob("reports/owed/*")) == []


@pytest.mark.nightly
def test_page_drawn_twice_is_the_same_page(wiring, monitor):
    found = monitor(600)
    key = f"reports/owed/{found.batch_id}-v1.json"
    order = wiring.lake.storage.read_object(key)
    draw_owed_reports(wiring)
    page = wiring.lake.home / "reports" / found.batch_id / "v1" / "report.html"
    first = page.read_bytes()

    wiring.lake.storage.write_object(key, order)
    draw_owed_reports(wiring)

    assert page.read_bytes() == first
