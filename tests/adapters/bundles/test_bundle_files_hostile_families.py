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


@pytest.mark.parametrize(
    "family",
    [
        "boosting",
        *(
            pytest.param(family, marks=pytest.mark.nightly)
            for family in ("blend", "extra-trees", "scorecard")
        ),
    ],
)
def test_forty_forgeries_or_more_of_each_family_are_refused_and_nothing_runs(
    make_family_bundle, tmp_path, family
):
    write_bundle(make_family_bundle(family), tmp_path)
    done = subprocess.run(
        [sys.executable, SCRIPT, tmp_path],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-2000:]}"
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert {report["family"] for report in reports} == {family}
    assert len({report["name"] for report in reports}) >= 40
    assert [report for report in reports if report["outcome"] != "refused"] == []
    assert not any(report["ran"] for report in reports)
