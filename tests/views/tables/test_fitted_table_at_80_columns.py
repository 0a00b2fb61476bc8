"""Every table that a command prints, with long words in every text, on narrow terminals."""

import datetime as dt

import polars as pl
import pytest
from rich.console import Console

from credit_default.gates.governance.findings import Finding
from credit_default.gates.governance.inventory import InventoryLine
from credit_default.gates.promotion.paired_gains import Gain
from credit_default.gates.verdict import Verdict
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.months.vintages import VintageFigures
from credit_default.views.documents.document import Bullets, Document, Section, Table
from credit_default.views.documents.terminal import render_document
from credit_default.views.history.table import render_history
from credit_default.views.history.vintage_tables import VintageRow, render_vintages
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.coverage import CoverageRow, render_coverage
from credit_default.views.terminal.demo import DemoMonthResult, render_demo
from credit_default.views.terminal.inventory import render_findings, render_inventory
from credit_default.views.terminal.long_demo import LongDemoMonth, render_long_demo
from credit_default.views.terminal.models import ModelRow, render_models
from credit_default.views.terminal.overrides import OverrideRow, render_overrides
from credit_default.views.terminal.quarantine import render_rule_counts
from credit_default.views.terminal.settings import SettingLine, render_settings
from credit_default.views.terminal.stack import StackLine, render_stack
from credit_default.views.terminal.tuning import RecipeComparison, render_recipe_comparisons

WORD = "performance.highest_calibration_error"  # as long as the longest in our own sentences
SAID = f"1,836 defaults where 1,260 were expected, more than {WORD} and {WORD} allow"
METRIC = Metric(0.123, 0.1, 0.15)
MONTH = "2005-12"
HEADINGS = {*"reason what happened value (and what set it, if anything did)".split()}  # noqa: SIM905 - as printed


def _summary(**figures):
    return Summary("x", "scored", model_version=1, counts={"scored": 1_000_000}, figures=figures)


def _verdict(gate, **figures):
    return Verdict(gate, "not judged", (SAID,), figures)


def _history():
    row = {
        "statement_month": MONTH,
        "batch_id": "ab" * 8,
        "model_version": 12,
        "row_count": 1_000_000,
        "expected_loss": 12_345_678.9,
        "gate": "performance",
        "level": "not judged",
        "reasons": [SAID],
        "figures": "{}",
        "monitored_at": dt.datetime(2006, 1, 1, tzinfo=dt.UTC),
    }
    return render_history(pl.DataFrame([row, row]))


def _demo_month():
    return DemoMonthResult(
        MONTH,
        drifted=True,
        scored=_summary(**{"declined share": 0.4, "expected default share": 0.2}),
        monitored=Summary("x", "y", verdicts=(_verdict("drift", score_drift=0.1),)),
        judged=Summary("x", "y", verdicts=(_verdict("performance", default_share=0.2),)),
    )


def _long_month():
    performance = _verdict("performance", default_share=0.2, roc_auc=0.7)
    scored = _summary(**{"expected default share": 0.2})
    drift = _verdict("drift", score_drift=0.1)
    return LongDemoMonth(
        MONTH,
        scenario_has_begun=True,
        scored=scored,
        drift=drift,
        performance=performance,
        trained=_summary(),
    )


def _coverage():
    months = (MONTH, "2006-05")
    return render_coverage(
        [CoverageRow("ab" * 8, months, 10_000_000, 9_999_999, 1_000, 0.99, "partial")]
    )


def _document():
    table = Table(("name", WORD, "value (95 %)"), ((SAID, SAID, "0.7309 (0.7044 to 0.7565)"),), 2)
    return render_document(
        Document("Card", SAID, (Section("Figures", (table, Bullets((SAID, SAID)))),))
    )


def _inventory():
    line = InventoryLine(
        model_version=1,
        model_digest="ab" * 32,
        first_recorded_at="2026-01-01",
        status="champion",
        champion_since="2026-01-01",
        tier=1,
        opinion="approved with conditions",
        next_review="2026-12-31",
        findings=(),
        open_alarms=("performance", "fairness", "volume"),
        batch_count=12,
        scored_count=12_000_000,
        override_count=3,
    )
    return render_inventory([line, line], as_of="2027-01-01")


def _gain():
    return Gain("log loss", 0.5, 0.4, 0.01234, -0.01, 0.03, 0.01)


def _overrides():
    row = OverrideRow(
        model_version=1,
        scored_decision="decline",
        decision="accept",
        count=1_000,
        share=METRIC,
        expected_default_share=0.3,
        known_count=900,
        default_count=300,
        expected_default_count=290.0,
        default_share=METRIC,
    )
    return render_overrides([row])


TABLES = {
    "coverage": _coverage,
    "demo": lambda: render_demo([_demo_month()] * 2),
    "document": _document,
    "history": _history,
    "inventory": _inventory,
    "long demo": lambda: render_long_demo([_long_month()] * 2),
    "models": lambda: render_models(
        [ModelRow(1, "champion", "ab" * 32, "2026-01-01", "simulated", "ok", SAID, (SAID, SAID))]
    ),
    "overrides": _overrides,
    "quarantine": lambda: render_rule_counts({SAID: 1_000_000}, row_count=1_000_000),
    "settings": lambda: render_settings(
        [SettingLine("drift.score_threshold", SAID, f"file {WORD}"), SettingLine(WORD, 1, "x")]
    ),
    "tuning": lambda: render_recipe_comparisons(
        [
            RecipeComparison(
                "recipe in force and another",
                dict.fromkeys(("roc_auc", "average_precision", "brier", "log_loss", "ece"), 0.5),
                {"roc_auc": _gain(), "log_loss": _gain()},
            )
        ]
    ),
    "vintages": lambda: render_vintages(
        [
            VintageRow(
                MONTH, 1, 1_000_000, 0.9, "partial", VintageFigures(9, METRIC, 0.2, 0.1, METRIC)
            )
        ]
    ),
}


@pytest.fixture(params=TABLES)
def table(request):
    return TABLES[request.param]()


def show(table, *, width):
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [80, 60])
def test_no_line_is_wider_than_the_terminal_and_no_word_is_broken_or_lost(table, width):
    words = set(" ".join(show(table, width=1_000)).split())

    lines = show(table, width=width)

    assert max(len(line.rstrip()) for line in lines) <= width
    assert "…" not in "".join(lines)
    # the heading of a column of sentences is not needed where they stand below
    assert words - set(" ".join(lines).split()) <= HEADINGS


@pytest.mark.parametrize("name", ["history", "models", "settings"])
def test_sentence_stands_below_its_row_at_80_columns(name):
    lines = show(TABLES[name](), width=80)

    said = next(line for line in lines if "1,836" in line)
    assert said.startswith(("  1,836", "  • 1,836"))
    assert len(said.rstrip()) > 50  # the next word is a long one


def test_finding_is_below_its_owner_and_day():
    finding = Finding(
        finding_id="F-1",
        model_version=1,
        severity="high",
        title=SAID,
        owner="Ada Lovelace",
        due="2026-12-31",
        opened_at="2026-01-01",
        opened_by="Grace Hopper",
    )

    lines = show(render_findings([finding]), width=80)

    assert lines[2].startswith("  1,836 defaults")


def test_stack_keeps_each_path_whole():
    lines = [StackLine("mlflow", "http://127.0.0.1:5000", "3.17.2", 41, "/lake" * 30)]
    console = Console(width=60, force_terminal=False)
    with console.capture() as captured:
        console.print(render_stack(lines), crop=False, overflow="ignore")

    assert "/lake" * 30 in captured.get()
