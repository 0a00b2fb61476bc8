"""Formatted, valid, and each module does what it says with a mocked provider (`terraform test`)."""

import os
import re
import runpy
import subprocess
from pathlib import Path

import pytest
from hcl_parsing import INFRA
from terraform_runs import require_terraform

TESTED = sorted(
    {path.parent.parent.relative_to(INFRA).as_posix() for path in INFRA.rglob("tests/*.tftest.hcl")}
)


def test_every_module_has_tests_of_its_own():
    modules = {path.relative_to(INFRA).as_posix() for path in (INFRA / "modules").iterdir()}

    assert set(TESTED) == modules | {"bootstrap", "stack"}


def test_every_file_is_formatted():
    require_terraform()

    ended = subprocess.run(
        [
            "terraform",
            "fmt",
            "-check",
            "-recursive",
            "-no-color",
            INFRA,
            Path(__file__).parent / "live",
        ],
        env={
            "PATH": os.environ["PATH"],
            "TF_CLI_CONFIG_FILE": os.devnull,
            "CHECKPOINT_DISABLE": "true",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (0, "")


@pytest.mark.terraform
@pytest.mark.parametrize(
    "environment", [pytest.param("production", marks=pytest.mark.short), "staging"]
)
def test_an_environment_is_valid(terraform, environment):
    told = terraform(f"environments/{environment}").run_json("validate", "-json")

    assert (told["valid"], told["diagnostics"]) == (True, [])


@pytest.mark.terraform
@pytest.mark.parametrize("folder", TESTED)
def test_a_module_keeps_its_promises(terraform, folder):
    only = (
        ["-filter=tests/refusals.tftest.hcl"] if folder == "stack" else []
    )  # the rest of it is `rendered`

    messages = terraform(folder).run_tests(*only)

    summary = next(
        message["test_summary"] for message in messages if message["type"] == "test_summary"
    )
    assert summary["status"] == "pass"
    assert summary["passed"] >= 2


@pytest.mark.terraform
@pytest.mark.short
def test_the_whole_system_is_planned(rendered):
    assert len(rendered.resources) >= 150
    assert rendered.outputs["cluster_name"] == "credit-default-staging"


@pytest.mark.terraform
@pytest.mark.short
def test_a_smoke_test_asks_for_the_services_that_stand(rendered):
    services = runpy.run_path(str(INFRA.parent / "ci" / "smoke_test.py"))["SERVICES"]

    assert list(services) == rendered.outputs["service_names"]


@pytest.mark.terraform
@pytest.mark.short
def test_what_the_readme_takes_out_of_the_state_is_in_it(rendered):
    readme = (INFRA / "README.md").read_text(encoding="utf-8")
    (taken,) = re.findall(r"`terraform state rm ([^`]+)`", readme)
    known = [f"module.stack.{address}" for address in rendered.resources]

    for address in taken.split():
        assert any(f"{one}.".startswith(f"{address}.") for one in known), address


@pytest.mark.terraform
@pytest.mark.short
def test_no_resource_has_a_public_address(rendered):
    """Read from the rendered values, whatever the text says."""
    public = [
        f"{address}: {key}"
        for address, values in rendered.resources.items()
        for key, value in walk(values)
        if key in {"assign_public_ip", "map_public_ip_on_launch", "publicly_accessible"} and value
    ]

    assert public == []


@pytest.mark.terraform
@pytest.mark.short
def test_only_files_that_were_dealt_with_go_away_by_age(rendered):
    """Models, scores, snapshots and the ledger stay; of the records not even an older version goes."""
    rules = {
        bucket: rendered.resources[
            f"module.lake.module.{bucket}.aws_s3_bucket_lifecycle_configuration.this"
        ]["rule"]
        for bucket in ("data", "records")
    }

    expired = {rule["filter"][0]["prefix"] for rule in rules["data"] if rule["expiration"]}
    assert expired == {"portfolio/processed/", "portfolio/refused/"}
    assert [rule["id"] for rule in rules["records"]] == ["unfinished-uploads"]


def walk(value):
    """Every key of a nested value with what it holds."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, item
            yield from walk(item)
    elif isinstance(value, list):
        for item in value:
            yield from walk(item)
