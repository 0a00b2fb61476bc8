"""The state that a run leaves when it dies at any of its failpoints, in any of four ways, or at a random moment.

Each case: a copy of a small lake, a child that dies there, then a reader, then the same act again, twice. A reader sees the
old state or the new of each part; the second run completes; rows balance; the ledger is unbroken; the scores can be proved;
the third run changes nothing. `pytest -n0 -s tests/services/test_crashes.py` prints what was found, case by case.
"""

import random
import re
import shutil
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from tests.protocol.failpoints import follows_model

pytestmark = pytest.mark.xdist_group("mlflow")

SOURCE = Path(__file__).parents[2] / "src" / "credit_default"
WAYS = ("kill", "term", "raise", "full")
EXITS = {
    "kill": {-9},
    "term": {143},
    "raise": {70},
    "full": {3, 70},
}  # 70: an error that no layer translated
# in a bucket only: tests/adapters/storage/test_s3_faults.py stops an upload there; and where another runner was faster;
# tests/services/operations/test_reconcile.py has those of the repairs
ELSEWHERE = {
    *("command.begun", "upload.begun", "upload.parts_sent", "table.refused"),
    *("reconcile.cleaned", "reconcile.entered"),
}
MODELLED = {  # the act of tests/protocol that an act here is
    **dict.fromkeys(("seat", "promote"), "promote"),
    "ingest": "ingest",
    "predict": "predict",
    "outcomes": "outcomes",
    "forget": "forget",
    "ask": "request",
    "approve": "approve",
    "refuse": "refuse",
    "rollback": "roll_back",
}
LITTLE = 6  # kills at random moments; the nightly suite has forty times as many
# an act that dies and is done again may have begun, or been refused, twice
AGAIN = ("forgetting", "forgotten", "refused")


@dataclass(frozen=True)
class Act:
    """An act, the lake on which it is done, and what a reader sees before it and after it ran undisturbed."""

    name: str
    lake: Path
    path: str
    old: dict[str, Any]
    new: dict[str, Any]
    statuses: tuple[str, str]  # of a first and of a second run
    passed: tuple[str, ...]  # the failpoints of a run, in their order
    seconds: float


@dataclass(frozen=True)
class Case:
    """One death: of which act, where, how; `nth` time that this name is reached."""

    act: Act
    failpoint: str
    nth: int = 1
    how: str = "kill"
    after: float | None = None
    thorough: bool = True  # done a third time, which must change nothing

    @property
    def where(self) -> str:
        return (
            f"{self.failpoint} ({self.nth})" if self.after is None else f"after {self.after:.3f} s"
        )


@pytest.fixture(scope="module")
def play(crash_driver, tmp_path_factory):
    """Runs acts, the nth of them n hours later, on a copy of a lake or in its `place`; gives how it ended and where."""
    folder = tmp_path_factory.mktemp("crashes")
    numbers = iter(range(1_000_000))

    def run(lake, acts, *, place=None, **death):
        root = place or shutil.copytree(lake, folder / str(next(numbers)) / "lake")
        return crash_driver.run(
            root, [[name, path, hour] for hour, (name, path) in enumerate(acts)], **death
        ), root

    return run


@pytest.fixture(scope="module")
def acts(play, two_versions, crash_files) -> tuple[Act, ...]:
    waiting = shutil.copytree(two_versions, two_versions.parent / "waiting")
    (waiting / "incoming").mkdir()
    for name in ("bad", "batch"):  # the refused file is the older one
        shutil.copy(getattr(crash_files, name), waiting / "incoming")
    _, champion_lake = play(two_versions, [("promote", "")])
    _, asked = play(two_versions, [("ask", "")])
    _, rung = play(two_versions, [("find", "")])
    _, faulted = play(two_versions, [("open finding", "")])
    _, full = play(waiting, [("predict --incoming", ""), ("outcomes", str(crash_files.outcomes))])
    return tuple(
        _try_out(play, *act)
        for act in (
            ("ingest", two_versions, str(crash_files.labelled)),
            ("predict", two_versions, str(crash_files.batch)),
            ("predict --incoming", waiting, ""),
            ("outcomes", two_versions, str(crash_files.outcomes)),
            ("seat", two_versions, ""),
            ("promote", two_versions, ""),
            ("ask", two_versions, ""),
            ("approve", asked, ""),
            ("refuse", asked, ""),
            ("rollback", champion_lake, ""),
            ("follow", rung, ""),
            ("forget", full, crash_files.client),
            ("override", full, crash_files.client),
            ("open finding", two_versions, ""),
            ("close finding", faulted, ""),
            ("review", two_versions, ""),
        )
    )


def _try_out(play, name: str, lake: Path, path: str) -> Act:
    ended, _ = play(lake, [("look", ""), (name, path), ("look", ""), (name, path), ("look", "")])
    old, first, new, second, newest = ended["told"]
    assert new != old
    assert newest == new, name
    return Act(
        name, lake, path, old, new, (first, second), tuple(ended["passed"][1]), ended["seconds"][1]
    )


