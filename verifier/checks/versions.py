"""Model versions: each promotion has its verdict, each verdict its evidence, and the champion is the one promoted last."""

import json
from typing import Final

from verifier.checks.evidence import check_evidence
from verifier.checks.record import Record
from verifier.findings import Findings, compare, fault, gap, guard, hold
from verifier.model.bundles import Model
from verifier.reading.ledger import Entry
from verifier.reading.registry import Registry, Version, read_registry

_CHANGES: Final = ("promoted", "rolled back")
_JUDGED: Final = ("kept", "approval requested")
_POINTER: Final = "champion/champion.json"
_PASSED: Final = ("ok", "watch")


def check_versions(record: Record) -> Findings:
    """Yield what is found of promotions, verdicts, evidence and the pinned champion."""
    yield from guard("champion/champion.json", _check_pointer(record))
    yield from _check_digests(record)
    if record.lake.registry is None:
        for entry in record.find(*_CHANGES, *_JUDGED):
            yield gap(f"{entry.thing}, its verdict", "the registry is not in the lake")
        return
    try:
        registry = read_registry(record.lake.registry)
    except ValueError as error:
        yield fault("registry mlflow.db", f"content that cannot be read ({error})", "a sound file")
        return
    yield from _check_registry(record, registry)


def _check_pointer(record: Record) -> Findings:
    changes = record.find(*_CHANGES)
    if record.lake.get_size(_POINTER) is None:
        if changes:
            yield gap(_POINTER, "no champion is pinned")
        return
    said = json.loads(record.lake.read(_POINTER))
    if not changes:
        yield fault(_POINTER, f"version {said['model_version']}", "none, as none was promoted")
        return
    last = changes[-1]
    yield compare(_POINTER, said["model_version"], last.model_version, kind="pinned champions")
    expected = last.read()["model_digest"]
    yield compare(f"{_POINTER}, digest", said["digest"], expected, kind="pinned champions")
    folder = f"champion/pinned/{said['digest']}"
    if said["seal"] not in {"", *record.list_seals(said["digest"], folder)}:
        yield fault(f"{_POINTER}, seal", said["seal"], "the sha256 of the pinned manifest")
    for name in said["files"]:
        if record.lake.get_size(f"{folder}/{name}") is None:
            yield fault(f"{folder}/{name}", "no such file", "the one that champion.json names")


def _check_digests(record: Record) -> Findings:
    """Yield whether all entries about a version name one model."""
    known: dict[int, Entry] = {}
    for entry in record.entries:
        digest = entry.read().get("model_digest")
        if not digest or not entry.model_version:
            continue
        first = known.setdefault(entry.model_version, entry)
        expected = first.read()["model_digest"]
        if digest != expected:
            yield fault(
                f"{entry.thing}, model_digest", digest, f"{expected}, as {first.thing} has it"
            )
    yield hold("versions with one model", len(known))


def _check_registry(record: Record, registry: Registry) -> Findings:
    for entry in record.find(*_CHANGES, *_JUDGED):
        version = registry.find(entry.model_version, str(entry.read().get("model_digest")))
        if version is None:
            thing = f"model version {entry.model_version}"
            yield fault(thing, "not in the registry", f"the model of {entry.thing}")
        else:
            yield from guard(f"{entry.thing}, its verdict", _check_entry(entry, version))
    judged = {entry.model_version for entry in record.find(*_CHANGES, *_JUDGED)}
    for version in registry.versions:
        thing = f"model version {version.number}"
        model = record.models.get(version.tags["digest"])
        yield from guard(thing, _check_version(record, version, model))
        if "verdict" in version.tags and version.number not in judged:
            yield fault(thing, f"the verdict {version.tags['verdict']}", "an entry of the ledger")
    changes = record.find(*_CHANGES)
    for (name, alias), number in registry.aliases.items():
        if alias == "champion" and not (changes and changes[-1].model_version == number):
            expected = f"version {changes[-1].model_version}" if changes else "none"
            yield fault(f"champion of {name}", f"version {number}", f"{expected}, promoted last")


def _check_entry(entry: Entry, version: Version) -> Findings:
    details, tags = entry.read(), version.tags
    gate, _, level = tags.get("verdict", "").partition(": ")
    thing = f"{entry.thing}, its verdict"
    if not level:
        yield fault(thing, "none in the registry", "the verdict of the promotion gate")
        return
    if entry.event in _JUDGED:
        yield compare(thing, [gate, level], ["promotion", details["level"]], kind="verdicts")
    elif details.get("by", "gate") == "gate" and entry.event == "promoted" and level not in _PASSED:
        yield fault(thing, level, "one that passed, as the gate promoted it")
    else:
        yield hold("verdicts")
    if details.get("contest_digest"):
        contest = json.loads(tags["verdict_contest"])
        said = [details["contest_digest"], details["contest_side"], details["attempt"]]
        found = [contest["digest"], contest["side"], contest["number"]]
        yield compare(f"{entry.thing}, its comparison", said, found, kind="comparisons")


def _check_version(record: Record, version: Version, model: Model | None) -> Findings:
    thing = f"model version {version.number}"
    if model is None:
        yield gap(thing, f"the lake holds no sound bundle of the model {version.tags['digest']}")
    elif version.tags.get("seal", "") in {"", *record.list_seals(version.tags["digest"])}:
        yield hold("seals")
    else:
        yield fault(f"{thing}, seal", version.tags["seal"], "the sha256 of a manifest of the lake")
    if "verdict" not in version.tags:
        yield gap(thing, "it was not judged")
        return
    yield from check_evidence(record, version, model)
