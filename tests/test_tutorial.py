"""docs/tutorial.md, carried out as its reader would do it; its pictures are drawn from what its commands print."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
STEPS = re.findall(r"^```sh\n(.+)\n```\n\n<!-- picture ([\w-]+\.svg): .+ -->$", PAGE, re.MULTILINE)
DRAWN = runpy.run_path(str(ROOT / "tests" / "fakes" / "terminal_pictures.py"))


def find_declined_client(lake):
    """The batch and the client of the last row in `scores` that has reasons."""
    scores = pl.scan_delta(str(lake / "tables" / "scores"))
    reasoned = scores.filter(pl.col("reasons").list.len() > 1)
    row = reasoned.sort("statement_month", "client_id").select("batch_id", "client_id").tail(1)
    return row.collect().row(0)


def test_every_command_of_the_tutorial_has_its_picture_but_the_one_that_does_not_end():
    fences = re.findall(r"^```sh( up)?$", PAGE, re.MULTILINE)
    names = [name for _, name in STEPS]

    assert len(STEPS) == fences.count("") > 6
    assert fences.count(" up") == 1
    assert len({*names}) == len(names)


def test_picture_shows_what_was_left_on_the_screen_and_names_no_other_place(tmp_path):
    turning = (
        "\x1b[?25l\x1b[32m⠋\x1b[0m working\r\x1b[2K\x1b[32m⠙\x1b[0m working\n\x1b[?25h\r\x1b[1A"
    )
    shown = f"{turning}\x1b[2K\x1b[32m✓\x1b[0m working: 2 < 3\n{turning}\x1b[2Kdone\n"

    DRAWN["draw_terminal"]("credit-default check", shown, tmp_path / "one.svg")

    drawn = (tmp_path / "one.svg").read_text(encoding="utf-8").replace("&#160;", " ")
    assert "credit-default check" in drawn
    assert "working: 2 &lt; 3" in drawn
    assert "⠋" not in drawn
    assert DRAWN["clean_output"](shown).splitlines()[1:] == ["done"]
    assert {*re.findall(r"https?://[\w./]+", drawn)} <= {
        "http://www.w3.org/2000/svg",
        "https://www.textualize.io",  # who drew it, in a comment
    }


@pytest.mark.nightly
@pytest.mark.pictures
def test_tutorial_can_be_followed_and_gets_its_pictures(tmp_path):
    place = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    wide = place | {"COLUMNS": "100", "FORCE_COLOR": "1", "PYTHONPATH": str(ROOT / "src")}
    for command, name in STEPS:
        line = command
        if "BATCH_ID" in command:
            batch, client = find_declined_client(tmp_path / "demo-lake")
            line = command.replace("BATCH_ID", batch).replace("CLIENT_ID", client)
        ended = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{line} 2>&1"],
            cwd=tmp_path,
            env=wide,
            capture_output=True,
            check=False,
            timeout=7200,
        )
        shown = ended.stdout.decode()  # as text its carriage returns would be line ends
        assert ended.returncode == 0, f"{line}\n{shown}"
        shown = shown.replace(str(tmp_path), "~")
        DRAWN["draw_terminal"](line, shown, ROOT / "build" / "pictures" / name)
