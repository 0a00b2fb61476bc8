import re
from dataclasses import replace

from tests.fakes.histories import make_batch, make_history, make_profile

from credit_default.gates.monitoring.monitoring_gates import (
    MONITORING_GATES,
    HistoryColumn,
    MonitoringGate,
)
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.months.vintages import VintageFigures
from credit_default.views.documents.html import render_html
from credit_default.views.history.page import describe_history
from credit_default.views.history.vintage_tables import VintageRow


def write_page(history, reasons=None, vintages=()):
    return render_html(describe_history(history, reasons=reasons or {}, vintages=vintages))


def test_page_is_one_file_without_script_or_anything_to_fetch():
    page = write_page(make_history())

    assert page.count("data:image/png;base64,") == 5
    assert "<script" not in page
    assert not re.search(r"(src|href)=\"(?!data:|#)", page)


def test_page_names_batches_findings_and_figures():
    page = write_page(
        make_history(), {(f"{6:016x}", "performance"): ("ROC AUC 0.700, floor 0.730",)}
    )

    assert "18 batches, 2006-01 to 2007-06; versions 1, 2" in page
    assert "2006-07 performance alarm: ROC AUC 0.700, floor 0.730" in page
    assert "SIMULATED DATA" in page
    assert "36.0%" in page


def test_vintages_are_on_the_page_once_there_are_any():
    known = VintageFigures(950, Metric(0.221, 0.2, 0.243), 0.21, 0.14, None)
    page = write_page(
        make_history(),
        vintages=[VintageRow("2006-01", 1, 1_000, 0.95, state="complete", figures=known)],
    )

    assert "Vintages" in page
    assert "22.1% (20.0–24.3)" in page
    assert "Vintages" not in write_page(make_history())


def test_one_quiet_batch_is_a_history_too():
    page = write_page(replace(make_history(1), simulated=False))

    assert "1 batch, 2006-01; version 1" in page
    assert "No gate raised an alarm or asked for a review." in page
    assert "SIMULATED" not in page


def test_markup_in_the_data_stays_text():
    evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    batch = replace(
        make_batch(0, profile=make_profile(0.0, columns=(evil, "b"))),
        batch_id=evil,
        levels={evil: "alarm", "drift": "ok"},
    )

    page = write_page(replace(make_history(1), batches=(batch,)), {(evil, evil): (evil,)})

    assert "<img src=x" not in page
    assert "<script" not in page
    assert "&lt;script&gt;alert(2)" in page


def test_planted_gate_is_on_the_page_with_its_question_its_figure_and_its_finding():
    planted = MonitoringGate(
        name="planted",
        title="Planted gate",
        question="Does it show without another edit?",
        alarm_effect="train",
        columns=(HistoryColumn("planted figure", "found_share", is_share=True),),
    )
    batch = make_batch(0)
    batch = replace(
        batch,
        levels={**batch.levels, "planted": "alarm"},
        figures={**batch.figures, "planted": {"found_share": 0.375}},
    )

    page = render_html(
        describe_history(
            replace(make_history(1), batches=(batch,)),
            reasons={(batch.batch_id, "planted"): ("found it",)},
            gates=(*MONITORING_GATES, planted),
        )
    )

    assert "planted figure" in page
    assert "37.5%" in page
    assert "2006-01 planted alarm: found it" in page
    assert "Does it show without another edit?" in page
    assert "a retraining is requested" in page
