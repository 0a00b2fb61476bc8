"""Plant small faults in the rooms that decide, and say which of them no test notices.

    python ci/mutants.py --room gates --count 100 --seed 1
    python ci/mutants.py --module gates/verdict.py --module model/months

Each fault (mutant) is planted in a copy of the module in a process of its own, in which the module's own tests run first, then
those that import it, and then those of its chapter that import what imports it. A survivor that ci/equivalent_mutants.toml
names, with the reason why no test can notice it, changes nothing; one that it does not name is a failure.
"""

import argparse
import ast
import hashlib
import itertools
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "credit_default"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
LEAST_NOTICED = 0.95
MOST_SECONDS = 300  # of one mutant's tests; a fault that makes them endless is noticed
_NO_TESTS = 5  # pytest's exit codes
_UNNOTICED = {"survived", "no tests"}
_NOT_NAMED = "NOT NAMED"
# Every mutant has a child of a process that has imported what the tests use and computed nothing: no thread of it is at work,
# and nothing of the package is in it. A process from nothing where the system can't fork.
_CAN_FORK = "forkserver" in multiprocessing.get_all_start_methods()
_START: Any = multiprocessing.get_context("forkserver" if _CAN_FORK else "spawn")
_IMPORTED_ONCE = ["numpy", "polars", "scipy.stats", "sklearn.ensemble", "hypothesis", "pytest"]
_IMPORTED_ONCE += ["sklearn.pipeline", "sklearn.calibration", "sklearn.isotonic", "sklearn.metrics"]
_IMPORTED_ONCE += [
    "pandas",
    "statsmodels.api",
    "scipy.optimize",
    "pyarrow",
    "dataframely",
    "optuna",
    "httpx",
    "rich.console",
]

_SHOWN_AROUND = 24  # characters

Change = Callable[[], object]  # what plants one fault in a tree
Key = tuple[str, str, str, str]  # module, function, the line before and after

_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}
_CALLED = {"min": "max", "max": "min", "any": "all", "all": "any", "minimum": "maximum"}
_CALLED |= {"maximum": "minimum", "floor": "ceil", "ceil": "floor", "cumsum": "cumprod"}
_NOT_REWRITTEN = ("-W", "ignore::pytest.PytestAssertRewriteWarning")  # plugins imported before


@dataclass(frozen=True)
class Mutant:
    """One planted fault: the module, where it is, and how the line reads before and after."""

    module: str  # path below the package, such as gates/verdict.py
    line: int
    function: str  # that holds the line, such as Verdict.describe; empty at the module's own level
    before: str
    after: str
    source: str  # of the whole module with the fault

    @property
    def key(self) -> Key:
        """What identifies it while the line reads the same, wherever the line is."""
        return self.module, self.function, self.before, self.after

    @property
    def name(self) -> str:
        """The same, short enough for a folder."""
        return hashlib.sha256("|".join(self.key).encode()).hexdigest()[:10]

    @property
    def change(self) -> str:
        """What differs, with a few characters of the line before and behind it."""
        start = _count_equal(self.before, self.after)
        end = _count_equal(self.before[start:][::-1], self.after[start:][::-1])
        first = max(0, start - _SHOWN_AROUND)
        before, after = (
            text[first : len(text) - max(0, end - _SHOWN_AROUND)]
            for text in (self.before, self.after)
        )
        return f"`{before}` -> `{after}`"


def _count_equal(one: str, other: str) -> int:
    """Return how many characters two lines have in common before the first that differs."""
    pairs = enumerate(zip(one, other, strict=False))
    return next(
        (place for place, (left, right) in pairs if left != right), min(len(one), len(other))
    )


def list_mutants(path: Path, *, module: str, lines: Container[str] = ()) -> Iterator[Mutant]:
    """Yield every mutant of a module, one node changed in each; or those of statements that hold one of some lines."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    holds = cache(
        lambda place: any(line.strip() in lines for line in ast.unparse(place).splitlines())
    )
    for number, (place, _) in enumerate(_list_changes(tree)):
        if lines and not holds(place):
            continue
        if mutant := _plant(path, module=module, number=number):
            yield mutant


def _count_changes(path: Path) -> int:
    return sum(1 for _ in _list_changes(ast.parse(path.read_text(encoding="utf-8"))))


def _plant(path: Path, *, module: str, number: int) -> Mutant | None:
    """Return the mutant of that number, or None where the change leaves the line as it reads."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    place, change = next(itertools.islice(_list_changes(tree), number, None))
    before = ast.unparse(place).splitlines()
    function = _find_function(tree, place)
    change()
    after = ast.unparse(place).splitlines()
    changed = next((pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]), None)
    if changed is None:
        return None
    was, became = (line.strip() for line in changed)
    return Mutant(module, place.lineno, function, was, became, ast.unparse(tree))


