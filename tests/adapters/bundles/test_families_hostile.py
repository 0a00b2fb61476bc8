"""Estimators of each family that a hostile store may deliver: nothing of them runs, no process crashes, each is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from credit_default.adapters.bundles.bundle_files import write_bundle

SCRIPT = Path(__file__).parents[2] / "fakes" / "hostile_families.py"
FAMILIES = ("extra-trees", "boosting", "scorecard")
# The reasons of some, as those of all are in `test_bundle_files_hostile.py`.
REASONS = {
    "boosting: real booster": "HistGradientBoostingClassifier (ObjectNode), which is not on the list",
    "boosting: child far outside": "a child outside the tree",
    "boosting: value NaN": "a value that is no number",
    "boosting: value of 1e300": "a leaf that is no log odds",
    "boosting: another value": "content with the digest",
    "boosting: another baseline": "content with the digest",
    "boosting: baseline NaN": "a baseline that is no log odds",
    "boosting: trees that are none": "a wrong number of trees",
    "extra-trees: own parent": "a child outside the tree",
    "extra-trees: value of 1e300": "shares outside 0 to 1",
    "scorecard: edges that fall": "edges that do not rise",
    "scorecard: edges_ with NaN": "edges that are not finite",
    "scorecard: points_ one too few": "another number of points than of bins",
    "scorecard: other points": "content with the digest",
    "scorecard: other edges": "content with the digest",
    "scorecard: spread below 0": "a spread below 0",
    "scorecard: method of its own": "attributes ['predict_proba'] on a Scorecard",
}


@pytest.fixture(scope="module")
def reports(family_bundles, tmp_path_factory):
    """The result of reading each forgery, by its name; all are read in a process of their own."""
    root = tmp_path_factory.mktemp("hostile")
    for name, bundle in family_bundles.items():
        (root / name).mkdir()
        write_bundle(bundle, root / name)
    done = subprocess.run(
        [sys.executable, SCRIPT, root], capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, f"reading ended with {done.returncode}: {done.stderr[-2000:]}"
    return {report["name"]: report for report in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("family", FAMILIES)
def test_there_are_more_than_forty_forgeries_of_each_family(reports, family):
    assert sum(name.startswith(f"{family}: ") for name in reports) >= 40


@pytest.mark.parametrize("family", FAMILIES)
def test_each_forgery_is_refused_in_a_moment_and_nothing_runs(reports, family):
    found = {name: report for name, report in reports.items() if name.startswith(f"{family}: ")}

    assert {name: r["message"] for name, r in found.items() if r["outcome"] != "refused"} == {}
    assert [name for name, report in found.items() if report["ran"]] == []
    assert max(report["seconds"] for report in found.values()) < 1
    assert max(report["grown_megabytes"] for report in found.values()) < 300


@pytest.mark.parametrize(("name", "reason"), REASONS.items(), ids=list(REASONS))
def test_the_reason_names_what_was_found(reports, name, reason):
    assert reason in reports[name]["message"]
