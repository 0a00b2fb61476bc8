"""Every command that a page, a comment or a message names exists, with these options: each is parsed by its own program.

A command stands in backticks, in a fence or on an indented line. `credit-default` is parsed by its own parser with nothing
behind it, `make` by make itself (`--dry-run`), the others by what their `--help` lists.
"""

import ast
import functools
import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from docs_site.command_line import list_commands
from docs_site.inserts import fill_page
from typer.core import TyperGroup
from typer.main import get_command

from credit_default.cli.main import app

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = ("*.md", "docs/**/*.md", "examples/**/*.md", "infra/README.md", ".github/*.md")
COMMENTED = ("*.yaml", "config/*.toml", "pyproject.toml", "Makefile", "ci/*.mk", "infra/**/*.tf")
CODE = (
    *("src/**/*.py", "ci/*.py", "infra/*.py"),
    *("docs/*.py", "docs_site/*.py", "benchmarks/*.py"),
)
FILTERS = {"tail"}  # what a page shows of a command's answer
PROGRAMS = ("credit-default", "evidently", "make", "mlflow", "prefect", "python", "terraform")
SPELLED = re.compile("|".join(PROGRAMS))  # a file without any is not worth parsing
COMMAND = rf"credit-default (?:{'|'.join(get_command(app).commands)})"
WRITTEN_LATER = {"waiting"}  # the command that docs/how-to/add-a-cli-command.md adds


@dataclass(frozen=True)
class Documented:
    """One command, and where it stands: on a line of its own, or within a sentence."""

    place: str
    words: tuple[str, ...]
    has_own_line: bool

    @property
    def program(self):
        return self.words[0]

    @property
    def is_mention(self):
        """Whether a sentence names the command alone, without what it is given."""
        return not self.has_own_line and all(re.fullmatch("[a-z][a-z-]*", w) for w in self.words)

    def __str__(self):
        return f"{self.place}: {' '.join(self.words)}"


@functools.cache
def read_texts():
    return tuple(list_texts())


