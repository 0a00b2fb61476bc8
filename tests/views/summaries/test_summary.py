import json
import math

import pytest
from rich.console import Console

from credit_default.errors import InputError
from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.summary import (
    Summary,
    format_figure,
    format_figures,
    format_month_counts,
    render_summary,
    render_summary_json,
    summarise_error,
)

KEYS = {
    "command",
    "status",
    "exit_code",
    "verdicts",
    "batch_id",
    "model_version",
    "run_id",
    "counts",
    "months",
    "figures",
    "paths",
    "notes",
}


def show(summary):
    console = Console(width=120, record=True, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(render_summary(summary))
    return captured.get()


def test_json_has_the_promised_keys_and_no_others():
    content = json.loads(render_summary_json(Summary("predict", "scored")))

    assert set(content) == KEYS


def test_json_is_one_object_whatever_the_figures():
    verdict = Verdict("drift", "watch", ("age moved",), {"psi": math.inf})

    content = json.loads(
        render_summary_json(
            Summary("monitor", "quiet", verdicts=(verdict,), figures={"auc": math.nan})
        )
    )

    assert content["figures"] == {"auc": None}
    assert content["verdicts"] == [
        {"gate": "drift", "level": "watch", "reasons": ["age moved"], "figures": {"psi": None}}
    ]


def test_error_keeps_its_message_and_exit_code():
    error = InputError("batch", found="nothing", expected="rows", remedy="Try again.")

    summary = summarise_error("predict", error)

    assert (summary.status, summary.exit_code, summary.notes) == ("failed", 2, (str(error),))


def test_terminal_shows_status_verdict_reasons_counts_and_notes():
    verdict = Verdict("quality", "ok", ("3 of 100 rows rejected",))
    summary = Summary(
        "predict",
        "scored",
        verdicts=(verdict,),
        batch_id="abc",
        counts={"scored": 1234},
        notes=("simulated",),
    )

    text = show(summary)

    for part in ("scored", "3 of 100 rows rejected", "abc", "1,234", "note: simulated"):
        assert part in text


def test_text_from_data_is_not_taken_for_markup():
    assert "[red]x[/red]" in show(Summary("predict", "scored", notes=("[red]x[/red]",)))


def test_figures_are_short_and_missing_ones_are_a_dash():
    assert [format_figure(n) for n in (0.78512, 5539.0, 123.456, math.nan)] == [
        "0.7851",
        "5,539",
        "123.5",
        "–",
    ]


def test_interval_is_behind_its_figure():
    figures = {"auc": 0.78, "auc, low": 0.76, "auc, high": 0.8, "rows": 5.0}

    assert format_figures(figures) == {"auc": "0.7800  (0.7600 to 0.8000)", "rows": "5"}


def test_shares_of_a_scored_batch_are_read_as_fields():
    scored = Summary(
        "predict", "scored", figures={"declined share": 0.2, "expected default share": 0.1}
    )

    assert (scored.declined_share, scored.expected_default_share) == (0.2, 0.1)
    assert math.isnan(Summary("train", "promoted").declined_share)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ({"2005-11": 1}, "2005-11 (1 row)"),
        ({"2005-10": 12, "2005-11": 3_888}, "2005-10 (12 rows), 2005-11 (3,888 rows)"),
        (
            {f"2005-{month:02d}": 2 for month in range(1, 8)},
            (
                "2005-01 (2 rows), 2005-02 (2 rows), 2005-03 (2 rows), …, 2005-05 (2 rows),"
                " 2005-06 (2 rows), 2005-07 (2 rows), 7 months in all"
            ),
        ),
    ],
)
def test_months_are_shown_with_their_rows_and_only_some_of_many(counts, text):
    assert format_month_counts(counts) == text
    assert "2005-" in show(Summary("ingest", "kept", months=counts))
