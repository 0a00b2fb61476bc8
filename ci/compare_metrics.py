"""Print what a change does to the model's figures: main's training run beside the proposed one, as Markdown.

    python ci/compare_metrics.py main.json proposed.json

Both files are what `credit-default train --json` printed, on the same data and seed. The workflow `model` posts the page as a
comment; it is written here, in a job without write permission, from figures and digests only.
"""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from credit_default.views.summaries.run_artifact import escape_markdown

MARK = "<!-- credit-default: model figures -->"  # by which the comment of an earlier push is found again
LOSSES = ("brier", "log_loss")  # where less is better


def compare(main: Mapping[str, Any], proposed: Mapping[str, Any]) -> str:
    """Return the page: a row for each figure that both runs have with an interval, then verdicts, digests and counts.

    A change inside main's interval may be noise. One outside of it is not, since both runs use the same rows.
    """
    lines = [MARK, "### Figures of the model, main and proposed", ""]
    if _names_simulated(main) != _names_simulated(proposed):
        lines += [
            "**Not comparable**: one run had the public data, the other simulated clients. Run it again.",
            "",
        ]
    elif _names_simulated(main):
        lines += ["On **simulated** clients: the public data could not be reached.", ""]
    figures = [
        name
        for name in main["figures"]
        if f"{name}, low" in main["figures"] and name in proposed["figures"]
    ]
    lines += ["| figure | main | proposed | change | |", "|---|---:|---:|---:|---|"]
    lines += [_write_row(name, main["figures"], proposed["figures"]) for name in figures]
    if not figures:
        lines += ["| none in both | | | | |"]
    return "\n".join([*lines, "", *_write_facts(main, proposed), ""])


def _names_simulated(run: Mapping[str, Any]) -> bool:
    return any("SIMULATED" in note for note in run.get("notes", ()))


def _write_row(name: str, main: Mapping[str, float], proposed: Mapping[str, float]) -> str:
    change = proposed[name] - main[name]
    if main[f"{name}, low"] <= proposed[name] <= main[f"{name}, high"]:
        word = "" if change == 0 else "within noise"
    else:
        word = "**better**" if (change < 0) == name.startswith(LOSSES) else "**worse**"
    return f"| {escape_markdown(name)} | {main[name]:.4f} | {proposed[name]:.4f} | {change:+.4f} | {word} |"


def _write_facts(main: Mapping[str, Any], proposed: Mapping[str, Any]) -> list[str]:
    same = main["paths"].get("digest") == proposed["paths"].get("digest")
    lines = [f"* digest: {'the same model, to the last bit' if same else 'another model'}"]
    for side, run in (("main", main), ("proposed", proposed)):
        verdicts = "; ".join(f"{verdict['gate']} {verdict['level']}" for verdict in run["verdicts"])
        counts = ", ".join(f"{count:,} {name}" for name, count in run["counts"].items())
        lines.append(
            f"* {side}: {escape_markdown(run['status'])} ({escape_markdown(verdicts)}); {escape_markdown(counts)}"
        )
    return lines


def main() -> None:
    """Read both files and print the page."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("main", type=Path)
    parser.add_argument("proposed", type=Path)
    arguments = parser.parse_args()
    print(
        compare(
            *(
                json.loads(path.read_text(encoding="utf-8"))
                for path in (arguments.main, arguments.proposed)
            )
        )
    )


if __name__ == "__main__":
    main()
