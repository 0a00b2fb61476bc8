"""Run the tests of the pure rooms on every supported Python that is installed.

    python ci/test_pythons.py [--versions 3.12 3.13] [PYTEST ARGUMENTS]

Each version gets an environment of its own with the locked packages, kept in build/ for the next time. The version that runs
this script is left out: `make test` runs on it. A version that is not installed is skipped, and named. One that the project
does not declare yet is tried too: what fails there is a finding, and fails nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSIONS = ("3.11", "3.12", "3.13")
CANDIDATES = ("3.14",)  # declared in pyproject.toml once the suite passes there
ROOMS = (
    "tests/data",
    "tests/model",
    "tests/gates",
    "tests/views",
    "tests/test_errors.py",
    "tests/test_settings.py",
)
ASK = "import sys; print(sys.executable, '%d.%d' % sys.version_info[:2])"


def find_python(version: str) -> str | None:
    """Return the interpreter of that version: a working one on the path, else pyenv's, else uv's own, else None."""
    candidates = [f"python{version}"]
    if pyenv := shutil.which("pyenv"):
        prefix = subprocess.run(
            [pyenv, "prefix", version], capture_output=True, text=True, check=False
        ).stdout.strip()
        candidates += [f"{prefix}/bin/python"] if prefix else []
    uv = Path(sys.executable).with_name("uv")
    if uv.exists():
        line = [str(uv), "python", "find", "--offline", "--managed-python", version]
        found_by_uv = subprocess.run(line, capture_output=True, text=True, check=False)
        candidates += found_by_uv.stdout.split("\n")[:1]
    for candidate in filter(shutil.which, candidates):
        asked = subprocess.run([candidate, "-c", ASK], capture_output=True, text=True, check=False)
        path, _, found = asked.stdout.strip().rpartition(" ")
        if asked.returncode == 0 and found == version:  # a shim may exist without its interpreter
            return path
    return None


def prepare(version: str, interpreter: str) -> Path:
    """Return the Python of an environment with the locked packages; built once, and again when the lock changes."""
    folder = ROOT / "build" / f"python-{version}"
    python, stamp, lock = folder / "bin/python", folder / ".installed", ROOT / "requirements.lock"
    if not stamp.exists() or stamp.stat().st_mtime < lock.stat().st_mtime:
        uv = str(Path(sys.executable).with_name("uv"))
        subprocess.run(
            [uv, "venv", "--quiet", "--clear", "--python", interpreter, folder], check=True
        )
        install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
        subprocess.run([*install, "-r", lock], check=True)
        stamp.touch()
    return python


def run_tests(python: Path, arguments: list[str]) -> int:
    """Run pytest on the pure rooms with the source of this checkout; return its exit code."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [python, "-m", "pytest", "-q", *(arguments or ROOMS)]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def try_version(version: str, interpreter: str, arguments: list[str]) -> str:
    """Return how the tests went on that version."""
    failing = "finding" if version in CANDIDATES else "FAILED"
    try:
        python = prepare(version, interpreter)
    except subprocess.CalledProcessError:
        return f"{failing}: the locked packages cannot be installed"
    failed = run_tests(python, arguments)
    return f"{failing}: pytest ended with {failed}" if failed else "passed"


def main() -> None:
    """Run the tests one version after the other, print the results, and fail if a test did."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--versions", nargs="+", default=(*VERSIONS, *CANDIDATES))
    known, arguments = parser.parse_known_args()
    answers = {}
    for version in known.versions:
        interpreter = find_python(version)
        if version == f"{sys.version_info[0]}.{sys.version_info[1]}":
            answers[version] = "skipped: the suite itself runs on it"
        elif interpreter is None:
            answers[version] = "skipped: not installed on this machine"
        else:
            print(f"\nPython {version}: {interpreter}", flush=True)
            answers[version] = try_version(version, interpreter, arguments)
    print("", *(f"Python {version}  {answer}" for version, answer in answers.items()), sep="\n")
    sys.exit(any(answer.startswith("FAILED") for answer in answers.values()))


if __name__ == "__main__":
    main()
