import polars as pl
from tests.services.conftest import NOON

from credit_default.adapters.lake_tables import write_monitoring
from credit_default.services.chronicle import recall_history, write_history_page


def write_finding(wiring, month, *, gate="drift", level="ok", batch_id="0" * 16):
    row = {
        "batch_id": batch_id, "model_version": 1, "statement_month": month, "gate": gate, "level": level,
        "reasons": ["<b>why</b>"], "figures": '{"score_drift": 0.1}', "row_count": 300, "expected_loss": None,
        "data_origin": "simulated", "report_path": "", "monitored_at": NOON,
    }  # fmt: skip
    write_monitoring(wiring.lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def test_page_stands_in_the_lakes_reports(wiring):
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

    assert len(recall_history(wiring).batches) == 2
    assert "2 batches" in (wiring.lake.home / "reports" / "history.html").read_text(encoding="utf-8")


def test_lake_where_nothing_was_monitored_has_no_page(wiring):
    assert write_history_page(wiring, now=NOON) is None
