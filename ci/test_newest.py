"""Try the newest releases of what our locks hold back, each in an environment of its own, and say what broke.

    python ci/test_newest.py [PROBE ...]

What breaks here breaks nobody: it is a finding, printed and written to build/reports/newest.txt with the versions and the
first errors, and the exit code is 0. A pin that is there for a reason says when its reason is gone. Each environment is kept
in build/ for the next time, and made anew when a newer release is there.
"""

import argparse
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REPORT = ROOT / "build" / "reports" / "newest.txt"
MOST_SECONDS = 900  # of one probe's tests
MOST_NAMED = 8
# what must not hold here
LOCKED_ONES = "tests/test_servers.py::test_installed_versions_are_the_locked_ones"


@dataclass(frozen=True)
class Probe:
    """Packages that are let loose together, the tests that say most of them, and what holds them back today."""

    packages: tuple[str, ...]
    tests: tuple[str, ...]
    pinned_because: str = ""


PROBES = {
    "together": Probe(
        ("prefect", "mlflow", "evidently", "scikit-learn"),
        (
            "tests/adapters/evidently",
            "tests/adapters/mlflow",
            "tests/adapters/bundles",
            "tests/model/estimator",
            "tests/model/families",
            "tests/flows/test_train.py",
            "tests/flows/test_predict.py",
            "tests/flows/test_monitor.py",
            "tests/test_servers.py",
        ),
        "scikit-learn < 1.10: trees are read by structure",
    ),
    "pandas": Probe(
        ("pandas", "evidently"),
        ("tests/adapters/evidently", "tests/adapters/mlflow"),
        "pandas < 3.1: evidently does not import on it",
    ),
    "fastapi": Probe(
        ("fastapi", "prefect"),
        ("tests/test_servers.py",),
        "fastapi < 0.151: prefect's server answers its own client with 422",
    ),
    "sqlalchemy": Probe(
        ("sqlalchemy", "prefect", "mlflow"),
        ("tests/adapters/mlflow", "tests/flows/deployments/test_runner.py"),
        "sqlalchemy < 2.1: the scheduler of prefect's server creates no run",
    ),
}
EXTRAS = {"mlflow": "mlflow[auth]"}


def compile_lock(probe: Probe, folder: Path) -> str:
    """Write a lock in which the probe's packages have no upper bound; return why there is none, or ""."""
    override = folder / "overrides.txt"
    override.write_text("".join(f"{EXTRAS.get(one, one)}\n" for one in probe.packages))
    line = [find_uv(), "pip", "compile", "--quiet", "pyproject.toml", "--extra", "dev"]
    # all else stays as it is locked, where it can
    line += ["--override", str(override), "--output-file", str(folder / "lock.txt")]
    held = [
        one
        for one in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
        if re.match(r"[a-z0-9]", one) and read_name(one) not in probe.packages
    ]
    (folder / "lock.txt").write_text("\n".join(one.split(" \\")[0] for one in held) + "\n")
    for package in probe.packages:
        line += ["--upgrade-package", package]
    ended = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False)
    return "" if ended.returncode == 0 else f"no set of releases fits: {last_line(ended.stderr)}"


def install(folder: Path) -> str:
    """Make the environment of the lock; return why it could not be made, or ""."""
    python, stamp = folder / "venv" / "bin" / "python", folder / ".installed"
    lock = (folder / "lock.txt").read_text(encoding="utf-8")
    if stamp.exists() and stamp.read_text(encoding="utf-8") == lock:
        return ""
    made = [find_uv(), "venv", "--quiet", "--clear", "--python", sys.executable]
    subprocess.run([*made, str(folder / "venv")], check=True)
    line = [find_uv(), "pip", "install", "--quiet", "--python", str(python)]
    own = ["--no-deps", "--no-build-isolation", "--editable", "."]
    # what the packages themselves forbid is tried all the same
    for words in (["--no-deps", "--requirement", str(folder / "lock.txt")], own):
        ended = subprocess.run(
            [*line, *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            return f"it cannot be installed: {last_line(ended.stderr)}"
    stamp.write_text(lock, encoding="utf-8")
    return ""


def run_probe(name: str, probe: Probe) -> list[str]:
    """Return the finding on the probe, its first line a summary."""
    folder = ROOT / "build" / "newest" / name
    folder.mkdir(parents=True, exist_ok=True)
    if obstacle := compile_lock(probe, folder) or install(folder):
        return [f"{name}: {obstacle}", *describe_pin(probe, passed=False)]
    versions = read_versions(folder / "lock.txt", probe.packages)
    line = [str(folder / "venv" / "bin" / "python"), "-m", "pytest", "-q", "-rfE", "-p"]
    line += ["no:cacheprovider", *probe.tests, "--deselect", LOCKED_ONES]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "240"}
    try:
        ended = subprocess.run(
            line,
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=MOST_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return [
            f"{name}: {versions}: its tests were not done after {MOST_SECONDS // 60} minutes",
            *describe_pin(probe, passed=False),
        ]
    broken = find_broken(ended.stdout)
    said = last_line(ended.stdout) or last_line(ended.stderr)
    passed = ended.returncode == 0
    return [
        f"{name}: {versions}: {'nothing broke' if passed else 'BROKE'}: {said}",
        *(f"    {one}" for one in broken[:MOST_NAMED]),
        *([f"    and {len(broken) - MOST_NAMED} more"] if broken[MOST_NAMED:] else []),
        *describe_pin(probe, passed=passed),
    ]


def find_broken(printed: str) -> list[str]:
    """Return the lines of pytest's summary about what failed, each with its error."""
    return [one for one in printed.splitlines() if one.startswith(("FAILED ", "ERROR "))]


def describe_pin(probe: Probe, *, passed: bool) -> list[str]:
    """Return what becomes of the pin."""
    if not probe.pinned_because:
        return []
    verdict = "it can be lifted once the whole suite passes" if passed else "it stays"
    return [f"    pin: {probe.pinned_because}; {verdict}"]


def read_versions(lock: Path, packages: tuple[str, ...]) -> str:
    """Return the packages with their versions, as locked."""
    found = dict(
        re.findall(
            r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE
        )
    )
    return ", ".join(f"{name} {found.get(name, 'not there')}" for name in packages)


def read_name(line: str) -> str:
    """Return the package that a line of a lock is about."""
    return re.split(r"[\[=<>! ]", line, maxsplit=1)[0]


def last_line(text: str) -> str:
    """Return the last line with something in it."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else ""


def find_uv() -> str:
    """Return uv as the environment has it."""
    return str(Path(sys.executable).with_name("uv"))


def main() -> None:
    """Run the probes, and print and write what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("probes", nargs="*", choices=[[], *PROBES], metavar="PROBE")
    given = parser.parse_args()
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    lines = []
    for name in given.probes or PROBES:
        found = run_probe(name, PROBES[name])
        print(*found, sep="\n", flush=True)
        lines += found
    REPORT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
