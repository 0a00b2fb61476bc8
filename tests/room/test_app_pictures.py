"""The docs' pictures of the control room, taken of the demo's lake as its pages show it."""

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")
ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "pictures"


@pytest.fixture
def demo_lake(tmp_path):
    """The lake that the tutorial makes: `credit-default demo --data simulated`."""
    lake = tmp_path / "demo-lake"
    command = ["-m", "credit_default.cli.main", "demo", "--data", "simulated", "--lake", lake]
    place = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    ended = subprocess.run(
        [sys.executable, *command], env=place, capture_output=True, check=False, timeout=7200
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return lake


@pytest.mark.nightly
@pytest.mark.pictures
def test_pages_of_the_demo_are_drawn_for_the_docs(demo_lake, serve_room, sign_in):
    room = serve_room(demo_lake)
    last = pl.scan_delta(str(demo_lake / "tables" / "scores")).sort("statement_month").tail(1)
    batch_id = last.select("batch_id").collect().item()
    pages = {
        "room-now.png": ("/", "#alarms"),
        "room-batch.png": (f"/batches/{batch_id}", "figure[data-drawn]"),
        "room-model.png": ("/models/2", "figure[data-drawn]"),
    }
    PICTURES.mkdir(parents=True, exist_ok=True)
    look = sign_in(Role.APPROVER, room=room, viewport={"width": 1280, "height": 1000})

    for name, (address, awaited) in pages.items():
        look.goto(address)
        look.locator(awaited).first.wait_for()
        look.locator(".soft", has_text="being asked").wait_for(state="detached", timeout=60_000)
        taken = look.screenshot(path=PICTURES / name, clip=dict(x=0, y=0, width=1280, height=1000))
        assert len(taken) > 20_000  # an empty page has a tenth of it

    assert {name for name in pages if not (PICTURES / name).is_file()} == set()
