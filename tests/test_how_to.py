"""Every page of docs/how-to, carried out as its reader would do it: the edits and the commands, in a copy of the checkout.

A page's fences say what to do with them: `sh` is run, in one shell a page; `text` is what the commands before it print, where
`…` stands for anything; `python`, `toml` and `diff` with a title change the file of that name.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.fakes.quick_training import name_as_variables
from tests.fakes.warm_door import open_warm_door

ROOT = Path(__file__).resolve().parents[1]
PAGES = ROOT / "docs" / "how-to"
INDEX = PAGES / "README.md"
TASKS = (
    "add-a-cli-command",
    "add-a-feature",
    "add-a-gate-rule",
    "add-a-metric",
    "add-a-monitor",
    "add-an-adapter",
    "bring-your-own-file",
    "debug-a-failed-run",
    "read-another-file-format",
    "roll-back",
    "upgrade-mlflow-prefect-evidently",
)
NEED_A_LAKE = {"roll-back"}  # with two champions, one after the other
TRAIN = {"bring-your-own-file"}  # with few trees and resamples
FEW_TREES = {"CREDIT_DEFAULT_RECIPE__TREE_COUNT": "40"}
# These change no code, so that their commands need not be imported again: they run on the session's Prefect server in
# processes that are forked from one. In the long form each is a process of its own, with all trees and resamples.
WARM = {"bring-your-own-file", "debug-a-failed-run", "roll-back"}
# one that changes code, one that adds a command, one for the person on duty; `make nightly` carries all of them out
ALWAYS = {"add-a-cli-command", "add-a-feature", "roll-back"}
FENCE = re.compile(
    r'^```(\w+)(?: title="([^"]+)")?( append)?\n(.*?)^```$', re.MULTILINE | re.DOTALL
)
COPIED = ("src", "tests", "config", "docs", "ci", "infra")
PATH = (str(Path(sys.executable).parent), os.environ["PATH"])
LINT = ("ruff check", "ruff format --check")
MOST_FILES = 3
MOST_LINES = 80


@dataclass(frozen=True)
class Block:
    """One fence of a page."""

    kind: str
    title: str  # the file that it changes; "" for commands and what they print
    appends: bool
    text: str

    @property
    def is_command(self) -> bool:
        return self.kind == "sh"


def read_page(task: str) -> str:
    return (PAGES / f"{task}.md").read_text(encoding="utf-8")


def read_blocks(task: str) -> list[Block]:
    return [
        Block(kind, title, bool(appends), text)
        for kind, title, appends, text in FENCE.findall(read_page(task))
    ]


def list_changed_files(task: str) -> list[str]:
    """The files of the checkout that a page changes; its tests and files of the reader's own are left out."""
    titles = dict.fromkeys(block.title for block in read_blocks(task))
    return [title for title in titles if "/" in title and not title.startswith("tests/")]


def apply_hunk(content: str, hunk: str) -> str:
    """The content after a hunk: lines that begin with a space stand before and after, - only before, + only after."""
    lines = hunk.splitlines()
    assert all(line[:1] in {" ", "-", "+", ""} for line in lines), hunk
    before = "\n".join(line[1:] for line in lines if not line.startswith("+"))
    after = "\n".join(line[1:] for line in lines if not line.startswith("-"))
    assert content.count(f"{before}\n") == 1, f"found {content.count(before)} times:\n{before}"
    return content.replace(f"{before}\n", f"{after}\n")


def apply_block(block: Block, folder: Path) -> None:
    path = folder / block.title
    if block.kind == "diff":
        content = path.read_text(encoding="utf-8")
        for hunk in re.split(r"^@@\n", block.text, flags=re.MULTILINE):
            content = apply_hunk(content, hunk)
    elif block.appends:
        content = f"{path.read_text(encoding='utf-8')}\n\n{block.text}"
    else:
        assert not path.exists(), f"{block.title} is there already"
        content = block.text
    path.write_text(content, encoding="utf-8")