@pytest.fixture(scope="module")
def by_name(acts) -> dict[str, Act]:
    return {act.name: act for act in acts}


# what an undisturbed run comes to, in literal figures: the measure for all that follow


def test_undisturbed_runs_keep_every_row(by_name):
    predicted, taken = by_name["predict"].new["parts"], by_name["outcomes"].new["parts"]
    inbox = by_name["predict --incoming"].new["parts"]

    assert [rows for _, _, rows, _ in predicted["scores"]] == [57]
    assert [rows for rows, _ in predicted["quarantine"]] == [3]
    assert sorted(rows for _, rows in predicted["snapshots"]) == [57, 2000]
    assert (taken["outcomes"][0][0], taken["outcome history"][0][0], taken["quarantine"][0][0]) == (
        58,
        58,
        2,
    )
    assert inbox["incoming"] == []
    assert [name for name, _ in inbox["processed"]] == ["batch.csv"]
    assert [name for name, _ in inbox["refused"]] == ["bad.csv", "bad.csv.reason.json"]
    seats = {
        name: by_name[name].new["parts"]["champion"]
        for name in ("seat", "promote", "ask", "approve", "rollback")
    }
    assert seats == {"seat": [2], "promote": [2], "ask": [1], "approve": [2], "rollback": [1]}
    assert by_name["follow"].statuses == ("1 opened, train", "0 opened, train")
    assert by_name["follow"].new["told"] == [["performance v1 2005-11", "nobody to tell", ""]]
    forgotten = by_name["forget"].new["parts"]
    assert ([rows for _, _, rows, _ in forgotten["scores"]], forgotten["outcomes"][0][0]) == (
        [56],
        57,
    )
    assert forgotten["processed"] == []


def test_every_failpoint_in_the_source_is_reached_by_an_act(acts):
    written = {
        name
        for path in SOURCE.rglob("*.py")
        for name in re.findall(r'hit_failpoint\("([^"]+)"\)', path.read_text())
    }
    passed = {name for act in acts for name in act.passed}

    assert written - ELSEWHERE == passed
    assert len(passed) >= 20


def test_each_act_passes_its_failpoints_in_the_order_of_the_model(by_name):
    inbox = by_name["predict --incoming"].passed
    refused = inbox.index("inbox.refused") + 1

    assert [
        act for act, model in MODELLED.items() if not follows_model(model, by_name[act].passed)
    ] == []
    assert follows_model("predict", inbox[:refused])
    assert follows_model("predict", inbox[refused:])
    assert not follows_model("predict", reversed(inbox))


# the matrix


def _choose_each_once(acts: tuple[Act, ...]) -> list[Case]:
    """Each failpoint once, in the act that has the fewest cases so far, the four ways in turn."""
    ways, cases = cycle(WAYS), []
    for name in dict.fromkeys(name for act in acts for name in act.passed):
        own = [act for act in acts if name in act.passed]
        act = min(own, key=lambda act: sum(case.act is act for case in cases))
        cases.append(Case(act, name, how=next(ways), thorough=len(cases) % 3 == 0))
    return cases


def _choose_some(acts: tuple[Act, ...]) -> list[Case]:
    """Every third of these: each way, and most acts."""
    return _choose_each_once(acts)[::3]


def _choose_all(acts: tuple[Act, ...]) -> list[Case]:
    """Each time that each act reaches a failpoint, in all four ways."""
    return [
        Case(act, name, nth, how)
        for act in acts
        for name in dict.fromkeys(act.passed)
        for nth in range(1, act.passed.count(name) + 1)
        for how in WAYS
    ]


@pytest.mark.parametrize(
    "choose",
    [
        pytest.param(_choose_some, id="every third failpoint"),
        pytest.param(_choose_each_once, id="each failpoint once", marks=pytest.mark.nightly),
        pytest.param(_choose_all, id="every way", marks=pytest.mark.nightly),
    ],
)
def test_a_death_leaves_the_old_state_or_the_new_and_the_next_run_completes(play, acts, choose):
    cases = choose(acts)

    results = [_try_case(play, case) for case in cases]

    _print_table(results)
    assert {case.how for case in cases} == set(WAYS)
    assert [result for result in results if result.faults] == []