def list_texts():
    """Every text with its file: pages as the site has them and configuration whole, of the code each string and docstring."""
    for pattern in (*PAGES, *COMMENTED):
        for path in sorted(ROOT.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            is_of_site = path.is_relative_to(DOCS) and path.suffix == ".md"
            yield path, fill_page(text, path.relative_to(DOCS).as_posix()) if is_of_site else text
    for path in itertools.chain.from_iterable(sorted(ROOT.glob(pattern)) for pattern in CODE):
        code = path.read_text(encoding="utf-8")
        if not SPELLED.search(code):
            continue
        nodes = list(ast.walk(ast.parse(code)))
        pieces = {
            id(part) for node in nodes if isinstance(node, ast.JoinedStr) for part in node.values
        }
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if id(node) not in pieces:
                    yield path, node.value
            elif isinstance(node, ast.JoinedStr):
                parts = [
                    part.value if isinstance(part, ast.Constant) else "1" for part in node.values
                ]
                yield path, "".join(parts)


def list_spans(path, text):
    """The pieces of a text that may be commands, each with whether it is a line of its own."""
    if path.suffix == ".py":  # a message ends with what to do next
        yield from ((line, True) for line in re.findall(rf"(?:^|: )(\S*{COMMAND} .*)$", text))
    fences = re.findall(r"^```sh[^\n`]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from ((" ".join(span.split()), False) for span in re.findall(r"`([^`]+)`", rest))
    lines = "\n".join([*fences, *re.findall(r"^ {4,}\S.*$", rest, re.MULTILINE)])
    for line in lines.replace("\\\n", " ").splitlines():
        if path.suffix == ".md":
            yield line.strip(), True
        elif path.suffix == ".py":  # where an explanation may follow at a distance
            yield re.split(r" {2,}", line.strip())[0], True


def split_commands(span):
    """The commands of a shell line, without redirections and what a page leaves open: […], A | B, ….

    What stands in brackets counts as given; an alternative that names no program continues the command before it.
    """
    lexer = shlex.shlex(re.sub(r"[\[\]]", " ", span), posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    try:
        words = [re.sub(r"…|\.\.\.", "1", word) for word in lexer]
    except ValueError:  # a quotation that ends on another line
        return
    before, operator = (), ""
    for is_operator, group in itertools.groupby(words, lambda word: set(word) <= set("|&;()")):
        command = list(itertools.takewhile(lambda word: not set(word) <= set("<>&"), group))
        if is_operator:
            operator = "".join(command)
            continue
        if command and command[0] in FILTERS:
            continue
        command = list(itertools.dropwhile(lambda word: re.match(r"[A-Z_]+=", word), command))
        if command and Path(command[0]).name in PROGRAMS:
            before = (Path(command[0]).name, *command[1:])
            yield before
        elif command and operator == "|" and command[0].startswith("--"):
            yield (*before, *command)
        elif command and operator == "|":
            yield (*before[: 1 + (before[1] == "models")], *command)


@functools.cache
def list_all_documented():
    """What is documented of any program, each command once."""
    found = {}
    for path, text in read_texts():
        for span, has_own_line in list_spans(path, text):
            if re.match(rf"(?:[A-Z_]+=\S+ )*(?:\S*/bin/)?(?:{'|'.join(PROGRAMS)}) ", span):
                for words in split_commands(span):
                    one = Documented(path.relative_to(ROOT).as_posix(), words, has_own_line)
                    found.setdefault((words, one.is_mention), one)
    return list(found.values())


def each(*programs):
    documented = [one for one in list_all_documented() if one.program in programs]
    return pytest.mark.parametrize("one", documented, ids=str)


@functools.cache
def read_flags(*command):
    """The flags that a command's own help lists; none when there is no such command."""
    told = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return (
        set(re.findall(r"(?<![\w-])--?[a-zA-Z][\w-]*", told.stdout))
        if not told.returncode
        else set()
    )


@pytest.fixture(scope="module")
def parser():
    """The command line's own parser, with nothing behind its commands."""
    command = get_command(app)
    for one in (command, *list_subcommands(command)):
        one.callback = None
    return command


def list_subcommands(command):
    for one in command.commands.values() if isinstance(command, TyperGroup) else ():
        yield one
        yield from list_subcommands(one)


def parse(parser, words, capsys):
    """What the parser says against the words; a placeholder such as N or BATCH is a value."""
    values = ["1" if re.fullmatch("[A-Z_]+", word) else word for word in words]
    with pytest.raises(SystemExit) as ended:
        parser(values, prog_name="credit-default")
    return capsys.readouterr().err if ended.value.code else ""


@each("credit-default")
def test_credit_default_takes_what_is_documented(one, parser, capsys):
    if WRITTEN_LATER & {*one.words}:
        pytest.skip(
            "the reader of the page writes this command: tests/test_how_to.py carries it out"
        )

    told = parse(parser, one.words[1:], capsys)

    assert told == "" or (one.is_mention and "Missing" in told), told


@pytest.mark.parametrize("words", ["no-such-command", "predict FILE --no-such-option", "explain"])
def test_credit_default_refuses_what_it_does_not_have(words, parser, capsys):
    assert parse(parser, words.split(), capsys) != ""


def test_command_that_the_site_takes_from_the_parser_is_parsed_too():
    documented = {one.words for one in list_all_documented() if one.is_mention}
    commands = {
        words for words, one in list_commands(get_command(app)) if not isinstance(one, TyperGroup)
    }

    assert commands - documented == set()


@each("make")
def test_make_takes_what_is_documented(one):
    rules = "".join((ROOT / name).read_text("utf-8") for name in ("Makefile", "ci/deploy.mk"))
    ended = subprocess.run(
        ["make", "--dry-run", *one.words[1:]],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "VENV": sys.prefix},
        capture_output=True,
        text=True,
        check=False,
    )

    given = [word.partition("=")[0] for word in one.words if "=" in word]
    assert [name for name in given if not re.search(rf"\$\({name}\b", rules)] == []
    assert ended.returncode == 0 or (one.is_mention and " needs " in ended.stderr), ended.stderr


def find_module(name):
    """The file that `python -m` runs: of the package, or of a folder of the checkout that is run by itself."""
    named = name.replace(".", "/")
    places = [ROOT / "src" / f"{named}.py", ROOT / named / "__main__.py"]
    return next((path for path in places if path.exists()), places[0])


@each("python")
def test_python_finds_what_is_documented(one):
    if one.words[1] in {"-", "-c"} or one.words[1:3] == ("-m", "pytest"):
        pytest.skip("no file to find: tests/test_how_to.py carries it out")
    is_module = one.words[1] == "-m"
    path = find_module(one.words[2]) if is_module else ROOT / one.words[1]
    text = path.read_text(encoding="utf-8")

    flags = [] if is_module else [word for word in one.words if word.startswith("--")]
    assert [flag for flag in flags if f'"{flag}"' not in text] == []


@each("terraform")
def test_terraform_takes_what_is_documented(one):
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed: its commands are not checked here")
    words = [word for word in one.words[1:] if not word.startswith("-chdir=")]
    depth = 2 if words[0] in {"providers", "state"} else 1
    known = read_flags("terraform", *words[:depth], "-help")
    if words[0] in {"apply", "destroy"}:
        known |= read_flags("terraform", "plan", "-help")

    assert known != set()
    assert {word.split("=")[0] for word in words if word.startswith("-")} - known == set()


def test_every_variable_that_is_documented_for_terraform_is_declared():
    declared = {
        name
        for path in ROOT.glob("infra/*/**/variables.tf")
        for name in re.findall(r'^variable "(\w+)"', path.read_text("utf-8"), re.MULTILINE)
    }
    texts = [text for path, text in read_texts() if path.suffix != ".tf"]
    given = {name for text in texts for name in re.findall(r"-var[ =](\w+)=", text)}

    assert given == {"account_id", "region", "image_digest"}
    assert given <= declared


@pytest.mark.nightly  # each import takes seconds
@each("evidently", "mlflow", "prefect")
def test_server_takes_what_is_documented(one):
    words = list(
        itertools.takewhile(lambda word: re.fullmatch("[a-z][a-z-]*", word), one.words[1:3])
    )
    known = read_flags(Path(sys.executable).parent / one.program, *words, "--help")

    assert known != set()
    assert {word.split("=")[0] for word in one.words if word.startswith("-")} - known == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/*.md")), ids=lambda path: path.stem)
def test_no_row_stands_twice_in_a_table(path):
    tables = re.findall(r"(?:^\|.*\n)+", path.read_text(encoding="utf-8"), re.MULTILINE)

    for table in tables:
        rows = table.splitlines()
        assert [row for row in set(rows) if rows.count(row) > 1] == []
