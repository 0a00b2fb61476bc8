"""Whether the books balance: what clients were told, against what the lake holds. Each fault begins with its kind.

lost      a client was told that something is done, and it is not there
doubled   something is there twice
phantom   something is there that nobody asked for
half      a part of something is there, and its other part is not
erased    a client who was erased is there

A command that got no answer, and that nobody gave again, may have begun with its own file and with nothing else: what it
left is completed when the file is given again.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.histories.template import BASE

TABLES = ("scores", "outcomes", "observations")


@dataclass(frozen=True)
class Books:
    """All that is known of a history in its end."""

    facts: dict[str, Any]
    told: list[dict[str, Any]]  # the commands of the history, then those that were given again
    state: dict[str, Any]
    mended: list[list[Any]]
    given_up: list[dict[str, Any]]  # commands without an answer that nobody gave again

    def find_answers(self, *names: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
        """Commands that ended well, with what was answered."""
        for one in self.told:
            if one["asked"]["name"] in names and one["answer"] and one["answer"]["exit"] == 0:
                yield one["asked"], one["answer"]

    def find_entries(self, event: str) -> list[list[Any]]:
        return [entry for entry in self.state["entries"] if entry[0] == event]

    @property
    def asked(self) -> set[tuple[str, str]]:
        return {(one["asked"]["name"], one["asked"]["given"]) for one in self.told}

    def may_have_begun(self, batch: str) -> bool:
        """Whether a command on this batch was given up."""
        given = {one["given"] for one in self.given_up}
        names = {own["batch"]: name for name, own in self.facts["files"].items()}
        return names.get(batch, "c1") in given

    def has_given_up(self, *names: str) -> bool:
        return any(one["name"] in names for one in self.given_up)

    @property
    def erased(self) -> set[str]:
        """Clients whose erasure a client was told of, or whose erasure is done otherwise."""
        return {
            self.facts["victims"][int(asked["given"])] for asked, _ in self.find_answers("forget")
        }

    @property
    def files(self) -> dict[str, dict[str, Any]]:
        """What is known of each file, by its digest."""
        return {one["sha"]: {**one, "name": name} for name, one in self.facts["files"].items()}


def judge_books(facts: dict[str, Any], history: dict[str, Any]) -> list[str]:
    """What is wrong, one line each; nothing where the books balance."""
    faults = list(history["hung"])
    if not history["state"]:
        return [*faults, "lost: the lake could not be settled or read in the end"]
    told = [*history["told"], *history["again"]]
    books = Books(facts, told, history["state"], history["mended"], history["given up"])
    checks = (
        judge_ledger,
        judge_answers,
        judge_scores,
        judge_snapshots,
        judge_outcomes,
        judge_champion,
        judge_runs,
        judge_inbox,
        judge_erasures,
        judge_settling,
    )
    return [*faults, *(fault for check in checks for fault in check(books))]


def judge_ledger(books: Books) -> Iterator[str]:
    if books.state["chain"] != "ok":
        yield f"half: the ledger's chain is {books.state['chain']}"
    for key, count in Counter(entry[1] for entry in books.state["entries"]).items():
        if count > 1:
            yield f"doubled: {count} entries have the key {key}"
    status, reasons = books.state["proof"]
    if status != "proved" and not books.given_up:
        yield f"half: verify says {'; '.join(reasons)}"
    known = {*books.files, *(one["sha"] for one in books.facts["outcomes"].values())}
    given = {given for _, given in books.asked} | {BASE}
    names = {one["sha"]: name for name, one in books.facts["files"].items()}
    names |= {one["sha"]: name for name, one in books.facts["outcomes"].items()}
    for event, key, *_, details in books.state["entries"]:
        digest = details.get("input_sha256", "")
        is_training = event == "ingested" and key == books.state["entries"][0][1]
        if digest and not is_training and (digest not in known or names[digest] not in given):
            yield f"phantom: entry {key} is of a file that nobody gave"


def judge_answers(books: Books) -> Iterator[str]:
    """What was answered is on record."""
    scored = {(e[2], e[3]) for e in books.find_entries("scored")}
    ingested = {e[2] for e in books.find_entries("ingested")} & books.state["snapshots"].keys()
    taken = {e[2] for e in books.find_entries("outcomes taken in")}
    changed = {e[3] for e in books.state["entries"] if e[0] in {"promoted", "rolled back"}}
    kept = {
        "predict": lambda answer: (answer["batch"], answer["version"]) in scored,
        "correct": lambda answer: (answer["batch"], answer["version"]) in scored,
        "ingest": lambda answer: answer["batch"] in ingested,
        "outcomes": lambda answer: answer["batch"] in taken,
        "promote": lambda answer: answer["version"] in changed,
        "roll back": lambda answer: answer["version"] in changed,
    }
    for asked, answer in books.find_answers(*kept):
        if not kept[asked["name"]](answer):
            yield f"lost: {asked['name']} {asked['given']} was answered and is not on record"
    yield from judge_counts(books)


def judge_counts(books: Books) -> Iterator[str]:
    """What was answered of a file's rows is what the file has, and the inbox said nothing that is not so."""
    for asked, answer in books.find_answers("predict", "correct"):
        own = books.facts["files"][asked["given"]]
        expected = {"scored": len(own["accepted"]), "quarantined": own["rejected"]}
        counts = {name: answer["counts"].get(name) for name in expected}
        if asked["given"] != BASE and counts != expected:
            yield f"half: {asked['given']} was answered with {counts}, not {expected}"
    batches = {e[2] for e in books.find_entries("scored")}
    for _, answer in books.find_answers("predict --incoming"):
        named = {batch for note in answer["notes"] for batch in re.findall(r": batch (\w+),", note)}
        if named - batches:
            yield f"lost: {sorted(named - batches)} were scored from the inbox and are not on record"


