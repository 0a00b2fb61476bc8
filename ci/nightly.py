"""Run the long suites, whole or a part of them, and say of each part how long it took and how it ended.

    python ci/nightly.py                     every part
    python ci/nightly.py crashes races       these
    python ci/nightly.py races -- -x -s      with arguments of pytest's

A part writes its JUnit files (nightly-PART*.xml) and its line of build/reports/nightly.txt; lines of other parts stay. Every
test that is marked `nightly` is in one part, by its file: tests/ci/test_nightly.py says which one is in none.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ROOT / "build" / "reports"
AT_ONCE = 3  # files with servers of their own: they wait most of the time
NOTHING_COLLECTED = 5  # an exit code of pytest's
# the words by which tests/conftest.py knows the night, and gives properties more examples
NIGHT = "(nightly or not nightly)"


@dataclass(frozen=True)
class Part:
    """One part: what it is about, the minutes that it may take, its tests by path, commands beside them.

    `marks` is an expression of pytest's; the tests marked `nightly` where nothing else is said.
    """

    about: str
    minutes: int
    paths: tuple[str, ...] = ()
    commands: tuple[tuple[str, ...], ...] = ()
    marks: str = "nightly"


SEED = f"{dt.datetime.now(dt.UTC):%j}"  # other faults every day
PARTS = {
    "ordinary": Part(
        "what is run on every push, with more examples of each property, and Terraform",
        60,
        ("tests",),
        marks="not nightly",
    ),
    "crashes": Part(
        "deaths at every step, of commands, servers and workers",
        30,
        (
            "tests/adapters/dask",
            "tests/cli/operations",
            "tests/flows",
            "tests/services/scoring",
            "tests/services/test_crashes.py",
            "tests/test_kills.py",
            "tests/test_runbook.py",
            "tests/test_servers.py",
            "tests/test_shutdown.py",
        ),
    ),
    "files": Part(
        "files, models, paths and shells that nobody wishes for",
        20,
        (
            "tests/adapters/bundles",
            "tests/adapters/delta/test_plain_addresses.py",
            "tests/adapters/files",
            "tests/cli/test_moved_lakes.py",
            "tests/cli/test_odd_paths.py",
            "tests/cli/test_refused_at_once.py",
            "tests/cli/test_shell_variables.py",
            "tests/services/intake",
            "tests/test_own_package.py",
        ),
    ),
    "races": Part(
        "many runners at one table, and each fault at each request",
        20,
        (
            "tests/adapters/delta/test_table_faults.py",
            "tests/adapters/delta/test_table_races.py",
            "tests/adapters/storage",
            "tests/protocol",
            "tests/services/test_races.py",
            "tests/test_dropped_files.py",
        ),
    ),
    "mutations": Part(
        "faults planted in the code, and in what a lake holds",
        30,
        ("tests/verifier",),
        ((sys.executable, "ci/mutants.py", "--count", "100", "--seed", SEED, "--least", "0.85"),),
    ),
    "histories": Part("random histories of a lake, with faults", 30, ("tests/histories",)),
    "year": Part("twelve months of a lake, with faults", 30, ("tests/test_year.py",)),
    "pythons": Part(
        "the pure rooms on every Python",
        20,
        commands=((sys.executable, "ci/test_pythons.py"),),
    ),
    "newest": Part(
        "the newest releases of what our locks hold back",
        20,
        commands=((sys.executable, "ci/test_newest.py"),),
    ),
    "figures": Part(
        "how often gates, tests and intervals are right, and how good models are",
        40,
        (
            "tests/adapters/kernel",
            "tests/gates",
            "tests/model",
            "tests/services/simulation",
            "tests/services/training",
            "tests/services/tuning",
            "tests/test_interval_coverage.py",
            "tests/test_usual_path.py",
        ),
    ),
    "walks": Part(
        "whole walks of commands, flows and services, of which a push takes some",
        30,
        (
            "tests/cli/commands",
            "tests/cli/test_exit_codes.py",
            "tests/cli/test_main.py",
            "tests/services/assessment",
            "tests/services/champion",
            "tests/services/monitoring",
            "tests/test_another_portfolio.py",
            "tests/test_feature_functions.py",
            "tests/test_older_lakes.py",
            "tests/test_proxies.py",
        ),
    ),
    "stories": Part(
        "the documented walks, the demo, the pictures, the package and the delivery",
        30,
        (
            "tests/ci",
            "tests/cli/demo",
            "tests/room",
            "tests/test_documented_commands.py",
            "tests/test_how_to.py",
            "tests/test_three_minutes.py",
            "tests/test_tutorial.py",
            "tests/test_wheel.py",
        ),
    ),
}


@dataclass
class Run:
    """How a part went: its exit codes by what was run, and its seconds."""

    part: str
    codes: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def failed(self) -> list[str]:
        """What ended badly. A part whose tests are not there yet may have commands alone."""
        allowed = {0, NOTHING_COLLECTED} if PARTS[self.part].commands else {0}
        return [name for name, code in self.codes.items() if code not in allowed]


def run_part(name: str, apart: Sequence[str], arguments: Sequence[str]) -> Run:
    """Run everything of the part, whatever fails in it."""
    part, run, began = PARTS[name], Run(name), time.monotonic()
    for old in REPORTS.glob(f"nightly-{name}*.xml"):
        old.unlink()
    paths = [path for path in part.paths if (ROOT / path).exists()]
    own = [file for file in apart if is_within(file, paths)]
    if paths:
        run.codes["tests"] = run_tests(
            [*paths, *(f"--ignore={file}" for file in own)], f"nightly-{name}", part, arguments
        )
    if own:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            codes = pool.map(lambda file: run_apart(file, name, part, arguments), own)
        run.codes |= dict(zip(own, codes, strict=True))
    if own and run.codes["tests"] == NOTHING_COLLECTED:
        run.codes["tests"] = 0
    for command in part.commands:
        run.codes[command[1]] = subprocess.run(command, cwd=ROOT, check=False).returncode
    run.seconds = time.monotonic() - began
    return run


def run_apart(file: str, name: str, part: Part, arguments: Sequence[str]) -> int:
    """Run one file with servers of its own; 0 also where it has no test of this part."""
    report = f"nightly-{name}-{Path(file).stem}"
    code = run_tests([file, "-n0", "-q"], report, part, arguments)
    return 0 if code == NOTHING_COLLECTED else code


def run_tests(words: list[str], report: str, part: Part, arguments: Sequence[str]) -> int:
    """Run pytest on these, and return its exit code."""
    line = [sys.executable, "-m", "pytest", *words, "-m", f"{NIGHT} and {part.marks}"]
    line += [f"--junitxml={REPORTS / report}.xml", *arguments]
    return subprocess.run(line, cwd=ROOT, check=False).returncode


def is_within(file: str, paths: Sequence[str]) -> bool:
    """Return whether the file is one of the paths, or below one."""
    return any(Path(path) in (Path(file), *Path(file).parents) for path in paths)


def find_parts(file: str) -> list[str]:
    """Return the parts that have the nightly tests of a file."""
    return [
        name
        for name, part in PARTS.items()
        if part.marks == "nightly" and is_within(file, part.paths)
    ]


def count_tests(name: str) -> Iterator[str]:
    """Yield how many tests the part's reports have, and how many of them failed or were skipped."""
    suites = [
        suite
        for path in REPORTS.glob(f"nightly-{name}*.xml")
        for suite in ET.parse(path).iter("testsuite")  # noqa: S314 - our own pytest wrote it
    ]
    for key, word in (("tests", "tests"), ("failures", "failed"), ("errors", "errors")):
        if (count := sum(int(suite.get(key, "0")) for suite in suites)) or key == "tests":
            yield f"{count} {word}"
    if skipped := sum(int(suite.get("skipped", "0")) for suite in suites):
        yield f"{skipped} skipped"


