import datetime as dt

import polars as pl
from rich.console import Console

from credit_default.views.history.table import format_finding_lines, render_history

FINDINGS = pl.DataFrame(
    {
        "statement_month": ["2005-10", "2005-11"],
        "batch_id": ["ab" * 8, "cd" * 8],
        "model_version": [1, 1],
        "row_count": [2_500, 300],
        "expected_loss": [1_250_000.4, None],
        "gate": ["drift", "performance"],
        "level": ["ok", "not judged"],
        "reasons": [["quiet"], []],
        "figures": ["{}", "{}"],
        "monitored_at": [dt.datetime(2006, 1, 1, tzinfo=dt.UTC)] * 2,
    }
)


def test_a_finding_is_a_line_with_rows_and_expected_loss():
    console = Console(width=120, force_terminal=False)
    with console.capture() as captured:
        console.print(render_history(FINDINGS))

    heading, first, second = captured.get().splitlines()
    assert "expected loss" in heading
    assert first.split()[:7] == ["2005-10", "abababab", "1", "2,500", "1,250,000", "drift", "ok"]
    assert second.split()[:6] == ["2005-11", "cdcdcdcd", "1", "300", "–", "performance"]


def test_findings_are_lines_of_text_where_no_tables_are_shown():
    assert (
        format_finding_lines(FINDINGS)[0] == f"2005-10 batch {'ab' * 8} version 1: drift ok: quiet"
    )


def test_planted_gate_is_a_line_under_its_stored_name():
    planted = FINDINGS.with_columns(gate=pl.lit("planted"), level=pl.lit("alarm"))

    console = Console(width=120, force_terminal=False)
    with console.capture() as captured:
        console.print(render_history(planted))

    _, first, _ = captured.get().splitlines()
    assert first.split()[5:7] == ["planted", "alarm"]
