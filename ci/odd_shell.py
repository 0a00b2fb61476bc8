"""Run the demo and the tests in a clone of HEAD as an odd shell would: a path, a proxy, a locale, a zone and a home to match.

    python ci/odd_shell.py            set up by itself, the demo, every test: as long as `make test`
    python ci/odd_shell.py --short    with the packages of this checkout, a small demo on simulated data, what it does not do

The clone is below a folder "My Projects/ä #1"; HTTP goes through a proxy that is not there, the locale may not be installed,
and the home folder is empty and cannot be written to. Set up before, because packages come over the network.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The environment is older than a clone's locks, but was made from the same.
LOCKS = ("requirements.lock", "pyproject.toml")
LEFT_OUT = {"all_proxy", "http_proxy", "https_proxy", "no_proxy", "lang", "language", "pythonpath"}
# The package is the clone's own: an environment of another making may name another checkout.
IS_OWN = """
import os, sys, credit_default as package
if not package.__file__.startswith(os.getcwd()):
    sys.exit(f"the package comes from {package.__file__}: remove .venv here, then run `make setup`")
"""
# What the demo does not do: ask S3, send messages, download, call make in a clone, print pages.
SHORT_TESTS = (
    "tests/adapters/delta/test_commits.py",
    "tests/adapters/evidently/test_workspace.py",
    "tests/adapters/lake/test_inbox.py",
    "tests/adapters/messaging",
    "tests/adapters/mlflow/test_tracking.py",
    "tests/adapters/public_data/test_dataset_download.py",
    "tests/ci/test_replays.py::test_step_works_in_a_clean_clone",
    "tests/flows/server",
    "tests/views/documents",
)
# A demo whose models are small: every step is taken, none takes long.
SHORT_SETTINGS = {
    "CREDIT_DEFAULT_ECONOMICS__RESAMPLE_COUNT": "50",
    "CREDIT_DEFAULT_FAIRNESS__RESAMPLE_COUNT": "50",
    "CREDIT_DEFAULT_PROXIES__TREE_COUNT": "5",
    "CREDIT_DEFAULT_RECIPE__COLUMN_SHARE": "0.2",
    "CREDIT_DEFAULT_RECIPE__LEAF_ROW_COUNT": "40",
    "CREDIT_DEFAULT_RECIPE__MAXIMUM_DEPTH": "6",
    "CREDIT_DEFAULT_RECIPE__TREE_COUNT": "10",
    "CREDIT_DEFAULT_REPORT": "drift",
    "CREDIT_DEFAULT_STABILITY__REFIT_COUNT": "0",
}


def clone_checkout(folder: Path) -> Path:
    """Return a clone of HEAD below the folder, under a path that make, shells and addresses stumble over."""
    clone = folder / "My Projects" / "ä #1" / "credit-default"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True)
    return clone


def borrow_packages(clone: Path) -> None:
    """Let the clone use this checkout's environment, under its own path."""
    (clone / ".venv").symlink_to(ROOT / ".venv")
    for name in LOCKS:
        os.utime(clone / name, (0, 0))


def build_environment(inherited: Mapping[str, str], *, home: Path) -> dict[str, str]:
    """Return the variables of the odd shell: nothing exempts this machine from the proxy."""
    kept = {name: value for name, value in inherited.items() if name.lower() not in LEFT_OUT}
    return kept | {
        "HOME": str(home),
        "LC_ALL": "de_DE.UTF-8",
        "TZ": "Asia/Kathmandu",
        "http_proxy": "http://127.0.0.1:9",
    }


def build_prefix(home: Path) -> Sequence[str]:
    """Return the words before each command that keep root, too, from writing to the home folder, where that can be done."""
    protect = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && shift && exec "$@"'
    prefix = ("unshare", "--mount", "sh", "-c", protect, "sh", str(home))
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return ()
    tried = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return () if tried.returncode else prefix


def run_commands(
    commands: Sequence[Sequence[str]], *, clone: Path, environment: Mapping[str, str], home: Path
) -> int:
    """Return the first exit code that is not 0, after printing how long each command took."""
    prefix = build_prefix(home)
    for command in commands:
        began = time.monotonic()
        print(f"\n-- in {clone}: {' '.join(' '.join(command).split())[:100]}", flush=True)
        code = subprocess.run(
            [*prefix, *command], cwd=clone, env=environment, check=False
        ).returncode
        print(f"-- {time.monotonic() - began:.0f} s, exit code {code}", flush=True)
        if code:
            return code
    return 0


def main() -> None:
    """Run the commands in the odd shell; exit as the first that fails, or with 1 if something was written to the home."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--short", action="store_true", help="some tests, borrowed packages")
    short = parser.parse_args().short
    with tempfile.TemporaryDirectory(prefix="credit-default-odd-") as folder:
        clone = clone_checkout(Path(folder))
        home = Path(folder, "home")
        home.mkdir(mode=0o500)
        if short:
            borrow_packages(clone)
        else:
            subprocess.run(["make", "setup"], cwd=clone, check=True)
        demo = ["make", "demo", f"ARGS={'--data simulated ' if short else ''}--quiet"]
        test = ["make", "test", f"ARGS=-q {' '.join(SHORT_TESTS)}"] if short else ["make", "test"]
        own = [".venv/bin/python", "-c", IS_OWN]
        code = run_commands(
            [own, demo, test],
            clone=clone,
            environment=build_environment(os.environ, home=home)
            | (SHORT_SETTINGS if short else {}),
            home=home,
        )
        written = sorted(path.name for path in home.iterdir())
    if written:
        print(f"written to the home folder: {', '.join(written)}")
    sys.exit(code or bool(written))


if __name__ == "__main__":
    main()
