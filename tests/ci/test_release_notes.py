import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHANGELOG = """# Changelog

## [Unreleased]

### Added

- A lake.

## [1.0.0] - 2026-01-02

- A model.

## [0.9.0]
"""


@pytest.fixture(scope="module")
def find_section(load_script):
    return load_script("release_notes").find_section


@pytest.mark.parametrize(
    ("version", "text"),
    [("Unreleased", "### Added\n\n- A lake."), ("1.0.0", "- A model."), ("v1.0.0", "- A model.")],
)
def test_notes_are_the_text_under_the_versions_heading(find_section, version, text):
    assert find_section(CHANGELOG, version) == text


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2.0.0", r"no heading \[2.0.0\], only Unreleased, 1.0.0, 0.9.0"),
        ("0.9.0", "says nothing of 0.9.0"),
    ],
)
def test_a_version_that_the_changelog_does_not_mention_is_refused(find_section, version, words):
    with pytest.raises(LookupError, match=words):
        find_section(CHANGELOG, version)


def test_a_name_is_not_taken_for_a_pattern(find_section):
    with pytest.raises(LookupError):
        find_section(CHANGELOG, "1.0.")


def test_command_fails_in_one_line_for_an_unknown_version():
    ended = subprocess.run(
        [sys.executable, ROOT / "ci/release_notes.py", "v99.0.0"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert ended.stderr.startswith("CHANGELOG.md has no heading [99.0.0]")
    assert len(ended.stderr.splitlines()) == 1
