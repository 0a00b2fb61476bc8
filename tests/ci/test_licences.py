from email.message import Message
from importlib.metadata import distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def licences(load_script):
    return load_script("licences")


class Package:
    """What importlib.metadata gives of an installed package, as far as licences go."""

    version = "1.0"

    def __init__(self, name, *, expression=None, classifiers=(), field=None):
        self.name = name
        self.metadata = Message()
        for key, value in (("License-Expression", expression), ("License", field)):
            if value:
                self.metadata[key] = value
        for classifier in classifiers:
            self.metadata["Classifier"] = f"License :: OSI Approved :: {classifier}"


def test_every_locked_dependency_that_is_installed_has_an_allowed_licence(licences):
    judged = licences.judge_licences(distributions(), licences.read_locked(ROOT))

    assert len(judged) > 200
    assert {licence.package: licence.said for licence in judged if not licence.reason} == {}


def test_no_exception_is_kept_for_a_package_that_is_not_locked(licences):
    assert set(licences.EXCEPTIONS) - licences.read_locked(ROOT) == set()


def test_no_exception_is_kept_for_a_package_that_needs_none(licences):
    judged = licences.judge_licences(distributions(), licences.read_locked(ROOT))

    assert [
        item.package
        for item in judged
        if item.reason == "permissive" and item.package in licences.EXCEPTIONS
    ] == []


@pytest.mark.parametrize(
    "said",
    [
        "MIT",
        "The MIT License (MIT)",
        "BSD-3-Clause AND 0BSD AND Zlib",
        "MPL-2.0 OR Apache-2.0",
        "ISC License (ISCL)",
        "BSD License AND Apache Software License",
        "MIT AND (GPL-3.0-only OR Apache-2.0)",
    ],
)
def test_permissive_licences_are_known_however_they_are_spelt(licences, said):
    assert licences.is_permissive(said)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "GPL-3.0-only",
        "MIT AND GPL-3.0-only",
        "AGPL-3.0 OR SSPL-1.0",
        "Proprietary",
        "MIT AND (GPL-3.0-only OR MPL-2.0)",
    ],
)
def test_copyleft_proprietary_and_silence_are_not_permissive(licences, said):
    assert not licences.is_permissive(said)


def test_expression_goes_before_classifiers_and_these_before_the_field(licences):
    classifiers = ["MIT License"]

    assert (
        licences.read_licence(Package("a", expression="ISC", classifiers=classifiers, field="x"))
        == "ISC"
    )
    assert licences.read_licence(Package("a", classifiers=classifiers, field="x")) == "MIT License"
    assert licences.read_licence(Package("a", field="Apache-2.0\n\nand its text")) == "Apache-2.0"
    assert licences.read_licence(Package("a")) == ""


def test_a_copyleft_dependency_is_refused_by_name(licences):
    installed = [
        Package("good", expression="MIT"),
        Package("Bad.Thing", expression="GPL-3.0-only"),
        Package("unlocked"),
    ]

    judged = licences.judge_licences(installed, frozenset({"good", "bad-thing"}))

    assert [(item.package, item.reason) for item in judged] == [
        ("bad-thing", ""),
        ("good", "permissive"),
    ]
