import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from credit_default.adapters.host import given_paths
from credit_default.adapters.host.given_paths import resolve_file, resolve_folder
from credit_default.errors import InputError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """tmp_path/start is the working folder; tmp_path/here is a link to tmp_path/there/lake."""
    (tmp_path / "start").mkdir()
    (tmp_path / "there" / "lake").mkdir(parents=True)
    (tmp_path / "here").symlink_to("there/lake")
    monkeypatch.chdir(tmp_path / "start")
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("lake", "start/lake"),
        (".", "start"),
        ("../lake", "lake"),
        ("..//there/./lake/", "there/lake"),
        ("../here", "there/lake"),
        ("../here/..", "there"),  # as the system follows it, and not as the text reads
        ("~/there/lake", "there/lake"),
        ("~", ""),
        ("./~", "start/~"),
        ("a~b", "start/a~b"),
        ("%20", "start/%20"),
        ("$HOME", "start/$HOME"),
        ("data:2005", "start/data:2005"),
        (" x ", "start/ x "),
    ],
)
def test_a_folder_is_absolute_and_without_links(given, expected, folder):
    assert resolve_folder(given, thing="lake") == folder / expected


@pytest.mark.parametrize("given", ["batch.csv", "../start/batch.csv", "~/start//batch.csv"])
def test_a_link_to_a_file_keeps_the_name_that_people_call_it_by(given, folder):
    (folder / "there" / "2005-11.csv").touch()
    (folder / "start" / "batch.csv").symlink_to("../there/2005-11.csv")

    assert resolve_file(given, thing="file") == folder / "start" / "batch.csv"


def test_the_folder_of_a_file_is_followed(folder):
    assert resolve_file("../here/batch.csv", thing="file") == folder / "there/lake/batch.csv"
    assert resolve_file("..", thing="file") == folder


def test_a_path_that_was_followed_once_stays_as_it_is(folder):
    once = resolve_folder("../here", thing="lake")

    assert resolve_folder(once, thing="lake") == once
    assert resolve_file(once / "x", thing="file") == once / "x"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("~nobody-of-this-name/lake", "no home folder"),
        ("a\0b", "not UTF-8"),
        (os.fsdecode(b"caf\xe9"), "not UTF-8"),
        ("../circle/lake", "loop"),
        ("", "an empty path.*Write [.] for this folder"),
        ("../file/lake/deep", "file, which is a file"),
        ("n" * 256 + "/lake", "too long"),
        ("nnnn/" * 1000, "too long"),
        ("../link/lake", "not UTF-8"),
    ],
)
def test_a_path_that_cannot_be_followed_is_refused_with_the_reason(given, found, folder):
    (folder / "circle").symlink_to("circle")
    (folder / "file").touch()
    (folder / "link").symlink_to(os.fsdecode(b"caf\xe9"))

    for resolve in (resolve_folder, resolve_file):
        with pytest.raises(InputError, match=found):
            resolve(given, thing="lake")


def test_in_a_working_folder_whose_name_is_no_text_a_path_is_refused(folder, monkeypatch):
    (odd := folder / os.fsdecode(b"caf\xe9")).mkdir()
    monkeypatch.chdir(odd)

    for resolve in (resolve_folder, resolve_file):
        with pytest.raises(InputError, match=r"not UTF-8 text.*Rename it"):
            resolve("lake", thing="lake")


def test_a_name_of_a_file_that_is_too_long_is_refused(folder):
    with pytest.raises(InputError, match="too long"):
        resolve_file("n" * 256, thing="file")


def test_without_a_working_folder_a_relative_path_is_refused_and_an_absolute_one_is_not(tmp_path):
    program = (
        "import os, pathlib, sys\n"
        "from credit_default.adapters.host.given_paths import resolve_folder\n"
        "from credit_default.errors import InputError\n"
        "os.rmdir(os.getcwd())\n"
        "print(resolve_folder(sys.argv[1], thing='lake'))\n"
        "try:\n    resolve_folder('lake', thing='lake')\n"
        "except InputError as error:\n    print(error)\n"
    )
    (tmp_path / "gone").mkdir()

    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=tmp_path / "gone",
        capture_output=True,
        text=True,
        check=True,
    )

    first, second = ended.stdout.splitlines()
    assert Path(first) == tmp_path
    assert second.startswith("lake lake: found a working folder that no longer exists")


def test_paths_are_followed_here_and_nowhere_else():
    source = Path(given_paths.__file__).parents[2]
    others = {
        "plain_links.py",  # whether a link leads to a plain path
        "plain_addresses.py",
        "bundle_files.py",  # a bundle's files may not be links
        "artifact_addresses.py",  # whether two addresses name one folder
        "embedded_versions.py",
        "file_access.py",  # the name of a folder that was given as "."
        "wiring.py",  # whether a key's file is in the lake, wherever a link leads
        "own_programs.py",  # how a program is typed from here; nothing is read or written there
        "settings_files.py",  # settings are read before there are adapters
    }
    follows = re.compile(
        r"expanduser\(|\.absolute\(|\.resolve\(|abspath\(|realpath\(|getcwd\(|\.cwd\("
    )

    found = {path.name for path in source.rglob("*.py") if follows.search(path.read_text())}

    assert found - others == {"given_paths.py"}
