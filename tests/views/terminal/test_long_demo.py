from rich.console import Console

from credit_default.gates.verdict import Verdict
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.long_demo import (
    LongDemoMonth,
    render_long_demo,
    summarise_long_demo,
)

SCORED = {"counts": {"scored": 100}, "figures": {"expected default share": 0.22}}
TRAINED = Summary("train", "promoted", model_version=2, run_id="r", counts={"accepted": 300})


def live(month, *, version=1, changed=True, level="ok", trained=None, known=True):
    performed = Verdict("performance", level, ("why",), {"default_share": 0.3, "roc_auc": 0.75})
    return LongDemoMonth(
        f"2006-{month:02d}",
        changed,
        Summary("predict", "scored", model_version=version, **SCORED),
        Verdict("drift", level, ("why",), {"score_drift": 0.05}),
        performed if known else None,
        trained,
    )


LIFE = (
    live(1, changed=False),
    live(2, level="alarm", trained=TRAINED),
    live(3, version=2),
    live(4, version=2),
    live(5, version=2, known=False),
)


def test_every_month_is_a_line_with_what_was_done():
    console = Console(width=80, record=True)
    console.print(render_long_demo(LIFE))
    text = console.export_text()

    assert "the change begins, v2" in text
    assert text.count("2006-0") == 5
    assert "…" not in text
    assert "30.0%" in text


def test_summary_says_whether_the_system_recovered():
    summary = summarise_long_demo(
        TRAINED, LIFE, data_description="SIMULATED", paths={"history (html)": "x"}
    )

    assert (summary.status, summary.verdicts[0].gate, summary.counts["scored"]) == (
        "recovered",
        "recovery",
        500,
    )
    assert (
        summarise_long_demo(TRAINED, LIFE[:2], data_description="", paths={}).status
        == "not recovered yet"
    )