def describe(run: Run) -> str:
    """Return the part's line."""
    part = PARTS[run.part]
    minutes, seconds = divmod(round(run.seconds), 60)
    result = f"FAILED: {', '.join(run.failed)}" if run.failed else "passed"
    counts = f" ({', '.join(count_tests(run.part))})" if part.paths else ""
    late = f", more than its {part.minutes} min" if run.seconds > part.minutes * 60 else ""
    findings = f"{run.part}.txt" if (REPORTS / f"{run.part}.txt").exists() else ""
    seen = f"; findings in build/reports/{findings}" if findings else ""
    return f"{run.part:10} {minutes:3} min {seconds:02} s  {result}{counts}{late}{seen}"


def write_line(line: str) -> None:
    """Put the part's line into build/reports/nightly.txt, in place of an earlier one of its own."""
    path = REPORTS / "nightly.txt"
    before = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    kept = [one for one in before if one.split()[:1] != line.split()[:1]]
    path.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")


def main() -> None:
    """Run the named parts, or all; print their lines, and fail where one did."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    words = sys.argv[1:]
    place = words.index("--") if "--" in words else len(words)
    given = parser.parse_args(words[:place])
    if unknown := [name for name in given.parts if name not in PARTS]:
        parser.error(f"no part is named {', '.join(unknown)}; there are {', '.join(PARTS)}")
    REPORTS.mkdir(parents=True, exist_ok=True)
    apart = os.environ.get("APART", "").split()
    runs = []
    for name in given.parts or PARTS:
        print(f"\n{name}: {PARTS[name].about}", flush=True)
        runs.append(run_part(name, apart, words[place + 1 :]))
        write_line(describe(runs[-1]))
    print("", *(describe(run) for run in runs), sep="\n")
    sys.exit(any(run.failed for run in runs))


if __name__ == "__main__":
    main()
