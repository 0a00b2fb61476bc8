"""The rules of this project that can be measured, each as a claim that a change can break."""

import ast
import json
import os
import re
import runpy
import subprocess
import sys
import tomllib
from collections import Counter
from itertools import chain
from pathlib import Path
from statistics import median

import pytest

import credit_default

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "credit_default"
ROOMS = ("adapters", "cli", "data", "flows", "gates", "model", "room", "services", "views")
MODULES = sorted(PACKAGE.rglob("*.py"))
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in MODULES}
TESTS = sorted((ROOT / "tests").rglob("*.py"))

# Written in halves, so that this file may stand in the repository that it searches.
FORBIDDEN = [
    "".join(halves)
    for halves in [
        ("pypi.", "org"),
        ("python", "hosted."),
        ("index-", "url"),
        ("registry.npm", "js"),
        ("find-", "links"),
        ("/wo", "rk/"),
        ("/ho", "me/"),
        ("/ro", "ot/"),
        ("/Us", "ers/"),
    ]
]
# The lock's own command names the option that keeps an index out of it.
ALLOWED_LINES = {"Makefile": ["--no-emit-index-" + "url"]}
RAW_NAME = re.compile(
    r"PAY_\d|(BILL|PAY)_AMT\d|LIMIT_BAL|X\d{1,2}|default[ .]payment[ .]next[ .]month", re.IGNORECASE
)

# Runs in an empty folder, in a process of its own: the outside libraries first, whose imports are not ours to judge,
# then every module of ours; it says what these left behind.
IMPORT_ALL = """
import json, logging, os, pkgutil, sys, threading, warnings

heard = []
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
def listen(event, args):
    if event.startswith(("socket.", "subprocess.", "os.putenv", "os.mkdir")):
        heard.append(event)
    if event == "open" and isinstance(args[2], int) and args[2] & WRITING and "__pycache__" not in str(args[0]):
        heard.append(f"open {args[0]}")

def look():
    loggers = {
        name: [logger.level, len(logger.handlers), logger.propagate, logger.disabled]
        for name, logger in logging.root.manager.loggerDict.items() if isinstance(logger, logging.Logger)
    }
    return {
        "environment": dict(os.environ),
        "loggers": {name: found for name, found in loggers.items() if found != [0, 0, True, False]},
        "root logger": [logging.root.level, len(logging.root.handlers)],
        "filters": [str(item) for item in warnings.filters],
        "folder": sorted(os.listdir()),
        "threads": sorted(thread.name for thread in threading.enumerate()),
    }

exec(OUTSIDE)
import credit_default
before = look()
sys.addaudithook(listen)
names = [module.name for module in pkgutil.walk_packages(credit_default.__path__, "credit_default.")]
for name in names:
    __import__(name)
after = look()
changed = {key: [value, after[key]] for key, value in before.items() if after[key] != value}
print(json.dumps({"names": names, "changed": changed, "heard": heard}))
"""