class Shell:
    """One bash that stops at the first command that fails, and gives what each block of commands prints."""

    _END = "end of these commands"

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTEST_", "COV_", "CREDIT_DEFAULT_"))
        }
        self._process = subprocess.Popen(
            ["bash", "-euo", "pipefail"],
            cwd=folder,
            env={
                **inherited,
                "PATH": os.pathsep.join(PATH),
                "PYTHONPATH": str(folder / "src"),
                "PYTHONDONTWRITEBYTECODE": "1",
                "COLUMNS": "200",
                **variables,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, commands: str) -> str:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{{\n{commands}\n}} < /dev/null\necho '{self._END}'\n")
        stdin.flush()
        printed: list[str] = []
        for line in stdout:
            if line == f"{self._END}\n":
                return "".join(printed)
            printed.append(line)
        raise AssertionError(f"{commands}\nended with {self._process.wait()}:\n{''.join(printed)}")

    def close(self) -> None:
        self._process.communicate()


def check_printed(expected: str, printed: str) -> None:
    """Every expected line is in one that is printed, in their order; spaces count as one, and … stands for anything."""
    rest = iter([" ".join(line.split()) for line in printed.splitlines()])
    for line in filter(None, map(str.strip, expected.splitlines())):
        wanted = ".*".join(re.escape(" ".join(part.split())) for part in line.split("…"))
        assert any(re.search(wanted, found) for found in rest), f"{line!r} is not in:\n{printed}"


@pytest.fixture
def checkout(tmp_path) -> Path:
    folder = tmp_path / "credit-default"
    for name in COPIED:
        # what was compiled of the package holds for each file that stays as it is: a command starts seconds sooner
        compiled = () if name == "src" else ("__pycache__",)
        ignored = shutil.ignore_patterns(".terraform*", *compiled)
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for path in ROOT.iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    (folder / ".venv").symlink_to(Path(sys.executable).parents[1])
    return folder


@pytest.fixture(scope="session")
def two_champions(lake_with_champion, tmp_path_factory) -> Path:
    """A lake whose second version took over from the first, of which it is a copy: a training takes seconds."""
    from typer.testing import CliRunner

    from credit_default.adapters.mlflow.logged_model import create_version
    from credit_default.adapters.mlflow.tracking import Tracking
    from credit_default.cli.main import app

    lake = shutil.copytree(lake_with_champion, tmp_path_factory.mktemp("two_champions") / "lake")
    tracking = Tracking(f"sqlite:///{lake}/mlflow.db")
    (first,) = tracking.client.search_model_versions()
    model_id = first.source.removeprefix("models:/")
    create_version(tracking, first.name, model_id=model_id, run_id=first.run_id, tags=first.tags)
    promote = ["models", "promote", "2", "--reason", "a second one", "--lake", str(lake)]
    assert CliRunner().invoke(app, promote).exit_code == 0
    return lake


@pytest.fixture
def shell(checkout, request, tmp_path) -> Iterator[Shell]:
    task, variables = request.node.callspec.params["task"], {}
    if task in NEED_A_LAKE:
        shutil.copytree(request.getfixturevalue("two_champions"), checkout / "lake")
    with ExitStack() as doors:
        if task in WARM and "in_full" not in request.node.callspec.id:
            (programs := tmp_path / "programs").mkdir()
            commands = request.getfixturevalue("warm_commands")
            doors.enter_context(open_warm_door(commands, programs))
            variables = {
                "PATH": os.pathsep.join([str(programs), *PATH]),
                "CREDIT_DEFAULT_PREFECT__API_URL": request.getfixturevalue("prefect_server"),
                "CREDIT_DEFAULT_DRAW_REPORT": "none",
                **(FEW_TREES | name_as_variables() if task in TRAIN else {}),
            }
        opened = Shell(checkout, variables)
        yield opened
        opened.close()


def test_there_is_a_page_for_each_task_and_the_index_names_them_all():
    found = {path.stem for path in PAGES.glob("*.md")} - {"README"}

    assert found == set(TASKS)
    linked = set(re.findall(r"\]\(([a-z-]+)\.md\)", INDEX.read_text(encoding="utf-8")))
    assert linked == set(TASKS)


@pytest.mark.parametrize("task", TASKS)
def test_every_fence_of_a_page_is_one_that_is_run_or_applied(task):
    page = read_page(task)
    blocks = read_blocks(task)

    assert len(blocks) * 2 == len(re.findall(r"^```", page, re.MULTILINE))
    assert any(block.is_command for block in blocks)
    for block in blocks:
        wanted = {"python", "toml", "diff"} if block.title else {"sh", "text"}
        assert block.kind in wanted


@pytest.mark.parametrize("task", TASKS)
def test_a_page_is_short_and_changes_three_files_at_most_all_of_which_it_names(task):
    page = read_page(task)
    head = re.search(r"^\*\*Changes:?\*\*:? (.*?)\n\n", page, re.MULTILINE | re.DOTALL)
    assert head, "a page says what it changes, in a paragraph that begins with **Changes**"
    changed = list_changed_files(task)

    assert len(FENCE.sub("", page).splitlines()) <= MOST_LINES
    assert len(changed) <= MOST_FILES
    assert [name for name in changed if Path(name).name not in head[1]] == []


@pytest.mark.parametrize("task", [task for task in TASKS if list_changed_files(task)])
def test_a_page_that_changes_code_has_a_test_for_it(task):
    blocks = read_blocks(task)

    assert any(block.title.startswith("tests/") for block in blocks)
    assert any("pytest" in block.text for block in blocks if block.is_command)


@pytest.mark.parametrize(
    "task",
    [
        *(
            pytest.param(
                task,
                marks=[
                    *([pytest.mark.xdist_group("prefect")] if task in WARM else []),
                    *([] if task in ALWAYS else [pytest.mark.nightly]),
                ],
            )
            for task in TASKS
        ),
        *(
            pytest.param(task, id=f"{task}-in_full", marks=pytest.mark.nightly)
            for task in sorted(WARM)
        ),
    ],
)
def test_a_page_works_as_it_is_written(task, shell, checkout, tmp_path_factory):
    printed = ""
    blocks = read_blocks(task)

    for block in blocks:
        if block.is_command:
            printed = shell.run(block.text)
        elif block.kind == "text":
            check_printed(block.text, printed)
        else:
            apply_block(block, checkout)

    changed = " ".join(sorted({block.title for block in blocks if block.title.endswith(".py")}))
    if changed:
        cache = (
            tmp_path_factory.getbasetemp() / "imports"
        )  # of files by their time: pages share most
        shell.run("\n".join(f"{command} {changed}" for command in LINT))
        shell.run(f"lint-imports --cache-dir {cache}")
