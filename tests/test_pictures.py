import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRAWN = runpy.run_path(str(ROOT / "docs" / "draw_pictures.py"))


def test_picture_of_the_readme_is_what_the_code_draws_today():
    committed = DRAWN["PICTURE"].read_text(encoding="utf-8")

    assert committed == DRAWN["draw_demo"](), "run `make docs`"
    assert f"]({DRAWN['PICTURE'].relative_to(ROOT)})" in (ROOT / "README.md").read_text("utf-8")


def test_picture_fetches_nothing_and_fits_80_columns():
    drawn = DRAWN["draw_demo"]()

    assert not re.search(r"url\((?!#)|@import|<script|href=", drawn)
    assert max(map(len, DRAWN["list_printed_lines"]())) <= 80


def test_picture_of_the_speeds_shows_the_table_above_it(tmp_path):
    page = ROOT / "docs" / "performance.md"
    copy = Path(shutil.copy(page, tmp_path))
    redraw = [sys.executable, ROOT / "benchmarks" / "bench.py", "--redraw"]

    subprocess.run([*redraw, copy], check=True, timeout=600)
    drawn = copy.with_suffix(".svg").read_text(encoding="utf-8")
    text = page.read_text(encoding="utf-8")
    copy.write_text(re.sub(r"(\| scores \| 1,000,000 \| )[\d.]+", r"\g<1>99.9", text))
    subprocess.run([*redraw, copy], check=True, timeout=600)

    assert drawn == page.with_suffix(".svg").read_text("utf-8"), f"run `{redraw[1].name} --redraw`"
    assert drawn != copy.with_suffix(".svg").read_text("utf-8")
