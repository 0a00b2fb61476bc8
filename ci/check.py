"""Check workflows, image and supply chain, and print a table: what was proved, what had to be skipped and why.

    python ci/check.py            every claim of tests/ci; steps of minutes in a shortened form
    python ci/check.py --short    without those that take longer than a few seconds
    python ci/check.py --long     also the image's RUN lines and the other steps of minutes

`make ci-check` installs the tools first. A test that skips because a tool is missing is a failure here: `make test` runs
without the tools, and this command is where they are used.
"""

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TESTS = ("tests/ci", "tests/views/exports/test_model_sbom.py")
NO_TOOL = "make ci-tools"  # in the reason of a test that needs a tool
FORMS = {
    "short": ["-m", "not nightly"],
    "ordinary": ["-m", "nightly or not nightly", "-k", "not in_full"],
    "long": ["-m", "nightly or not nightly"],
}


@dataclass
class Table:
    """The result of each claim, collected from pytest's reports and grouped by test file."""

    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)
    skipped: dict[str, str] = field(
        default_factory=dict
    )  # one example of what was skipped, by reason

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Add one report."""
        claim = read_claim(report.nodeid)
        if report.failed:
            self.failed[claim] += 1
        elif report.skipped:
            reason = (
                report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            )
            self.skipped.setdefault(reason.removeprefix("Skipped: "), claim[1])
        elif report.when == "call":
            self.passed[claim] += 1

    def list_missing_tools(self) -> list[str]:
        """Return the reasons that name a tool which `make ci-tools` should have installed."""
        return sorted(reason for reason in self.skipped if NO_TOOL in reason)

    def write(self) -> str:
        """Return the table as text."""
        lines = []
        for title, claims in (("proved", self.passed), ("FAILED", self.failed)):
            for subject in sorted({subject for subject, _ in claims}):
                lines += ["", f"{title}: {subject}"]
                lines += [
                    f"  {claim[:104]:<104} {n:>4}"
                    for (found, claim), n in sorted(claims.items())
                    if found == subject
                ]
        return "\n".join(
            [*lines, "", "skipped, because", *(f"  {reason}" for reason in sorted(self.skipped))]
        )


def read_claim(nodeid: str) -> tuple[str, str]:
    """Return the subject, from the file's name, and the claim, from the test's name or its workflow step."""
    path, _, name = nodeid.partition("::")
    claim, _, parameter = name.removeprefix("test_").partition("[")
    claim = claim.replace("_", " ")
    if claim.endswith("clean clone") and parameter:
        claim = f"`{parameter.removesuffix(']')}` works in a clean clone"
    return Path(path).stem.removeprefix("test_").replace("_", " "), claim


def main() -> None:
    """Run the tests, print the table, and fail when a claim failed or a tool was missing."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--short", dest="form", action="store_const", const="short", default="ordinary"
    )
    parser.add_argument("--long", dest="form", action="store_const", const="long")
    form = parser.parse_args().form
    table, began = Table(), time.monotonic()
    code = pytest.main(
        ["-q", "--no-header", "-rN", *FORMS[form], *(str(ROOT / name) for name in TESTS)],
        plugins=[table],
    )
    print(table.write())
    for reason in table.list_missing_tools():
        print(f"MISSING  {reason}")
    proved = sum(table.passed.values())
    print(
        f"\n{proved} proved, {sum(table.failed.values())} failed, in {time.monotonic() - began:.0f} s ({form} form)"
    )
    sys.exit(bool(code) or bool(table.list_missing_tools()) or not proved)


if __name__ == "__main__":
    main()
