"""Draw the picture at the head of the README: what the demo prints in a terminal, as `make docs` does.

The demo takes a minute, so what it found stands here. Its table and its sentences come from the code
that prints them; tests hold the picture to this file, and this file to what the demo prints.
"""  # noqa: INP001 - a script

import io
import re
from pathlib import Path
from typing import Final

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.text import Text

from credit_default.cli.demo import narration
from credit_default.gates.monitoring.monitoring_gates import DRIFT, PERFORMANCE
from credit_default.gates.verdict import Level, Verdict
from credit_default.views.summaries.summary import (
    DECLINED_SHARE,
    EXPECTED_DEFAULT_SHARE,
    Summary,
)
from credit_default.views.terminal.demo import DemoMonthResult, render_demo

PICTURE: Final = Path(__file__).parent / "pictures" / "demo.svg"
COMMAND: Final = "credit-default demo --open"
_WIDTH: Final = 80
# Rich's own, without the fonts that it fetches from the network.
_FORMAT: Final = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
# By the demo with the small models of `ci/odd_shell.py`: month, score drift, shares declined, expected and defaulted, ROC AUC.
_MONTHS: Final = (
    ("2005-12", 0.0029, 0.376, 0.215, 0.224, 0.7512),
    ("2006-01", 0.0015, 0.378, 0.213, 0.217, 0.7241),
    ("2006-02", 0.0031, 0.371, 0.211, 0.219, 0.7406),
    ("2006-03", 0.0047, 0.374, 0.210, 0.216, 0.7288),
    ("2006-04", 0.2847, 0.548, 0.315, 0.459, 0.7756),
    ("2006-05", 0.6569, 0.662, 0.380, 0.523, 0.7950),
)
_STEPS: Final = (
    (
        narration.TRAINING,
        (
            "training a random forest: version 1 promoted; first model: ROC AUC 0.7309 (95 %: 0.7044 to 0.7565), "
            "Brier score 0.1443, every floor met by 2,503 rows"
        ),
    ),
    (
        narration.SCORING,
        "scoring 2006-03: 4,000 rows; drift ok: no column moved; score drift 0.005 is below 0.100",
    ),
    (
        "",
        "scoring 2006-04: 4,000 rows; drift alarm: the score moved: psi 0.285, limit 0.100 (drift.score_threshold)",
    ),
    (narration.ALARM, ""),
    (narration.OUTCOMES, "outcomes arrive: 24,000 of them"),
    (narration.JUDGING, "judging performance by batch: ok, ok, ok, ok, alarm, alarm"),
    (
        narration.RETRAINING,
        (
            "retraining on what is known now: version 2, promoted; challenger wins: better beyond noise on log loss, "
            "Brier score and cost per 1,000 (out of fold, 3,170 rows)"
        ),
    ),
)


def draw_demo() -> str:
    """Return the picture as SVG; the same code gives the same text."""
    console = _open_console()
    console.print(Text.assemble(("$ ", "bold green"), (COMMAND, "bold")))
    _print_demo(console)
    return console.export_svg(title="credit-default", code_format=_FORMAT, unique_id="demo")


def list_printed_lines() -> list[str]:
    """Return the lines of the picture that the demo prints."""
    console = _open_console()
    _print_demo(console)
    return [line.rstrip() for line in console.export_text().splitlines()]


def _open_console() -> Console:
    return Console(
        record=True, width=_WIDTH, file=io.StringIO(), highlight=False, force_terminal=True
    )


def _print_demo(console: Console) -> None:
    for sentence, step in _STEPS:
        if sentence:
            console.print(Text(f"\n{sentence}", style="italic"))
        if step:
            console.print(Text.assemble(("✓", "green"), f" {step}"))
    console.print()
    console.print(render_demo([_describe_month(*month) for month in _MONTHS]))


def _describe_month(
    month: str, drift: float, declined: float, expected: float, defaulted: float, roc_auc: float
) -> DemoMonthResult:
    moved = drift > 0.1  # noqa: PLR2004 - the policy's limit
    level: Level = "alarm" if moved else "ok"
    performance = {"default_share": defaulted, "roc_auc": roc_auc}
    return DemoMonthResult(
        month,
        drifted=moved,
        scored=Summary(
            "predict",
            "scored",
            counts={"scored": 4_000},
            figures={DECLINED_SHARE: declined, EXPECTED_DEFAULT_SHARE: expected},
        ),
        monitored=Summary(
            "monitor", "", verdicts=(Verdict(DRIFT.name, level, ("",), {"score_drift": drift}),)
        ),
        judged=Summary(
            "monitor", "", verdicts=(Verdict(PERFORMANCE.name, level, ("",), performance),)
        ),
    )


if __name__ == "__main__":
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(draw_demo(), encoding="utf-8")
