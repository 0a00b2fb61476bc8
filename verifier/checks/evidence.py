"""The evidence of a verdict on a version: what its training recorded, and its figures, computed again where the rows are kept."""

import json
from collections.abc import Iterable
from typing import Any, Final

import numpy as np

from verifier.checks.record import Record
from verifier.checks.scores import find_threshold
from verifier.findings import Findings, compare, fault, gap, hold
from verifier.model.bundles import Model
from verifier.reading.registry import Version

_EVIDENCE: Final = "validation/evidence.json"
_TRAINING: Final = "training/record.json"
_TOLERANCE: Final = 1e-9


def check_evidence(record: Record, version: Version, model: Model | None) -> Findings:
    """Yield whether the evidence is there, is of this version and its rows, and says what the verdict says."""
    thing = f"evidence of version {version.number}"
    found = _find_artifacts(record, version.run_id)
    if _TRAINING in found:
        said = json.loads(record.lake.read(found[_TRAINING]))
        yield from _check_rows(record, f"{thing}, record.json", said["data"]["snapshots"])
    elif found:
        yield fault(thing, "no training/record.json", "the record of its training")
    if _EVIDENCE not in found:
        if version.tags.get("card") == "drawn" and found:
            yield fault(thing, "no validation/evidence.json", "the evidence of its verdict")
        else:
            yield gap(thing, "the lake does not hold it, or it is still owed")
        return
    said = json.loads(record.lake.read(found[_EVIDENCE]))
    identity = [said["identity"]["number"], said["identity"]["run_id"]]
    wanted = [version.number, version.run_id]
    yield compare(f"{thing}, identity", identity, wanted, kind="evidence of verdicts")
    yield from _check_verdict(thing, said["verdict"], version)
    yield from _check_rows(record, thing, said["data"]["snapshots"])
    if said["judged_on"] != "test side":
        yield gap(
            f"{thing}, evaluation", f"it was judged {said['judged_on']}, on rows of no bundle"
        )
    elif model is not None:
        yield from _check_evaluation(thing, said["evaluation"], model)


def _find_artifacts(record: Record, run_id: str) -> dict[str, str]:
    keys = record.lake.list_keys("mlartifacts")
    mark = f"/{run_id}/artifacts/"
    return {key.partition(mark)[2]: key for key in keys if mark in key}


def _check_verdict(thing: str, said: Any, version: Version) -> Findings:
    tags = version.tags
    yield compare(
        f"{thing}, verdict", f"{said['gate']}: {said['level']}", tags["verdict"], kind="verdicts"
    )
    try:
        figures = json.loads(tags.get("verdict_figures", "{}"))
    except ValueError:
        yield gap(f"{thing}, figures", "the registry cut them short")
        return
    yield compare(f"{thing}, figures", said["figures"], figures, kind="figures of verdicts")
    reasons = "\n".join(said["reasons"])
    if not reasons.startswith(tags.get("verdict_reasons", "")):
        yield fault(f"{thing}, reasons", reasons, tags.get("verdict_reasons", ""))


def _check_rows(record: Record, thing: str, named: Iterable[Any]) -> Findings:
    """Yield whether the batches that a version learned from are those of the ledger."""
    known = {entry.batch_id: entry.read() for entry in record.find("ingested")}
    for one in named:
        details = known.get(one["batch_id"])
        if details is None:
            yield fault(
                f"{thing}, batch {one['batch_id']}", "not in the ledger", "an ingested batch"
            )
            continue
        found = one["sha256"]
        yield compare(
            f"{thing}, batch {one['batch_id']}",
            found,
            details["input_sha256"],
            kind="training rows",
        )
        if one["row_count"] > details["accepted"]:
            yield fault(
                f"{thing}, rows of {one['batch_id']}", one["row_count"], details["accepted"]
            )


def _check_evaluation(thing: str, said: Any, model: Model) -> Findings:
    """Yield whether the figures on the test side are those of the bundle's reference, which is that side."""
    rows = model.reference
    if rows is None or "defaulted" not in rows.column_names:
        yield gap(f"{thing}, evaluation", "the bundle holds no test rows with outcomes")
        return
    probability = rows["default_probability"].to_numpy()
    defaulted = rows["defaulted"].to_numpy().astype(bool)
    if said["row_count"] != len(defaulted):
        expected = f"{len(defaulted)}, those of the reference"
        yield fault(f"{thing}, rows tested", said["row_count"], expected)
        return
    declined = probability >= find_threshold(model.policy)
    counts = {
        "caught_default_count": int((declined & defaulted).sum()),
        "false_alarm_count": int((declined & ~defaulted).sum()),
        "missed_default_count": int((~declined & defaulted).sum()),
        "right_accept_count": int((~declined & ~defaulted).sum()),
    }
    for name, count in counts.items():
        yield compare(
            f"{thing}, {name}", said["confusion"][name], count, kind="figures computed again"
        )
    figures = {
        "roc_auc": _measure_auc(defaulted, probability),
        "brier": float(((probability - defaulted) ** 2).mean()),
        "mean_probability": float(probability.mean()),
    }
    for name, value in figures.items():
        found = said["metrics"][name]["value"]
        if abs(found - value) <= _TOLERANCE:
            yield hold("figures computed again")
        else:
            yield fault(f"{thing}, {name}", found, f"{value!r}, computed again")


def _measure_auc(defaulted: Any, probability: Any) -> float:
    _, place, count = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(count) - (count - 1) / 2)[place]
    bad = int(defaulted.sum())
    good = len(defaulted) - bad
    return float((ranks[defaulted].sum() - bad * (bad + 1) / 2) / (bad * good))
