"""The findings of `ci/test_newest.py`: what broke is named, and a pin says whether its reason is gone."""

import pytest


@pytest.fixture(scope="module")
def newest(load_script):
    return load_script("test_newest")


def test_pins_of_pyproject_have_a_probe_each(newest):
    pinned = {package for probe in newest.PROBES.values() for package in probe.packages}

    assert pinned == {
        "evidently",
        "fastapi",
        "mlflow",
        "pandas",
        "prefect",
        "scikit-learn",
        "sqlalchemy",
    }


def test_versions_are_read_from_the_lock(newest, tmp_path):
    lock = tmp_path / "lock.txt"
    lock.write_text("mlflow[auth]==3.20.1\n    # via x\npandas==3.1.0\n", encoding="utf-8")

    said = newest.read_versions(lock, ("mlflow", "pandas", "prefect"))

    assert said == "mlflow 3.20.1, pandas 3.1.0, prefect not there"


def test_what_broke_is_named_by_its_test_and_error(newest):
    printed = "..F\nFAILED tests/a.py::test_b - TypeError: no\n1 failed, 2 passed in 3s\n"

    assert newest.find_broken(printed) == ["FAILED tests/a.py::test_b - TypeError: no"]
    assert newest.last_line(printed) == "1 failed, 2 passed in 3s"


def test_a_pin_may_be_lifted_only_where_nothing_broke(newest):
    probe = newest.PROBES["fastapi"]

    assert newest.describe_pin(probe, passed=False)[0].endswith("422; it stays")
    assert "can be lifted" in newest.describe_pin(probe, passed=True)[0]