def judge_scores(books: Books) -> Iterator[str]:
    """Each result has one entry, and the rows that its file has; nobody twice."""
    recorded = {(e[2], e[3]): e[4] for e in books.find_entries("scored")}
    found: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for batch, version, *key in books.state["scores"]:
        found.setdefault((batch, version), []).append(tuple(key))
    for result in found.keys() - recorded.keys():
        if not books.may_have_begun(result[0]):
            yield f"half: scores of {result} have no entry"
    for result, details in recorded.items():
        own = books.files.get(details["input_sha256"])
        if own is None:
            continue
        rows = found.get(result, [])
        if len(set(rows)) < len(rows):
            yield f"doubled: {len(rows) - len(set(rows))} scores of {own['name']} {result}"
        expected = {tuple(key) for key in own["accepted"]}
        spared = {key for key in expected if key[0] in books.facts["victims"]}
        if missing := expected - spared - set(rows):
            yield f"lost: {len(missing)} scores of {own['name']} {result}"
        if strange := set(rows) - expected:
            yield f"phantom: {len(strange)} scores of {own['name']} {result}"
        count = details["read_count"] - details["scored_count"] - details["quarantined_count"]
        if own["name"] not in {BASE, "c1"} and count:
            yield f"half: of {own['name']} {result}, {count} rows read are in neither count"
    yield from judge_quarantine(books)


def judge_quarantine(books: Books) -> Iterator[str]:
    rows = Counter(row[0] for row in books.state["quarantine"])
    for (batch, line), count in Counter(
        (row[0], row[1]) for row in books.state["quarantine"]
    ).items():
        if count > 1:
            yield f"doubled: line {line} of {batch} is in quarantine {count} times"
    for entry in books.find_entries("ingested"):
        expected = entry[4].get("quarantined", 0)
        if entry[4]["input_sha256"] in books.files and rows[entry[2]] != expected:
            yield f"half: {rows[entry[2]]} rows of {entry[2]} in quarantine, not {expected}"


def judge_snapshots(books: Books) -> Iterator[str]:
    ingested = {e[2]: e[4] for e in books.find_entries("ingested")}
    for batch in books.state["snapshots"].keys() - ingested.keys():
        if not books.may_have_begun(batch):
            yield f"half: the rows of {batch} are kept without an entry"
    for batch, details in ingested.items():
        rows = books.state["snapshots"].get(batch)
        own = books.files.get(details["input_sha256"])
        if rows is None:
            yield f"lost: the rows of {batch} are not kept"
        elif own is not None:
            spared = [key for key in own["accepted"] if key[0] in books.facts["victims"]]
            if not len(own["accepted"]) - len(spared) <= len(rows) <= len(own["accepted"]):
                yield f"half: {len(rows)} rows of {own['name']} are kept"
            if len({tuple(row) for row in rows}) < len(rows):
                yield f"doubled: rows of {own['name']} in their snapshot"


def judge_outcomes(books: Books) -> Iterator[str]:
    """Of each client and month the last observation of all files on record, once."""
    if books.has_given_up("outcomes"):
        return
    taken = {e[4]["input_sha256"] for e in books.find_entries("outcomes taken in")}
    files = [one for one in books.facts["outcomes"].values() if one["sha"] in taken]
    expected: dict[tuple[str, str], tuple[str, int]] = {}
    for client, month, defaulted, seen in (row for one in files for row in one["rows"]):
        newest = (seen[:10], int(defaulted))
        expected[client, month] = max(expected.get((client, month), newest), newest)
    found = {(row[0], row[1]): (row[3], row[2]) for row in books.state["outcomes"]}
    if len(found) < len(books.state["outcomes"]):
        yield f"doubled: {len(books.state['outcomes']) - len(found)} outcomes"
    if lost := expected.keys() - found.keys():
        yield f"lost: {len(lost)} outcomes"
    if strange := found.keys() - expected.keys():
        yield f"half: {len(strange)} outcomes of files that are not on record"
    if wrong := [key for key in expected if key in found and found[key] != expected[key]]:
        yield f"lost: the last observation of {len(wrong)} outcomes"
    history = Counter(tuple(row) for row in books.state["observations"])
    if again := [row for row, count in history.items() if count > 1]:
        yield f"doubled: {len(again)} observations"
    if len(history) != sum(len(one["rows"]) for one in files):
        yield f"half: {len(history)} observations of {len(files)} files"


