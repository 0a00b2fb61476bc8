"""Stored estimators of a package that a hostile store may deliver, even signed with a stolen key: each is refused before it can score.

`tests/fakes/hostile_own.py` forges them and reads them in a process of its own, so that a crash ends only that one.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fakes.own_package import install_package

from credit_default.adapters.bundles.bundle_files import write_bundle
from credit_default.adapters.bundles.signing_keys import make_key
from credit_default.installed import find_source

SCRIPT = Path(__file__).parents[2] / "fakes" / "hostile_own.py"


@pytest.fixture(scope="module")
def reports(make_family_bundle, tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile")
    (root / "good").mkdir()
    make_key(root / "key.pem")
    sys.path.insert(0, str(install_package(root / "packages")))
    find_source.cache_clear()
    try:
        bundle = make_family_bundle("acme-credit:logit")
        write_bundle(bundle, root / "good", signing_key=root / "key.pem")
    finally:
        sys.path.remove(str(root / "packages"))
        find_source.cache_clear()
        for name in [name for name in sys.modules if name.startswith("acme_credit")]:
            del sys.modules[name]
    done = subprocess.run(
        [sys.executable, SCRIPT, root], capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, f"ended with {done.returncode}: {done.stderr[-2000:]}"
    return {report["name"]: report for report in map(json.loads, done.stdout.splitlines())}


def test_the_bundle_that_is_spoilt_is_read_when_it_is_sound(reports):
    assert reports.pop("sound")["outcome"] == "read"


def test_forty_forgeries_or_more_are_refused_and_nothing_runs(reports):
    forged = [report for name, report in reports.items() if name != "sound"]

    assert len(forged) >= 40
    assert [report for report in forged if report["outcome"] != "refused"] == []
    assert not any(report["ran"] for report in forged)


def test_each_is_refused_with_a_sentence_that_says_what_was_found(reports):
    forged = [report["message"] for name, report in reports.items() if name != "sound"]

    assert all(": found " in message and "; expected " in message for message in forged)