def functions(tree):
    return [
        node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def count_lines(node):
    return node.end_lineno - node.lineno + 1


def name_of(path):
    return path.relative_to(ROOT).as_posix()


def tracked_files():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("what is tracked is not known: run the tests in a `git clone`")
    return [
        ROOT / name
        for name in listed.stdout.decode().split("\0")
        if name and (ROOT / name).is_file()
    ]


def find_texts(tree):
    """Every text in the code that is not a docstring."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    ]


def test_no_module_is_longer_than_250_lines():
    long = {
        name_of(p): n
        for p in MODULES
        if (n := len(p.read_text(encoding="utf-8").splitlines())) > 250
    }

    assert long == {}


def test_no_function_is_longer_than_60_lines_and_nine_in_ten_stay_within_25():
    lengths = {
        f"{name_of(path)}: {f.name}": count_lines(f)
        for path, tree in TREES.items()
        for f in functions(tree)
    }

    assert {name: length for name, length in lengths.items() if length > 60} == {}
    assert sum(length <= 25 for length in lengths.values()) >= 0.9 * len(lengths)
    assert median(lengths.values()) <= 10


def test_no_folder_holds_more_than_18_modules():
    held = Counter(name_of(path.parent) for path in MODULES if path.name != "__init__.py")

    assert {folder: count for folder, count in held.items() if count > 18} == {}


def test_the_formatter_is_asked_to_look_away_at_most_ten_times():
    skips = [
        f"{name_of(path)}:{number}"
        for path in [*MODULES, *TESTS]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if "fmt: " + "skip" in line or "fmt: " + "off" in line
    ]

    assert len(skips) <= 10, skips


def test_no_docstring_begins_with_what_the_function_does_not_give():
    riddles = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
        and (ast.get_docstring(node) or "").startswith(("Nothing", "None;", "None,"))
    ]

    assert riddles == []


def test_rooms_are_those_of_the_plan():
    found = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

    assert found == list(ROOMS)


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*/**/__init__.py")), ids=name_of)
def test_a_package_holds_one_line_that_says_its_subject(path):
    assert len(TREES[path].body) == 1
    assert "\n" not in ast.get_docstring(TREES[path])


@pytest.mark.parametrize("path", [p for p in MODULES if p.name != "__init__.py"], ids=name_of)
def test_module_has_a_docstring_of_at_most_eight_lines(path):
    docstring = ast.get_docstring(TREES[path])

    assert docstring
    most = 11 if path.name == "errors.py" else 8  # which draws its tree, a line a class
    assert 1 <= len(docstring.splitlines()) <= most


def test_no_module_has_a_name_that_says_nothing():
    empty = {
        "utils",
        "util",
        "helpers",
        "helper",
        "common",
        "misc",
        "base",
        "manager",
        "handler",
        "processor",
        "types",
    }

    assert [name_of(path) for path in MODULES if empty & set(path.stem.split("_"))] == []


def test_everything_is_caught_only_to_clean_up_and_raise_again():
    silent = [
        f"{name_of(path)}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or {"Exception", "BaseException"} & set(re.findall(r"\w+", ast.unparse(node.type)))
        )
        and not isinstance(node.body[-1], ast.Raise)
    ]

    assert silent == []


def test_environment_is_read_in_settings_alone():
    words = {"environ", "environb", "getenv", "putenv", "unsetenv"}
    readers = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr in words)
        or (isinstance(node, ast.ImportFrom) and words & {alias.name for alias in node.names})
    }

    assert readers == {"settings.py"}


def test_raw_column_names_are_known_to_the_statements_module_only():
    knowing = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in TREES.items()
        for text in find_texts(tree)
        if RAW_NAME.fullmatch(text.strip()) or re.search(r"PAY_\d|BILL_AMT|PAY_AMT|LIMIT_BAL", text)
    }

    assert knowing == {"data/credit_card/statements.py"}


def test_probability_of_default_is_never_called_pd():
    named = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.arg) and node.arg == "pd")
        or (isinstance(node, ast.Name) and node.id == "pd" and isinstance(node.ctx, ast.Store))
        or (isinstance(node, ast.alias) and node.asname == "pd")
    }

    assert named == {
        "adapters/evidently/frames.py",
        "adapters/evidently/report_run.py",
    }  # where pd is pandas


def walk_where(path, *words):
    """The nodes of a file in which one of the words stands; none of another, as parsing takes long."""
    text = path.read_text(encoding="utf-8")
    return ast.walk(ast.parse(text)) if any(word in text for word in words) else ()


def test_tests_do_not_patch_our_own_modules():
    patching = []
    for path in TESTS:
        for node in walk_where(path, "mock", "monkeypatch.setattr"):
            if isinstance(node, (ast.Import, ast.ImportFrom)) and "mock" in ast.unparse(node):
                patching.append(f"{name_of(path)}:{node.lineno}")
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                "monkeypatch.setattr"
            ):
                target = ast.unparse(node.args[0])
                if "credit_default" in target:
                    patching.append(f"{name_of(path)}:{node.lineno}")

    assert patching == []


def test_no_tracked_file_names_a_registry_or_a_path_of_one_machine():
    found = []
    for path in tracked_files():
        allowed = ALLOWED_LINES.get(path.name, [])
        for number, line in enumerate(
            path.read_bytes().decode("utf-8", errors="replace").splitlines(), 1
        ):
            spared = line
            for words in allowed:
                spared = spared.replace(words, "")
            found += [f"{name_of(path)}:{number} {word}" for word in FORBIDDEN if word in spared]

    assert found == []


def test_no_tracked_file_is_binary_but_the_simulators_figures():
    binary = [name_of(path) for path in tracked_files() if b"\0" in path.read_bytes()]

    assert binary == ["src/credit_default/data/simulation/parameters.npz"]


def test_readme_fits_on_a_page_and_a_half():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_links_between_the_documents_lead_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{name_of(page)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert len(pages) > 5
    assert broken == []


def test_drawing_of_the_chapters_is_that_of_the_code():
    written = runpy.run_path(str(ROOT / "docs" / "draw_chapters.py"))["build_page"]()

    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert page == written, "`make docs` draws it again"
    for folder in PACKAGE.glob("*/*/__init__.py"):
        assert f"\n  {folder.parent.name} " in page


def test_paths_that_the_documents_name_are_there():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "infra" / "README.md"]
    named = {
        (name_of(page), path)
        for page in pages
        for path in re.findall(
            r"`([\w./-]+/[\w.-]+\.(?:py|toml|md|sh|yaml|npz))`", page.read_text("utf-8")
        )
    }
    made = {"config/aws.toml", "config/tuned-forest.toml"}  # by a command that the page names
    taken_out = {"adapters/files/key_spill.py"}  # as ADR 19 says

    missing = [
        f"{page}: {path}"
        for page, path in sorted(named)
        if path not in made | taken_out
        and not ((ROOT / path).exists() or (PACKAGE / path).exists())
    ]
    assert len(named) > 15
    assert missing == []


def test_every_name_that_a_module_exports_is_there():
    import importlib

    for path, tree in TREES.items():
        exported = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        ]
        module = path.relative_to(PACKAGE.parent).with_suffix("").as_posix().replace("/", ".")
        assert all(
            hasattr(importlib.import_module(module), name) for name in chain.from_iterable(exported)
        )


def find_tested(path):
    """The modules that a test file may be named for: its own name, or the beginning of it, in the mirrored folder."""
    words = path.stem.removeprefix("test_").split("_")
    folder = PACKAGE / path.parent.relative_to(ROOT / "tests")
    names = ["_".join(words[:count]) for count in range(len(words), 0, -1)]
    return [folder / f"{name}.py" for name in names if (folder / f"{name}.py").is_file()]


def test_tests_mirror_the_package_all_the_way_down():
    strays = {
        name_of(path)
        for path in TESTS
        if path.name.startswith("test_")
        and path.relative_to(ROOT / "tests").parts[0] in ROOMS
        and not find_tested(path)
    }

    through_all = {  # commands, or acts
        "tests/cli/test_cold_starts.py",
        "tests/cli/test_exit_codes.py",
        "tests/cli/test_lake_troubles.py",
        "tests/cli/test_refused_at_once.py",
        "tests/cli/test_odd_paths.py",
        "tests/cli/test_shell_variables.py",
        "tests/cli/test_moved_lakes.py",
        "tests/cli/test_wrong_input.py",
        "tests/gates/test_messages_name_settings.py",
        "tests/services/test_crashes.py",
        "tests/services/test_races.py",
    }
    assert strays == through_all


def test_imports_point_down_only(tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT)
    from importlinter.application.use_cases import lint_imports
    from importlinter.configuration import configure

    configure()

    assert lint_imports(
        config_filename=str(ROOT / "pyproject.toml"), cache_dir=str(tmp_path), no_logo=True
    )


def test_no_contract_has_more_than_ten_layers():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = project["tool"]["importlinter"]["contracts"]
    layered = [contract for contract in contracts if contract["type"] == "layers"]

    assert all(contract["exhaustive"] and len(contract["layers"]) <= 10 for contract in layered)
    assert {name for contract in layered for name in contract["containers"]} == {
        "credit_default",
        *(f"credit_default.{room}" for room in ROOMS),
    }


def test_version_is_the_projects():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert credit_default.__version__ == project["version"]


def list_outside_imports():
    """The import statements of other people's libraries that stand at the head of our modules."""
    statements = {
        ast.unparse(node)
        for tree in TREES.values()
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and "credit_default" not in ast.unparse(node)
    }
    return sorted(statements)


def test_importing_every_module_changes_nothing_and_opens_nothing(tmp_path):
    script = IMPORT_ALL.replace("OUTSIDE", repr("\n".join(list_outside_imports())))

    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},  # what Python writes is not ours
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )

    assert ended.returncode == 0, ended.stderr
    imported = json.loads(ended.stdout.splitlines()[-1])
    assert len(imported["names"]) == len(MODULES) - 1
    assert imported["changed"] == {}
    assert imported["heard"] == []
    assert list(tmp_path.iterdir()) == []


def test_every_skip_says_how_to_have_the_test_run():
    silent = [
        f"{name_of(path)}:{node.lineno}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for node in walk_where(path, "skip")
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"pytest.skip", "pytest.mark.skipif", "pytest.importorskip"}
        and (reason := read_reason(node))
        and ": " not in reason
    ]

    assert (
        silent == []
    )  # "what is missing: what to do", which ci/skipped_tests.py prints at the end


def read_reason(call):
    """The words of a skip's reason; empty where it is a name of one."""
    named = [keyword.value for keyword in call.keywords if keyword.arg == "reason"]
    texts = [ast.walk(part) for part in named or call.args]
    constants = [part.value for text in texts for part in text if isinstance(part, ast.Constant)]
    return "".join(part for part in constants if isinstance(part, str))
