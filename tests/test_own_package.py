"""A lender's own feature function, from a package of its own, is trained, scored elsewhere, and refused when it changes."""

import json
import os
import subprocess
import sys

import pytest
from tests.fakes.own_package import FUNCTIONS, install_package
from tests.test_another_portfolio import FLOORS, cut_out_declaration, lend

QUICK = """
report = "drift"
jobs = 1
[promotion]
lowest_roc_auc = {lowest_roc_auc}
largest_first_level_error = {largest_first_level_error}
"""
OWN = """
  { name = "own_burden", function = "acme-credit:burden", columns = ["instalment_amount", "monthly_income"], arguments = { cap = 1.5 } },
]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A declaration with the function, files, and the package beside them."""
    folder = tmp_path_factory.mktemp("own")
    declaration = cut_out_declaration().rstrip().removesuffix("]")
    (folder / "loans.toml").write_text(declaration + OWN, encoding="utf-8")
    (folder / "quick.toml").write_text(QUICK.format(**FLOORS), encoding="utf-8")
    lend(1_500, month="2005-05", first=1, seed=4).write_csv(folder / "training.csv")
    for name, seed in (("batch", 2), ("later", 3)):
        lend(300, month="2005-06", first=5_000 * seed, seed=seed).drop("bad").write_csv(
            folder / f"{name}.csv"
        )
    install_package(folder / "packages")
    return folder


@pytest.fixture(scope="module")
def run(folder):
    """Runs a command in a process of its own, with the package on its path; returns exit code and output."""

    def run(*words):
        paths = [str(folder / "packages"), os.environ.get("PYTHONPATH", "")]
        ended = subprocess.run(
            [
                sys.executable,
                "-m",
                "credit_default.cli.main",
                *words,
                "--config",
                "quick.toml",
                "--lake",
                "lake",
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stderr + ended.stdout

    return run


@pytest.fixture(scope="module")
def trained(run):
    return run("train", "--portfolio", "loans.toml", "--data", "training.csv", "--quiet")


def test_a_model_with_an_own_feature_takes_the_seat_and_scores_in_another_process(trained, run):
    assert trained[0] == 0, trained[1]

    code, output = run("predict", "batch.csv", "--portfolio", "loans.toml", "--json")

    assert code == 0, output
    assert json.loads(output.splitlines()[-1])["counts"]["scored"] == 300


def test_its_scores_are_computed_again_to_the_last_bit(trained, run):
    run("predict", "batch.csv", "--portfolio", "loans.toml", "--quiet")

    code, output = run("verify", "--portfolio", "loans.toml")

    assert code == 0, output


@pytest.mark.parametrize(
    ("version", "code", "found"),
    [
        ("1.1", FUNCTIONS, "acme-credit 1.1"),
        ("1.0", FUNCTIONS.replace("cap=2.0", "cap=3.0"), "other code"),
    ],
)
def test_no_row_is_scored_when_the_package_is_another(trained, run, folder, version, code, found):
    install_package(folder / "packages", version=version, code=code)
    try:
        exit_code, output = run("predict", "later.csv", "--portfolio", "loans.toml")
    finally:
        install_package(folder / "packages")

    assert exit_code == 2
    assert found in output
    assert "Traceback" not in output
    assert "acme-credit 1.0" in " ".join(output.split())