def _find_function(tree: ast.AST, place: ast.stmt) -> str:
    """Return the dotted name of the functions and classes around a statement, the outermost first."""
    around = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and node.lineno <= place.lineno <= (node.end_lineno or node.lineno)
    ]
    return ".".join(around)


def _list_changes(tree: ast.AST) -> Iterator[tuple[ast.stmt, Change]]:
    """Yield the statement and what changes it, for every node that can be changed."""
    for statement, node in _walk_statements(tree):
        for change in _list_node_changes(node):
            yield statement, change


def _walk_statements(tree: ast.AST) -> Iterator[tuple[ast.stmt, ast.AST]]:
    """Yield each node of code with the smallest statement that holds it: no docstrings, annotations, messages of errors."""
    waiting: list[tuple[ast.stmt | None, ast.AST]] = [(None, tree)]
    while waiting:
        statement, node = waiting.pop()
        if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.arg):
            continue
        if isinstance(statement, ast.ClassDef) and not isinstance(node, ast.FunctionDef):
            continue  # decorators, bases, and the values of a policy: choices, which no code depends on
        if isinstance(node, ast.stmt):
            statement = node
        if statement is not None:
            yield statement, node
        children = [
            child
            for name, value in ast.iter_fields(node)
            if name not in {"annotation", "returns", "slice"} or isinstance(node, ast.Subscript)
            for child in (value if isinstance(value, list) else [value])
            if isinstance(child, ast.AST)
        ]
        waiting += [(statement, child) for child in reversed(children)]


def _list_node_changes(node: ast.AST) -> Iterator[Change]:
    list_changes = _CHANGES.get(type(node))
    return iter(()) if list_changes is None else list_changes(node)


def _change_comparison(node: ast.Compare) -> Iterator[Change]:
    if type(node.ops[0]) in _COMPARED:
        yield partial(node.ops.__setitem__, 0, _COMPARED[type(node.ops[0])]())


def _change_arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    if type(node.op) in _COMPUTED:
        yield partial(setattr, node, "op", _COMPUTED[type(node.op)]())


