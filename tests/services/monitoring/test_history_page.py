import polars as pl
from tests.services.conftest import NOON

from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.services.monitoring.alarms import update_lake_alarms
from credit_default.services.monitoring.history_page import read_history, write_history_page


def write_finding(wiring, month, *, gate="drift", level="ok", batch_id="0" * 16):
    row = {
        "batch_id": batch_id,
        "model_version": 1,
        "statement_month": month,
        "gate": gate,
        "level": level,
        "reasons": ["<b>why</b>"],
        "figures": '{"score_drift": 0.1}',
        "row_count": 300,
        "expected_loss": None,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(
        wiring.lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64})
    )


def test_page_is_written_among_the_lakes_reports(wiring):
    write_finding(wiring, "2006-01", level="watch")

    path = write_history_page(wiring, now=NOON)

    assert path == f"{wiring.lake.uri}/reports/history.html"
    page = (wiring.lake.home / "reports" / "history.html").read_text(encoding="utf-8")
    assert "2006-01 drift watch: &lt;b&gt;why&lt;/b&gt;" in page
    assert "SIMULATED DATA" in page


def test_page_is_written_anew(wiring):
    write_finding(wiring, "2006-01")
    write_history_page(wiring, now=NOON)
    write_finding(wiring, "2006-02", batch_id="1" * 16)

    write_history_page(wiring, now=NOON)

    assert len(read_history(wiring.lake).batches) == 2
    assert "2 batches" in (wiring.lake.home / "reports" / "history.html").read_text(
        encoding="utf-8"
    )


def test_alarm_that_another_champion_ended_is_open_through_the_last_month_that_its_version_scored(
    wiring,
):
    for place, month in enumerate(("2006-01", "2006-02", "2006-03")):
        write_finding(wiring, month, gate="performance", level="alarm", batch_id=str(place) * 16)
    update_lake_alarms(wiring, champion_version=1, at=NOON)
    update_lake_alarms(wiring, champion_version=2, at=NOON)

    assert [(a.opened_month, a.closed_month) for a in read_history(wiring.lake).alarms] == [
        ("2006-01", "2006-03")
    ]


def test_lake_where_nothing_was_monitored_has_no_page(wiring):
    assert write_history_page(wiring, now=NOON) is None