@pytest.mark.parametrize("count", [LITTLE, pytest.param(240, marks=pytest.mark.nightly)])
def test_a_kill_at_any_moment_leaves_the_old_state_or_the_new_and_the_next_run_completes(
    play, by_name, count
):
    chance = random.Random(20051001)
    cases = []
    for act in (by_name["predict"], by_name["outcomes"]):
        moments = sorted(chance.uniform(0.1 * act.seconds, act.seconds) for _ in range(count // 2))
        cases += [Case(act, "", after=moment, thorough=count > LITTLE) for moment in moments]

    results = [_try_case(play, case) for case in cases]

    _print_table(results)
    assert (
        sum(result.exit_code < 0 for result in results) >= count // 2
    )  # the others were done before
    assert [result for result in results if result.faults] == []


@dataclass(frozen=True)
class Result:
    """The result of a case: how the child ended, what a reader found, what the next run reported, what was wrong."""

    case: Case
    exit_code: int
    found: str
    second: str
    faults: tuple[str, ...]


def _try_case(play, case: Case) -> Result:
    act = case.act
    death = (
        {"failpoint": case.failpoint, "nth": case.nth, "how": case.how}
        if case.failpoint
        else {"after": case.after}
    )
    died, root = play(act.lake, [(act.name, act.path)], **death)
    batches = [batch for batch, *_ in act.new["parts"]["scores"]]
    again = [(act.name, act.path), ("look", "")]
    proof = ("prove", batches[0] if batches else "")
    third = again if case.thorough else []
    ended, _ = play(root, [("look", ""), *again, proof, *third], place=root)
    found, second, then, proved, *after = ended["told"]
    shutil.rmtree(root.parent)
    faults = (
        *_judge_death(case, died["exit"]),
        *_judge_found(act, found),
        *_judge_then(act, second, then),
        *(
            f"the third run ({after[0]}) changed {_differences(then, state)}"
            for state in after[1:]
            if state != then
        ),
        *([] if proved["status"] == "proved" else [f"not proved: {proved}"]),
    )
    return Result(case, died["exit"], _tell_found(act, found), second, faults)


def _judge_death(case: Case, code: int) -> list[str]:
    allowed = (
        EXITS[case.how] if case.failpoint else {-14, 0}
    )  # SIGALRM, which the system ends it by; or it was done
    return [] if code in allowed else [f"ended with {code}"]


def _judge_found(act: Act, found: dict[str, Any]) -> list[str]:
    """A reader sees, of each thing, the old state or the new; no file is lost on its way; the ledger is unbroken."""
    faults = []
    for name, things in found["parts"].items():
        old, new = act.old["parts"][name], act.new["parts"][name]
        faults += [
            f"{name}: neither old nor new: {thing}" for thing in things if thing not in old + new
        ]
        faults += [
            f"{name}: vanished: {thing}" for thing in old if thing in new and thing not in things
        ]
    kept = [
        thing for place in ("incoming", "processed", "refused") for thing in found["parts"][place]
    ]
    moved = [thing for place in ("processed", "refused") for thing in act.new["parts"][place]]
    faults += [
        f"lost: {thing}"
        for thing in act.old["parts"]["incoming"]
        if thing in moved and thing not in kept
    ]
    if found["ledger"] != "ok":
        faults.append("the ledger is broken")
    faults += [
        f"{entry}: {n} entries"
        for entry, n in found["entries"].items()
        if n > act.new["entries"].get(entry, 0)
    ]
    return faults


def _judge_then(act: Act, second: str, then: dict[str, Any]) -> list[str]:
    """The act done again ends well (or finds nothing left to do), and all is as after an undisturbed run."""
    faults = (
        []
        if not second.startswith("exit") or second == act.statuses[1]
        else [f"the second run: {second}"]
    )
    then = {**then, "versions": None, "entries": _but_again(then["entries"])}
    new = {**act.new, "versions": None, "entries": _but_again(act.new["entries"])}
    return faults if then == new else [*faults, f"after the second run: {_differences(new, then)}"]


def _but_again(entries: dict[str, int]) -> dict[str, int]:
    ended = {name.replace("cut short", "forgotten"): count for name, count in entries.items()}
    return {name: 1 if name.startswith(AGAIN) else count for name, count in ended.items()}


def _differences(expected: dict[str, Any], found: dict[str, Any]) -> str:
    flat = [{**state, **state["parts"], "parts": None} for state in (expected, found)]
    return "; ".join(
        f"{name}: {flat[1][name]}, not {flat[0][name]}"
        for name in flat[0]
        if flat[0][name] != flat[1][name]
    )


def _tell_found(act: Act, found: dict[str, Any]) -> str:
    parts = {**found["parts"], "ledger": found["entries"], "MLflow": found["runs"]}
    old = {**act.old["parts"], "ledger": act.old["entries"], "MLflow": act.old["runs"]}
    new = {**act.new["parts"], "ledger": act.new["entries"], "MLflow": act.new["runs"]}
    changed = [name for name in parts if parts[name] != old[name]]
    if not changed:
        return "the old state"
    return "the new state" if parts == new else f"new: {', '.join(changed)}"


def _print_table(results: list[Result]) -> None:
    rows = [("act", "died", "way", "exit", "a reader found", "the second run", "")]
    for result in results:
        case = result.case
        way = case.how if case.failpoint else "system"
        rows.append(
            (
                case.act.name,
                case.where,
                way,
                str(result.exit_code),
                result.found,
                result.second,
                "; ".join(result.faults) or "ok",
            )
        )
    widths = [min(max(len(row[place]) for row in rows), 60) for place in range(len(rows[0]))]
    print()  # noqa: T201 - the report that people ask for with -s
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())  # noqa: T201 - likewise
