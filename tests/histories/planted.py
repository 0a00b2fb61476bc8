"""Faults planted to see that the books notice them: in what a lake holds, and in a copy of the code.

A fault in the code is a text put in the place of another in a copy of `src/`; the histories then run with that copy.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[2] / "src"
State = dict[str, Any]


def find_scored(state: State, *, last: bool = True) -> list[Any]:
    found = [entry for entry in state["entries"] if entry[0] == "scored"]
    return found[-1 if last else 0]


def double_row(state: State) -> None:
    state["scores"].append(state["scores"][0])


def lose_batch(state: State) -> None:
    entry = find_scored(state)
    state["entries"].remove(entry)
    state["scores"] = [row for row in state["scores"] if row[:2] != entry[2:4]]
    state["runs"].pop(f"{entry[2]} {entry[3]}", None)


def invent_entry(state: State) -> None:
    details = {**find_scored(state)[4], "input_sha256": "0" * 64}
    state["entries"].append(["scored", "scored 0000 v1", "0000", 1, details])


def halve_batch(state: State) -> None:
    batch = find_scored(state)[2]
    rows = [row for row in state["scores"] if row[0] == batch]
    for row in rows[: len(rows) // 2]:
        state["scores"].remove(row)


def move_alias(state: State) -> None:
    state["champion"] = 3 - state["champion"]
    state["pinned"] = state["champion"]


def forget_entry(state: State) -> None:
    state["entries"].remove(find_scored(state))


def bring_back(state: State, client: str) -> None:
    batch, version, _, month = state["scores"][0]
    state["scores"].append([batch, version, client, month])


def double_file(state: State) -> None:
    state["files"]["incoming"].append(state["files"]["processed"][0])


def lose_file(state: State) -> None:
    state["files"]["processed"].clear()


def double_run(state: State) -> None:
    state["runs"][next(iter(state["runs"]))] += 1


def take_older_outcome(state: State) -> None:
    state["outcomes"][0][3] = "2001-01-01"


# what is planted, and how the fault begins by which the books name it
IN_STATE: dict[str, tuple[Callable[[State], None], str]] = {
    "a doubled row": (double_row, "doubled: 1 scores"),
    "a lost batch": (lose_batch, "lost: "),
    "an entry that nobody asked for": (invent_entry, "phantom: entry"),
    "a half batch": (halve_batch, "lost: 29 scores"),
    "an alias without its entry": (move_alias, "half: version"),
    "scores without their entry": (forget_entry, "half: scores of"),
    "a file in two places": (double_file, "doubled: "),
    "a lost file": (lose_file, "lost: "),
    "a second run": (double_run, "doubled: "),
    "an outcome that is not the last": (take_older_outcome, "lost: the last observation"),
}


@dataclass(frozen=True)
class CodeFault:
    """A text in a module, what stands in its place, the kind by which it is named, and a seed that meets it."""

    module: str
    old: str
    new: str
    kind: str
    seed: int


IN_CODE = {
    "the ledger takes a decision twice": CodeFault(
        "adapters/tables/ledger.py",
        "if (existing := _find_entry(lake, delta, key)) is not None:",
        "if (existing := _find_entry(lake, delta, '')) is not None:",
        "doubled: 2 entries",
        seed=171,
    ),
    "an alias is moved and not recorded": CodeFault(
        "services/champion/alias_history.py",
        "if champion is None or champion.number == last:",
        "if champion is None or last:",
        "half: version 2 is champion",
        seed=12,
    ),
    "a table keeps an erased client": CodeFault(
        "adapters/tables/client_erasure.py",
        "for name in CLIENT_TABLES:",
        "for name in CLIENT_TABLES[1:]:",
        "erased: ",
        seed=321,
    ),
    "a batch gets a run whenever it is scored": CodeFault(
        "services/scoring/score_record.py",
        "if not _is_unrecorded(wiring.tracking, scored, recorded_at):",
        "if wiring is None:",
        "doubled: ",
        seed=171,
    ),
    "a scored file stays in the inbox": CodeFault(
        "adapters/lake/inbox.py",
        """key = f"{PROCESSED}{check_hex(batch_id, 'batch_id')}-{_shorten_name(stored)}"
    return key if _move(lake, stored, key) else None""",
        """key = f"{PROCESSED}{check_hex(batch_id, 'batch_id')}-{_shorten_name(stored)}"
    return key""",
        "half: ",
        seed=581,
    ),
    "observations are not kept": CodeFault(
        "services/outcomes/take_in.py",
        "    write_observations(lake, observed, batch_id=batch_id, taken_in_at=taken_in_at)\n",
        "",
        "half: 0 observations",
        seed=581,
    ),
}


def plant(fault: CodeFault, folder: Path) -> Path:
    """A copy of the source with this fault in it."""
    copy = shutil.copytree(
        SOURCE, folder / "src", ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True
    )
    path = copy / "credit_default" / fault.module
    text = path.read_text(encoding="utf-8")
    assert text.count(fault.old) == 1, f"{fault.module} has changed: plant another fault"
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    return copy