def _change_condition(node: ast.BoolOp) -> Iterator[Change]:
    yield partial(setattr, node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    yield partial(node.values.pop, 0)


def _change_sign(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.USub):
        yield partial(setattr, node, "op", ast.UAdd())
    if isinstance(node.op, ast.Not):
        yield partial(setattr, node, "operand", ast.Constant(value=False))


def _change_constant(node: ast.Constant) -> Iterator[Change]:
    if isinstance(node.value, bool):
        yield partial(setattr, node, "value", not node.value)
    elif isinstance(node.value, int | float):
        yield partial(setattr, node, "value", node.value * 2 or 1)


def _change_call(node: ast.Call) -> Iterator[Change]:
    field = {ast.Name: "id", ast.Attribute: "attr"}.get(type(node.func), "")
    name = getattr(node.func, field, "")
    if name in _CALLED:
        yield partial(setattr, node.func, field, _CALLED[name])
    if name == "abs":
        yield partial(setattr, node, "func", ast.Name(id="float", ctx=ast.Load()))


def _change_choice(node: ast.IfExp) -> Iterator[Change]:
    yield partial(setattr, node, "test", ast.Constant(value=True))


_CHANGES: dict[type[ast.AST], Callable[..., Iterator[Change]]] = {
    ast.Compare: _change_comparison,
    ast.BinOp: _change_arithmetic,
    ast.AugAssign: _change_arithmetic,
    ast.BoolOp: _change_condition,
    ast.UnaryOp: _change_sign,
    ast.Constant: _change_constant,
    ast.Call: _change_call,
    ast.IfExp: _change_choice,
}


def find_tests(module: str) -> list[str]:
    """Return the test files of a module: its own, those of its room that import it, then those of its chapter that import a user.

    Of each kind the nearest come first. Where there are none, they are those of its folder.
    """
    own = ROOT / "tests" / Path(module).parent / f"test_{Path(module).name}"
    room = ROOT / "tests" / Path(module).parts[0]
    near = sorted(
        room.rglob("test_*.py"), key=lambda path: (path.parent != own.parent, path.as_posix())
    )
    others = [path for path in near if path != own]
    users = [
        path
        for path in others
        if _dot(module) in _list_imports(path) or path.stem.startswith(own.stem)
    ]
    beyond = _find_users(module)
    indirect = [
        path
        for path in others
        if path not in users
        and path.relative_to(ROOT / "tests").parts[:2] == Path(module).parts[:2]
        and _list_imports(path) & beyond
    ]
    found = [*([own] if own.exists() else []), *users, *indirect]
    found = found or [path for path in others if path.parent == own.parent]
    return [path.relative_to(ROOT).as_posix() for path in found]


def _find_users(module: str) -> set[str]:
    """Return the modules of its chapter that import a module, directly or through others of the chapter."""
    chapter = PACKAGE.joinpath(*Path(module).parts[:2])
    imports = {
        _dot(path.relative_to(PACKAGE).as_posix()): _list_imports(path)
        for path in (sorted(chapter.rglob("*.py")) if chapter.is_dir() else [])
    }
    found = {_dot(module)}
    while added := {name for name, used in imports.items() if name not in found and used & found}:
        found |= added
    return found - {_dot(module)}


def _dot(module: str) -> str:
    return "credit_default." + module.removesuffix(".py").replace("/", ".")


@cache
def _list_imports(path: Path) -> frozenset[str]:
    """Return what a file imports, wherever in it: each module, and each name as if it were one."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return frozenset(found)


def run_tests(mutant: Mutant, folder: Path) -> str:
    """Plant the fault in a copy of the package and run its tests: `noticed`, `survived`, `no tests` or `endless`."""
    copy = folder / mutant.name
    shutil.copytree(ROOT / "src", copy)  # with times, so that what was compiled need not be again
    (copy / "credit_default" / mutant.module).write_text(mutant.source, encoding="utf-8")
    process = _START.Process(target=_run_pytest, args=(copy, find_tests(mutant.module)))
    process.start()
    process.join(timeout=MOST_SECONDS)
    endless = process.is_alive()
    if endless and process.pid:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
    shutil.rmtree(copy, ignore_errors=True)
    results = {0: "survived", _NO_TESTS: "no tests"}
    return "endless" if endless else results.get(process.exitcode or 0, "noticed")


def _run_pytest(copy: Path, tests: Sequence[str]) -> None:
    """Run the tests on that copy and exit with pytest's code; in a child, with whatever they start in its group."""
    os.setsid()
    os.chdir(ROOT)
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    sys.path.insert(0, str(copy))
    os.environ |= {"PYTHONPATH": str(copy), "TMPDIR": str(copy)}
    os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(copy / ".hypothesis")
    import pytest

    options = [
        "-n0",
        "-x",
        "-q",
        "-p",
        "no:cacheprovider",
        *_NOT_REWRITTEN,
        f"--basetemp={copy / 'tests'}",
    ]
    sys.exit(pytest.main([*options, *tests]))


def check_machinery(mutants: Sequence[Mutant], folder: Path) -> None:
    """Stop where the first module with tests is `noticed` as it stands: then a result would say nothing.

    Raises:
        SystemExit: with the sentence to print.
    """
    for mutant in mutants[:1]:
        source = (PACKAGE / mutant.module).read_text(encoding="utf-8")
        unchanged = replace(mutant, source=source)
        if (result := run_tests(unchanged, folder)) in {"noticed", "endless"}:
            tests = " ".join(find_tests(mutant.module))
            sys.exit(
                f"the tests of {mutant.module} fail without a fault ({result}): "
                f"run `python -m pytest -n0 {tests}` first"
            )


def draw_mutants(places: Sequence[str], *, count: int | None, seed: int) -> list[Mutant]:
    """Return that many mutants of rooms, folders or modules, drawn without replacement and every one with the same chance.

    Without a count it is every one, in a drawn order.
    """
    every = [
        (path, number)
        for place in places
        for path in _list_modules(PACKAGE / place)
        for number in range(_count_changes(path))
    ]
    random.Random(seed).shuffle(every)  # noqa: S311 - a sample, no secret
    planted = (
        _plant(path, module=path.relative_to(PACKAGE).as_posix(), number=number)
        for path, number in every
    )
    return list(itertools.islice(filter(None, planted), count))


def _list_modules(place: Path) -> list[Path]:
    """Return a module itself, or those of a folder in order.

    Raises:
        SystemExit: with the sentence to print, where there is neither.
    """
    if not place.exists():
        sys.exit(f"{place} does not exist: name a module or folder below {PACKAGE}")
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def read_equivalent() -> dict[Key, str]:
    """Return the reason of each mutant that changes nothing."""
    entries = tomllib.loads(EQUIVALENT.read_text(encoding="utf-8")).get("mutant", [])
    return {
        (entry["module"], entry["function"], entry["line"], entry["planted"]): entry["because"]
        for entry in entries
    }


def list_stale(equivalent: dict[Key, str]) -> list[str]:
    """Return a line for each entry of which the code has not one mutant but none or several."""
    found: Counter[Key] = Counter()
    for module in sorted({key[0] for key in equivalent}):
        lines = {key[2] for key in equivalent if key[0] == module}
        if (path := PACKAGE / module).exists():
            found.update(mutant.key for mutant in list_mutants(path, module=module, lines=lines))
    return [
        f"{module}, {function or 'at its own level'}: `{line}` -> `{planted}` is planted {count} times; expected once"
        for module, function, line, planted in equivalent
        if (count := found[module, function, line, planted]) != 1
    ]


def main() -> None:
    """Draw, plant, run, print; exit code 1 where a survivor is not named, or a smaller share than wanted is noticed."""
    parser = argparse.ArgumentParser(description="Which planted faults do the tests notice?")
    parser.add_argument("--room", action="append", help="gates or model; both when not given")
    parser.add_argument(
        "--module", action="append", help="all of a module or folder, gates/verdict.py"
    )
    parser.add_argument("--count", type=int, help="100, or all with --module, when not given")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument(
        "--least", type=float, help="the share wanted, 0-1; every survivor named when not given"
    )
    parser.add_argument("--out", type=Path, help="a JSON file for the results")
    given = parser.parse_args()
    places = [*(given.room or []), *(given.module or [])] or ["gates", "model"]
    count = given.count or (None if given.module else 100)
    mutants = draw_mutants(places, count=count, seed=given.seed)
    began = time.monotonic()
    os.environ["OMP_NUM_THREADS"] = "1"
    if _CAN_FORK:
        _START.set_forkserver_preload(_IMPORTED_ONCE)
    with (
        tempfile.TemporaryDirectory(prefix="mutants-") as folder,
        ThreadPoolExecutor(given.processes) as pool,
    ):
        check_machinery(mutants, folder=Path(folder))
        equivalent = read_equivalent()
        found = []
        for mutant, result in zip(
            mutants, pool.map(partial(run_tests, folder=Path(folder)), mutants), strict=True
        ):
            found.append((mutant, result))
            describe_survivor(mutant, result, equivalent)
    share = report(found, equivalent, seconds=time.monotonic() - began)
    if given.out:
        lines = [{**vars(m), "source": "", "name": m.name, "result": r} for m, r in found]
        given.out.write_text(json.dumps(lines, indent=1), encoding="utf-8")
    sys.exit(int(share < (1 if given.least is None else given.least)))


def describe_survivor(mutant: Mutant, result: str, equivalent: dict[Key, str]) -> None:
    """Print a mutant that no test noticed, as soon as that is known, and what an entry of the register needs."""
    if result not in _UNNOTICED:
        return
    reason = equivalent.get(mutant.key)
    print(f"{mutant.module}:{mutant.line}, function {mutant.function or '(none)'}")
    print(f"    - {mutant.before}\n    + {mutant.after}")
    print(f"    {f'equivalent because {reason}' if reason else _NOT_NAMED}", flush=True)


def report(
    found: Sequence[tuple[Mutant, str]], equivalent: dict[Key, str], *, seconds: float
) -> float:
    """Print a line for each survivor, and the share that was noticed of those that change anything, which is returned."""
    survivors = [mutant for mutant, result in found if result in _UNNOTICED]
    if endless := [mutant for mutant, result in found if result == "endless"]:
        places = ", ".join(f"{mutant.module}:{mutant.line}" for mutant in endless)
        print(f"tests that took longer than {MOST_SECONDS} s count as noticed: {places}")
    for mutant in sorted(survivors, key=lambda mutant: (mutant.module, mutant.line)):
        reason = equivalent.get(mutant.key)
        said = f"equivalent because {reason}" if reason else _NOT_NAMED
        print(f"{mutant.module}:{mutant.line}  {mutant.change}  {said}")
    for room in sorted({mutant.module.split("/")[0] for mutant, _ in found}):
        of_room = [pair for pair in found if pair[0].module.startswith(f"{room}/")]
        print(f"{room}: {_count(of_room, equivalent)[2]}")
    share, error, said = _count(found, equivalent)
    print(f"{said} ({share:.1%} ± {error:.1%}; the aim is {LEAST_NOTICED:.0%}), {seconds:,.0f} s")
    return share


def _count(
    found: Sequence[tuple[Mutant, str]], equivalent: dict[Key, str]
) -> tuple[float, float, str]:
    """Return the share that was noticed of those that change anything, its standard error, and both counts in words."""
    survivors = [mutant for mutant, result in found if result in _UNNOTICED]
    unnamed = sum(1 for mutant in survivors if mutant.key not in equivalent)
    equal = len(survivors) - unnamed
    counted = len(found) - equal
    share = 1 - unnamed / counted if counted else 1.0
    error = (share * (1 - share) / counted) ** 0.5 if counted else 0.0
    said = f"{len(found)} mutants, {equal} change nothing; of the other {counted} {counted - unnamed} were noticed"
    return share, error, said


if __name__ == "__main__":
    main()