def judge_champion(books: Books) -> Iterator[str]:
    changes = [e for e in books.state["entries"] if e[0] in {"promoted", "rolled back"}]
    last = changes[-1][3] if changes else 0
    if books.state["champion"] != last:
        yield f"half: version {books.state['champion']} is champion, the ledger says {last}"
    if not books.state["verdict"]:
        yield f"half: version {books.state['champion']} is champion without a verdict"
    if books.state["pinned"] != books.state["champion"]:
        yield f"half: version {books.state['pinned']} is pinned, {books.state['champion']} champion"
    wanted = {1} | {int(given) for name, given in books.asked if name == "promote"}
    if strange := {e[3] for e in changes} - wanted:
        yield f"phantom: nobody asked for version {strange}"


def judge_runs(books: Books) -> Iterator[str]:
    recorded = {f"{e[2]} {e[3]}" for e in books.find_entries("scored")}
    for result in recorded - books.state["runs"].keys():
        yield f"half: {result} is on record without its run"
    for result, count in books.state["runs"].items():
        if result not in recorded:
            yield f"phantom: {result} has a run and is not on record"
        elif count > 1:
            yield f"doubled: {result} has {count} runs"
    if books.state["open runs"]:
        yield f"half: {books.state['open runs']} runs are open"


def judge_inbox(books: Books) -> Iterator[str]:
    """Each file that was delivered is in one place, the one where it belongs, and a refused one with its reason."""
    places = books.state["files"]
    where: dict[str, list[str]] = {}
    for place, files in places.items():
        for _, digest in files:
            where.setdefault(digest, []).append(place)
    where.pop("reason", None)
    for asked, answer in books.find_answers("drop"):
        digest = books.facts["files"][asked["given"]]["sha"]
        if answer["said"] == "delivered" and digest not in where:
            yield f"lost: {asked['given']} was delivered and is nowhere"
    for digest, found in where.items():
        yield from judge_place(books, books.files.get(digest, {}).get("name", ""), set(found))
    refused = {name for name, digest in places["refused"] if digest != "reason"}
    reasons = {name.removesuffix(".reason.json") for name, d in places["refused"] if d == "reason"}
    if refused != reasons:
        yield f"half: refused without reason or the reverse: {sorted(refused ^ reasons)}"


def judge_place(books: Books, name: str, found: set[str]) -> Iterator[str]:
    belongs = "refused" if name == "bad" else "processed"
    if not name or ("drop", name) not in books.asked:
        yield f"phantom: a file in {sorted(found)} that nobody delivered"
    elif len(found) > 1:
        yield f"doubled: {name} is in {' and '.join(sorted(found))}"
    elif found != {belongs}:
        yield f"half: {name} is in {found.pop()}, not in {belongs}"


def judge_erasures(books: Books) -> Iterator[str]:
    state = books.state
    rows = [("scores", row[2]) for row in state["scores"]]
    rows += [("quarantine", row[2]) for row in state["quarantine"]]
    rows += [(name, row[0]) for name in ("outcomes", "observations") for row in state[name]]
    rows += [("a snapshot", key[0]) for kept in state["snapshots"].values() for key in kept]
    for place, count in Counter(where for where, client in rows if client in books.erased).items():
        yield f"erased: {count} rows of clients who were erased are in {place}"
    begun = {e[1] for e in books.find_entries("forgetting")}
    ended = {e[4]["begun"] for e in state["entries"] if "begun" in e[4]}
    if begun - ended and not books.has_given_up("forget"):
        yield f"half: {len(begun - ended)} erasures were begun and not ended"


def judge_settling(books: Books) -> Iterator[str]:
    if books.mended[-1][0] != "nothing to do":
        yield f"half: a second reconcile still found {books.mended[-1][1]}"
    if books.state["leftovers"]:
        yield f"half: left behind: {books.state['leftovers'][:5]}"
    for one in books.told:
        answer = one["answer"]
        if answer and answer["exit"] == 70 and not is_planted(one["asked"]):
            yield f"half: {one['asked']['name']} ended unexpectedly: {answer['said'][:200]}"


def is_planted(asked: dict[str, Any]) -> bool:
    return bool(asked.get("full_at") or asked.get("largest_file"))
