"""Say at the end of a test run what its tests cost: CPU seconds by folder, and which tests are above what one may cost.

    python ci/slow_tests.py build/reports

Reads the JUnit files that the processes have left in the folder; tests/conftest.py notes in them the CPU seconds of each
test, those of its ended children and of fixtures that it is the first to ask for included, those of servers that serve
many tests left out. Warns and never fails: a figure
is only as good as the machine is quiet. The budget is stretched on a machine that counts more slowly than the one it was
set on.
"""

import re
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

BUDGET = 10.0  # CPU seconds
USUAL_CALIBRATION = 0.04  # CPU seconds that `calibrate` takes where the budget was set
MOST_NAMED = 20


@dataclass(frozen=True)
class Cost:
    """What one test took."""

    folder: str
    name: str
    cpu_seconds: float


def calibrate() -> float:
    """Return the CPU seconds of counting to a million, the best of five."""
    return min(_count() for _ in range(5))


def _count() -> float:
    began, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number * number % 7
    return time.process_time() - began


def read_costs(folder: Path) -> list[Cost]:
    """Return the cost of each test that says one, the dearest first."""
    costs = []
    for path in sorted(folder.glob("*.xml")):
        for case in ET.parse(path).iter("testcase"):  # noqa: S314 - our own pytest wrote it
            notes = [note for note in case.iter("property") if note.get("name") == "cpu_seconds"]
            parts = case.get("classname", "").split(".")
            file = f"{'/'.join(parts)}.py"
            name = re.sub(
                r"@[\w.-]+$", "", case.get("name", "")
            )  # of the group that shares a worker
            costs += [
                Cost(
                    "/".join(parts[:2]) if len(parts) > 2 else parts[0],  # noqa: PLR2004 - tests, folder, file
                    f"{file}::{name}",
                    float(note.get("value", "0")),
                )
                for note in notes
            ]
    return sorted(costs, key=lambda cost: -cost.cpu_seconds)


def render_costs(costs: list[Cost], *, stretch: float) -> str:
    """Return the table by folder and the tests above the budget; empty if no test says what it cost."""
    if not costs:
        return ""
    folders: Counter[str] = Counter()
    for cost in costs:
        folders[cost.folder] += cost.cpu_seconds
    shares = ", ".join(f"{folder} {seconds:.0f}" for folder, seconds in folders.most_common())
    lines = [f"{len(costs)} tests took {folders.total():.0f} CPU seconds: {shares}"]
    slow = [cost for cost in costs if cost.cpu_seconds > BUDGET * stretch]
    if slow:
        lines.append(
            f"warning: {len(slow)} took more than the {BUDGET * stretch:.0f} s that a test may cost here"
        )
        lines += [f"{cost.cpu_seconds:7.1f}  {cost.name}" for cost in slow[:MOST_NAMED]]
    if len(slow) > MOST_NAMED:
        lines.append(f"         and {len(slow) - MOST_NAMED} more")
    return "\n".join(lines)


def main() -> None:
    """Print what the reports in the folder say; nothing when none says what a test cost."""
    stretch = max(1.0, calibrate() / USUAL_CALIBRATION)
    text = render_costs(read_costs(Path(sys.argv[1])), stretch=stretch)
    if text:
        print(f"\n{text}")


if __name__ == "__main__":
    main()
