import sys
from pathlib import Path

import pytest

from credit_default.cli.terminal.own_programs import name_program


@pytest.fixture
def installation(tmp_path, monkeypatch):
    """A folder with programs, whose python runs this test."""
    programs = tmp_path / "My Project" / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "credit-default"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("PATH", "/usr/bin")
    return programs


def test_program_that_the_shell_finds_is_called_by_its_name(installation, monkeypatch):
    monkeypatch.setenv("PATH", f"{installation}:/usr/bin")

    assert name_program("credit-default") == "credit-default"


def test_program_of_a_checkout_is_called_from_its_folder(installation, monkeypatch):
    monkeypatch.chdir(installation.parents[1])

    assert name_program("credit-default") == ".venv/bin/credit-default"


def test_another_program_of_that_name_is_not_meant(installation, tmp_path, monkeypatch):
    other = tmp_path / "credit-default"
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(Path(__file__).parent)

    assert name_program("credit-default") == f"'{installation}/credit-default'"
