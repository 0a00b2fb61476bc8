"""Stored boosters, scorecards and forests of random splits that a hostile store may deliver: each is refused before it can score.

`tests/fakes/hostile_families.py` forges them and reads them in processes of its own, so that a crash ends only that one.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from credit_default.adapters.bundles.bundle_files import write_bundle

SCRIPT = Path(__file__).parents[2] / "fakes" / "hostile_families.py"


FAMILIES = ("blend", "boosting", "extra-trees", "scorecard")


@pytest.fixture(scope="module")
def all_reports(make_family_bundle, tmp_path_factory):
    roots = []
    for family in FAMILIES:
        roots.append(tmp_path_factory.mktemp("hostile"))
        write_bundle(make_family_bundle(family), roots[-1])
    done = subprocess.run(
        [sys.executable, SCRIPT, *roots], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-2000:]}"
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("family", FAMILIES)
def test_forty_forgeries_or_more_of_each_family_are_refused_and_nothing_runs(all_reports, family):
    reports = [report for report in all_reports if report["family"] == family]
    assert len({report["name"] for report in reports}) >= 40
    assert [report for report in reports if report["outcome"] != "refused"] == []
    assert not any(report["ran"] for report in reports)
