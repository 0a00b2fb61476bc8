import copy
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def compare(load_script):
    return load_script("compare_metrics").compare


@pytest.fixture
def main():
    return {
        "status": "promoted",
        "verdicts": [{"gate": "quality", "level": "ok"}, {"gate": "promotion", "level": "ok"}],
        "counts": {"accepted": 15_000, "tested": 3_058},
        "figures": {
            "roc_auc, test side": 0.78,
            "roc_auc, test side, low": 0.76,
            "roc_auc, test side, high": 0.80,
            "brier, test side": 0.14,
            "brier, test side, low": 0.13,
            "brier, test side, high": 0.15,
            "threshold": 0.1667,
        },
        "paths": {"digest": "aa"},
        "notes": [],
    }


def read_rows(page):
    rows = [
        line.replace("\\", "").strip("| ").split(" | ")
        for line in page.splitlines()
        if line.startswith("| ")
    ]
    return {row[0]: row[1:] for row in rows[1:]}


def test_a_figure_has_main_proposed_and_their_difference(compare, main):
    proposed = copy.deepcopy(main)
    proposed["figures"]["roc_auc, test side"] = 0.785

    rows = read_rows(compare(main, proposed))

    assert rows["roc_auc, test side"] == ["0.7800", "0.7850", "+0.0050", "within noise"]
    assert set(rows) == {
        "roc_auc, test side",
        "brier, test side",
    }  # a figure without an interval is no measure


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("roc_auc, test side", 0.81, "**better**"),
        ("roc_auc, test side", 0.75, "**worse**"),
        ("brier, test side", 0.12, "**better**"),
        ("brier, test side", 0.16, "**worse**"),
        ("brier, test side", 0.15, "within noise"),
    ],
)
def test_outside_of_mains_interval_a_change_is_named_in_the_right_direction(
    compare, main, name, value, word
):
    proposed = copy.deepcopy(main)
    proposed["figures"][name] = value

    assert read_rows(compare(main, proposed))[name][-1] == word


def test_same_digest_is_said_to_be_the_same_model(compare, main):
    other = copy.deepcopy(main)
    other["paths"]["digest"] = "bb"

    assert "the same model, to the last bit" in compare(main, main)
    assert "another model" in compare(main, other)


def test_public_data_is_not_compared_with_simulated_clients_in_silence(compare, main):
    simulated = copy.deepcopy(main)
    simulated["notes"] = ["SIMULATED data: no real client stands behind these figures"]

    assert "**Not comparable**" in compare(main, simulated)
    assert "**simulated**" in compare(simulated, simulated)
    assert "imulated" not in compare(main, main)


def test_hostile_names_come_out_as_text(compare, main):
    proposed = copy.deepcopy(main)
    for run in (main, proposed):
        run["figures"] |= {"<img>|x": 1.0, "<img>|x, low": 0.0, "<img>|x, high": 2.0}
        run["status"] = "<script>"

    page = compare(main, proposed)

    assert "<img>" not in page
    assert "<script>" not in page


def test_command_prints_the_page_of_two_files(main, tmp_path):
    (tmp_path / "main.json").write_text(json.dumps(main))

    ended = subprocess.run(
        [sys.executable, ROOT / "ci/compare_metrics.py", "main.json", "main.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT / "src")},
    )

    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(
        "<!-- credit-default: model figures -->\n### Figures of the model"
    )
    assert (
        "* main: promoted (quality ok; promotion ok); 15,000 accepted, 3,058 tested" in ended.stdout
    )
