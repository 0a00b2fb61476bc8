from dataclasses import replace

from credit_default.gates.monitoring.drill_verdict import Drill, DrillCase, judge_drill
from credit_default.views.documents.html import render_html
from credit_default.views.documents.markdown import render_document_markdown
from credit_default.views.terminal.drill import describe_drill, format_case_lines

DRILL = Drill(
    (
        DrillCase("late file", 2, ("volume",), "watch", ({"volume": "watch"},)),
        DrillCase(
            "unit error",
            3,
            ("feed", "drift"),
            "alarm",
            ({"feed": "ok"}, {"feed": "alarm", "performance": "watch"}),
        ),
        DrillCase("<b>gremlins</b>", 3, ("feed",), "alarm", ({"feed": "watch"},)),
        DrillCase("label flip", 2, ("performance",), "alarm", ({"performance": "ok"},)),
    ),
    ({"drift": "ok"}, {"drift": "watch"}),
)


def test_every_fault_is_a_line_with_the_gates_that_responded():
    assert format_case_lines(DRILL) == (
        "late file 2: expected of volume; watch, batch 1; volume watch",
        "unit error 3: expected of feed or drift; alarm, batch 2; feed alarm, performance watch",
        "<b>gremlins</b> 3: expected of feed; missed: watch only; feed watch",
        "label flip 2: expected of performance; missed; no gate responded",
        "clean month 2: drift watch",
    )


def test_document_holds_both_confusion_tables():
    text = render_document_markdown(
        describe_drill(DRILL, judge_drill(DRILL), subtitle="four faults")
    )

    assert "| planted, strength 3 | 1 | 1 | 0 |" in text
    assert "| clean months | 0 | 1 | 1 |" in text
    assert "| expected of feed | 0 | 2 | 1 | 0 |" in text


def test_names_are_no_markup():
    page = render_html(describe_drill(DRILL, judge_drill(DRILL), subtitle="four faults"))

    assert "<b>gremlins" not in page
    assert "&lt;b&gt;gremlins" in page


def test_months_after_a_mended_recession_have_lines_of_their_own():
    drill = replace(DRILL, mended_months=({"drift": "ok"}, {"volume": "watch"}))

    text = render_document_markdown(describe_drill(drill, judge_drill(drill), subtitle=""))

    assert "| after a mended recession | 0 | 1 | 1 |" in text
    assert format_case_lines(drill)[-1] == "month after a mended recession 2: volume watch"
