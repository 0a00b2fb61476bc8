"""checkov finds nothing: every exception stands beside its resource with a reason, and nothing went unread.

checkov needs libraries older than ours, so it lives in an environment of its own, which `make infra-check` makes from
infra/requirements.lock. On a file that it can't parse it reports no failure: hence the counts.
"""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from hcl_parsing import INFRA

ENVIRONMENT = INFRA.parent / ".venv-infra"
REASONED = re.compile(r"#checkov:skip=CKV2?_AWS_\d+:.{20,}")


def test_every_exception_has_a_reason():
    lines = [
        line
        for path in INFRA.rglob("*.tf")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]

    skips = [line.strip() for line in lines if "checkov:" in line]
    assert skips != []
    assert [line for line in skips if not REASONED.fullmatch(line)] == []


def test_checkov_is_locked_by_hash():
    lock = (INFRA / "requirements.lock").read_text(encoding="utf-8")

    assert re.search(r"^checkov==[\d.]+ ", lock, re.MULTILINE)
    assert all(
        "--hash=" in block for block in re.split(r"\n(?=\S)", lock) if "==" in block.splitlines()[0]
    )


@pytest.mark.terraform
def test_checkov_fails_nothing_and_read_everything(tmp_path, record_property):
    checkov = ENVIRONMENT / "bin" / "checkov"
    if not checkov.exists():
        pytest.skip("no checkov: `make infra-check` installs it into .venv-infra")

    ended = subprocess.run(
        [
            checkov,
            "--skip-download",
            "--compact",
            "--framework",
            "terraform",
            "--directory",
            INFRA,
            "--output",
            "json",
        ],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    told = json.loads(ended.stdout)
    summary = told["summary"]
    failed = [
        f"{found['check_id']} {found['resource']}" for found in told["results"]["failed_checks"]
    ]
    figures = f"{summary['passed']} passed, {summary['skipped']} skipped with a reason, {summary['resource_count']} resources"
    record_property("figures", figures)
    assert (failed, summary["parsing_errors"]) == ([], 0)
    assert summary["resource_count"] >= 160
    assert summary["passed"] >= 400
    assert {Path(found["file_path"]).name for found in told["results"]["passed_checks"]} >= {
        "main.tf",
        "databases.tf",
    }
