"""What people decided: overrides, findings, reviews; and erasures, of which only counts and digests remain."""

import hashlib
import json
from typing import Any, Final

from verifier.checks.record import Record
from verifier.findings import Findings, compare, fault, hold
from verifier.reading.ledger import Entry

_OVERRIDE: Final = (
    *("batch_id", "model_version", "client_id", "statement_month", "scored_decision"),
    *("decision", "reason", "decided_by", "decided_at", "salt"),
)
_FINDING: Final = ("finding_id", "model_version", "severity", "due", "closed_at")
_REVIEW: Final = ("model_version", "tier", "opinion", "next_review", "reviewed_at")


def check_overrides(record: Record) -> Findings:
    """Yield whether the overrides are those whose digests are in the ledger, and are of scored clients."""
    entries = {
        entry.read().get("record_digest"): entry for entry in record.find("decision overridden")
    }
    rows = record.list_rows("overrides", *_OVERRIDE)
    digests = [digest_override(row) for row in rows]
    for place, digest in enumerate(digests):
        if digest not in entries or digests.index(digest) < place:
            expected = "the digest of one entry of the ledger"
            yield fault(f"override {place + 1}", f"the digest {digest}", expected)
        else:
            yield from _check_override(entries[digest], rows[place])
    for digest in set(entries) - set(digests) - record.list_erased_overrides():
        yield fault(f"override {digest}", "no such row", f"the row of {entries[digest].thing}")
    yield from _check_decisions(record, rows)


def digest_override(row: dict[str, Any]) -> str:
    """Return the digest of an override's row."""
    text = json.dumps({name: row[name] for name in _OVERRIDE}, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_override(entry: Entry, row: dict[str, Any]) -> Findings:
    details = entry.read()
    said = [*entry.result, details["scored_decision"], details["decision"]]
    found = [row[name] for name in ("batch_id", "model_version", "scored_decision", "decision")]
    yield compare(entry.thing, said, found, kind="overrides")


def _check_decisions(record: Record, rows: list[dict[str, Any]]) -> Findings:
    """Yield overrides whose scored decision is not that of the client's score."""
    names = ("batch_id", "model_version", "client_id", "statement_month")
    wanted = {tuple(row[name] for name in names): row["scored_decision"] for row in rows}
    if not wanted:
        return
    found = {
        key: row["decision"]
        for row in record.list_rows("scores", *names, "decision")
        if (key := tuple(row[name] for name in names)) in wanted
    }
    for key, decision in wanted.items():
        if found.get(key) != decision:
            thing = f"override in batch {key[0]}, version {key[1]}, its scored decision"
            yield fault(thing, decision, f"{found.get(key)}, that of the score")


def check_reviews(record: Record) -> Findings:
    """Yield whether findings about models, their closing and reviews are those of the ledger."""
    rows = record.list_rows("findings", *_FINDING)
    opened = [[r["finding_id"], r["model_version"], r["severity"], r["due"]] for r in rows]
    said = [
        [e.read()["finding_id"], e.model_version, e.read()["severity"], e.read()["due"]]
        for e in record.find("finding opened")
    ]
    yield from _compare_lists("findings", opened, said)
    closed = [[row["finding_id"], row["model_version"]] for row in rows if row["closed_at"]]
    said = [[e.read()["finding_id"], e.model_version] for e in record.find("finding closed")]
    yield from _compare_lists("closed findings", closed, said)
    reviews = [[row[name] for name in _REVIEW[:4]] for row in record.list_rows("reviews", *_REVIEW)]
    said = [
        [e.model_version, *(e.read()[name] for name in _REVIEW[1:4])]
        for e in record.find("reviewed")
    ]
    yield from _compare_lists("reviews", reviews, said)


def _compare_lists(thing: str, found: list[Any], said: list[Any]) -> Findings:
    extra = [one for one in found if found.count(one) > said.count(one)]
    missing = [one for one in said if said.count(one) > found.count(one)]
    if extra:
        yield fault(thing, f"{extra[0]}, which the ledger does not have", "those of the ledger")
    if missing:
        yield fault(thing, f"no {missing[0]}", "those of the ledger")
    yield hold(thing, len(found) - len(extra))


def check_erasures(record: Record) -> Findings:
    """Yield whether each erasure was ended, and whether each result that it changed is on record anew."""
    ended = {
        entry.read().get("begun"): entry
        for entry in record.find("forgotten", "cut short")
        if not (entry.event == "forgotten" and entry.model_version)
    }
    for begun in record.erasures:
        if begun.key not in ended:
            yield fault(
                begun.thing, "an erasure that was begun", "an entry that ends it: `forget` again"
            )
            continue
        for batch_id, version in json.loads(begun.read()["results"]):
            after = [e for e in record.find("forgotten") if e.result == (batch_id, version)]
            if not any(entry.sequence > begun.sequence for entry in after):
                thing = f"scores of batch {batch_id}, version {version}"
                yield fault(thing, f"no count after {begun.thing}", "one, as a client was erased")
        yield hold("erasures")
    for key, entry in ended.items():
        if key not in {begun.key for begun in record.erasures}:
            yield fault(entry.thing, f"the end of {key}", "an erasure that was begun")
