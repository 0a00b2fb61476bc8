from rich.console import Console

from credit_default.model.evaluation.intervals import Metric
from credit_default.model.months.vintages import VintageFigures
from credit_default.views.history.vintage_tables import (
    VintageRow,
    format_vintage_lines,
    render_vintages,
)

KNOWN = VintageFigures(950, Metric(0.221, 0.2, 0.243), 0.21, 0.14, Metric(0.77, 0.74, 0.8))
ROWS = (
    VintageRow("2005-10", 1, 1_000, 0.95, state="complete", figures=KNOWN),
    VintageRow("2005-11", 2, 1_000, 0.0, state="none", figures=None),
)


def test_month_is_a_line_with_what_was_expected_and_what_came():
    console = Console(width=80, force_terminal=False)
    with console.capture() as captured:
        console.print(render_vintages(ROWS))

    _, first, second = captured.get().splitlines()
    assert first.split() == [
        "2005-10",
        "1",
        "1,000",
        "95%",
        "complete",
        "21.0%",
        "22.1%",
        "(20.0–24.3)",
        "0.770",
        "(0.740–0.800)",
    ]
    assert second.split() == ["2005-11", "2", "1,000", "0%", "none", "–", "–", "–"]


def test_months_are_lines_of_text_where_no_tables_are_shown():
    assert format_vintage_lines(ROWS)[0] == (
        "month 2005-10 version 1: scored 1,000, outcomes 95% complete, expected 21.0%, defaulted 22.1% (20.0–24.3), "
        "ROC AUC 0.770 (0.740–0.800)"
    )


def test_ranking_that_cannot_be_measured_yet_is_a_dash():
    alike = VintageFigures(9, Metric(0.0, 0.0, 0.3), 0.2, 0.04, None)

    assert (
        "ROC AUC –"
        in format_vintage_lines(
            [VintageRow("2005-10", 1, 9, 1.0, state="complete", figures=alike)]
        )[0]
    )
