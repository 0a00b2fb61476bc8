"""The verifier shares nothing with the system that it checks: neither its code nor its libraries."""

import ast
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "verifier").rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
ALLOWED = {"numpy", "pyarrow", "verifier", "cryptography", *sys.stdlib_module_names}
# Every package that is installed here is hidden but the two, in a process of its own.
ALONE = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in REFUSED:
            raise ImportError(f"{name} is refused")
sys.meta_path.insert(0, Refuse())
from verifier.command import run
sys.exit(run(sys.argv[1:]))
"""


def list_imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def test_it_names_no_library_but_numpy_and_pyarrow():
    found = {
        name.partition(".")[0] for tree in TREES.values() for name in list_imports(tree)
    } - ALLOWED

    assert found == set()


def test_only_the_signature_may_use_cryptography():
    homes = {
        path.name
        for path, tree in TREES.items()
        if any(name.startswith("cryptography") for name in list_imports(tree))
    }

    assert homes == {"signing.py"}


def test_nothing_of_the_system_imports_it():
    named = re.compile(r"^\s*(from|import) verifier\b", re.MULTILINE)

    assert [p for p in (ROOT / "src").rglob("*.py") if named.search(p.read_text())] == []


def test_it_runs_where_every_other_package_is_refused(verified_lake):
    refused = {"credit_default", *packages_distributions()} - {"numpy", "pyarrow", "verifier"}
    script = f"REFUSED = {refused!r}\n{ALONE}"
    done = subprocess.run(
        [sys.executable, "-c", script, str(verified_lake)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "\n0 faults" in done.stdout


def test_its_modules_keep_the_limits_of_the_house():
    assert {
        path.name: n for path in MODULES if (n := len(path.read_text().splitlines())) > 250
    } == {}
    lengths = [
        node.end_lineno - node.lineno + 1
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
    ]
    assert max(lengths) <= 60
    assert sum(length <= 25 for length in lengths) >= 0.9 * len(lengths)
    folders = {path.parent for path in MODULES}
    assert all(len(list(folder.glob("*.py"))) <= 18 for folder in folders)
