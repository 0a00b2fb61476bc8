"""Published reports: a batch's profile is that of its rows, and each file is the one that its monitoring run recorded."""

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from verifier.checks.record import Record
from verifier.checks.scores import Result
from verifier.findings import Findings, compare, fault, gap, guard, hold
from verifier.model.features import read_numbers

_REPORT: Final = re.compile(r"reports/([0-9a-f]{16})/v(\d+)/(.+)\Z")
_RECORDED: Final = re.compile(r"mlartifacts/.+/artifacts/report/(.+)\Z")
_PROFILE: Final = "profile.json"
_NEAR: Final = 1e-9  # relative, of means


def check_reports(record: Record, results: Mapping[tuple[str, int], Result]) -> Findings:
    """Yield what is found of each published file."""
    recorded: dict[str, set[str]] = {}
    for key in record.lake.list_keys("mlartifacts"):
        if found := _RECORDED.match(key):
            recorded.setdefault(found[1], set()).add(_hash(record, key))
    for key in record.lake.list_keys("reports"):
        if found := _REPORT.match(key):
            result = results.get((found[1], int(found[2])))
            if result is None:
                yield fault(key, "a batch and version that were never scored", "a scored batch")
                continue
            if found[3] == _PROFILE:
                yield from guard(key, _check_profile(record, key, result))
            yield from _check_copy(record, key, recorded.get(found[3]))


def _check_copy(record: Record, key: str, recorded: set[str] | None) -> Findings:
    if not record.lake.list_keys("mlartifacts/monitor") or recorded is None:
        yield gap(key, "the lake holds no copy that a monitoring run recorded")
    elif _hash(record, key) in recorded:
        yield hold("published files that their run recorded")
    else:
        yield fault(
            key, f"the sha256 {_hash(record, key)}", "that of a copy which its run recorded"
        )


def _hash(record: Record, key: str) -> str:
    return hashlib.sha256(record.lake.read(key)).hexdigest()


def _check_profile(record: Record, key: str, result: Result) -> Findings:
    said = json.loads(record.lake.read(key))
    snapshot = record.snapshots.get(result.entry.batch_id)
    if snapshot is None or result.newest is not result.entry:
        yield gap(key, "rows were erased since, or cannot be read")
        return
    yield compare(f"{key}, rows", said["row_count"], result.rows.num_rows, kind="profiles")
    for name, column in said["columns"].items():
        if name in snapshot.rows.column_names:
            values = read_numbers(snapshot.rows, name)
        elif name == "default_probability":
            values = result.rows[name].to_numpy()
        elif name == "decision":
            values = np.array([one == "decline" for one in result.rows[name].to_pylist()], float)
        else:
            yield gap(f"{key}, {name}", "a column that neither rows nor scores have")
            continue
        yield from _check_column(f"{key}, {name}", column, values)


def _check_column(thing: str, said: Mapping[str, Any], values: Any) -> Findings:
    known = values[~np.isnan(values)]
    if len(known):
        found = [said["minimum"], said["maximum"]]
        wanted = [float(known.min()), float(known.max())]
        yield compare(f"{thing}, range", found, wanted, kind="columns of profiles")
        mean = float(known.mean())
        if abs(said["mean"] - mean) > _NEAR * max(1.0, abs(mean)):
            yield fault(f"{thing}, mean", said["mean"], mean)
    if "special" in said:
        yield gap(f"{thing}, counts", "counts with special values are not computed again")
        return
    yield compare(
        f"{thing}, counts", said["counts"], _count(said, values), kind="columns of profiles"
    )


def _count(said: Mapping[str, Any], values: Any) -> list[int]:
    """Return how many values are in each bin, then those in none, then the missing ones."""
    missing = np.isnan(values)
    if "values" in said:
        listed = np.asarray(said["values"])
        places = np.searchsorted(listed, values)
        is_known = listed[np.minimum(places, len(listed) - 1)] == values
        bin_count = len(listed)
        places = np.where(is_known, places, bin_count)
    else:
        places = np.searchsorted(said["edges"], values, side="right")
        bin_count = len(said["edges"]) + 1
    places = np.where(missing, bin_count + 1, places)
    found: list[int] = np.bincount(places, minlength=bin_count + 2).tolist()
    return found
