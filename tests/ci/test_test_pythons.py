import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"


@pytest.fixture(scope="module")
def script(load_script):
    return load_script("test_pythons")


def put_python(folder, version, text):
    path = folder / f"python{version}"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def test_python_on_the_path_is_found(script, tmp_path, monkeypatch):
    put_python(tmp_path, "3.12", "echo /somewhere/python 3.12")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert script.find_python("3.12") == "/somewhere/python"


@pytest.mark.parametrize("text", ["exit 127", "echo /somewhere/python 3.10"])
def test_a_shim_without_its_interpreter_and_another_version_are_not_taken(
    script, tmp_path, monkeypatch, text
):
    put_python(tmp_path, "3.12", text)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert script.find_python("3.12") is None


def test_versions_are_those_that_the_project_declares(script):
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert [version for version in script.VERSIONS if f"Python :: {version}" not in text] == []
    assert text.count("Programming Language :: Python :: 3.") == len(script.VERSIONS)


def test_a_version_that_is_not_installed_is_skipped_by_name_and_this_one_too():
    environment = {**os.environ, "PATH": "/nowhere"}

    ended = subprocess.run(
        [sys.executable, ROOT / "ci/test_pythons.py", "--versions", HERE, "3.99"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0
    assert ended.stdout.split("\n")[-3:-1] == [
        f"Python {HERE}  skipped: the suite itself runs on it",
        "Python 3.99  skipped: not installed on this machine",
    ]
