"""A sound lake holds, with nothing left unnamed; what is no lake is told apart from what does not hold."""

import re
import shlex
import shutil
from pathlib import Path

import boto3
import pytest
from verifier.command import parse_arguments

ROOT = Path(__file__).resolve().parents[2]


def test_a_lake_in_which_everything_has_happened_holds(verified_lake, check_lake):
    checked = check_lake(verified_lake)

    assert (checked.code, checked.faults) == (0, [])
    held = [line for line in checked.text.splitlines() if line.startswith("holds")]
    names = {re.sub(r"holds +[\d,]+  ", "", line) for line in held}
    assert {
        "ledger entries",
        "values of default_probability",
        "values of expected_loss",
        "values of shadow scores",
        "reasons of clients",
        "sums of reasons",
        "overrides",
        "erasures",
        "evidence of verdicts",
        "figures computed again",
        "published files that their run recorded",
    } <= names


def test_what_cannot_be_judged_is_named(verified_lake, check_lake):
    gaps = [line.partition("  ")[2].strip() for line in check_lake(verified_lake).gaps]

    assert len(gaps) == 3
    assert any("1 of 20 rows were erased" in line for line in gaps)
    assert any(line.startswith("evidence of version 2") for line in gaps)


@pytest.mark.parametrize("content", [None, "a file", "an empty folder"])
def test_what_is_no_lake_ends_with_another_code(check_lake, tmp_path, content):
    if content == "a file":
        (tmp_path / "lake").write_text("no lake")
    elif content:
        (tmp_path / "lake").mkdir()

    checked = check_lake(tmp_path / "lake")

    assert checked.code == 2
    assert checked.text.startswith("verifier: ")


def test_a_lake_without_its_registry_holds_and_says_what_is_not_judged(lake, check_lake):
    (lake / "mlflow.db").unlink()
    shutil.rmtree(lake / "mlartifacts")

    checked = check_lake(lake)

    assert (checked.code, checked.faults) == (0, [])
    assert any("its verdict: the registry is not in the lake" in line for line in checked.gaps)


@pytest.mark.nightly
def test_a_lake_in_a_bucket_is_read_where_it_is(s3_environment, verified_lake, check_lake):
    place = {"LocationConstraint": "eu-central-1"}
    store = boto3.resource("s3", endpoint_url=s3_environment)
    bucket = store.create_bucket(Bucket="verified", CreateBucketConfiguration=place)
    for path in verified_lake.rglob("*"):
        key = path.relative_to(verified_lake).as_posix()
        if path.is_file() and not key.startswith(("mlartifacts", "mlflow.db", "champion/bundles")):
            bucket.upload_file(str(path), f"lakes/one/{key}")

    checked = check_lake("s3://verified/lakes/one")

    assert (checked.code, checked.faults) == (0, [])
    assert "617  values of default_probability" in checked.text
    assert check_lake("s3://verified/lakes/none").code == 2


@pytest.mark.parametrize("page", ["format.md", "runbook.md", "tables.md", "reference/README.md"])
def test_every_command_that_is_documented_is_one(page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    lines = re.findall(r"python -m verifier ([^`#\n]*)", text)

    assert lines
    for line in lines:
        parse_arguments(shlex.split(line))  # exits where it is none
