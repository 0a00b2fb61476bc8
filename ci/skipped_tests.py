"""Say at the end of a test run, once for all its processes, which tests were skipped and how to have them run.

    python ci/skipped_tests.py build/reports

Reads the JUnit files that the processes have left in the folder. A skip's reason reads "what is missing: what to do".
"""

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

MOST_NAMED = 3


def read_skips(folder: Path) -> Counter[str]:
    """Return how many tests were skipped for each reason."""
    skips = [
        skip
        for path in sorted(folder.glob("*.xml"))
        for skip in ET.parse(path).iter("skipped")  # noqa: S314 - our own pytest wrote it
    ]
    return Counter(skip.get("message", "") for skip in skips if skip.get("type") == "pytest.skip")


def render_skips(skips: Counter[str]) -> str:
    """Return one paragraph for each thing to do, the one that brings back most tests first; empty if none was skipped."""
    causes: dict[str, Counter[str]] = {}
    for reason, count in skips.items():
        what, _, remedy = reason.partition(": ")
        causes.setdefault(remedy, Counter())[what] += count
    if not causes:
        return ""
    lines = [f"{skips.total()} tests were skipped"]
    for remedy, whats in sorted(causes.items(), key=lambda cause: -cause[1].total()):
        named = [what for what, _ in whats.most_common(MOST_NAMED)]
        others = f" and {len(whats) - MOST_NAMED} more" if len(whats) > MOST_NAMED else ""
        lines += [f"{whats.total():5}  {', '.join(named)}{others}", f"       {remedy}"]
    return "\n".join(lines)


def main() -> None:
    """Print what the reports in the folder say; nothing when no test was skipped."""
    text = render_skips(read_skips(Path(sys.argv[1])))
    if text:
        print(f"\n{text}")


if __name__ == "__main__":
    main()
