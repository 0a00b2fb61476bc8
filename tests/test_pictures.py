import re
import runpy
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
