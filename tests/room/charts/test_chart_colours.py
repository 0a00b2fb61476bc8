import re
from itertools import pairwise
from pathlib import Path

import pytest

import credit_default.room

STATIC = Path(credit_default.room.__file__).parent / "static"
ROLES = ("model", "truth", "limit", "reference", "third", "fourth", "fifth", "sixth")
LEVELS = ("ok", "watch", "alarm")


def read_schemes():
    """The variables of the light scheme, of the dark one and of paper, as both style sheets set them."""
    found = {}
    for sheet in ("room.css", "charts.css"):
        text = (STATIC / sheet).read_text()
        for head, body in re.findall(r"((?:@media[^{]*\{\s*)?:root[^{]*)\{([^}]*)\}", text):
            scheme = "dark" if "dark" in head else "paper" if "on-paper" in head else "light"
            variables = re.findall(r"(--[a-z-]+):\s*(#[0-9a-f]{6})\b", body)
            found.setdefault(scheme, {}).update(variables)
    return {
        "light": found["light"],
        "dark": found["light"] | found["dark"],
        "paper": found["light"] | found["dark"] | found["paper"],
    }


def measure_luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def measure_contrast(one, other):
    light, dark = sorted(map(measure_luminance, (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_lines_points_and_words_of_a_chart_stand_out_from_the_page(scheme):
    colours = read_schemes()[scheme]
    paper = colours["--paper"]

    for role in (*ROLES, *LEVELS):
        assert measure_contrast(colours[f"--chart-{role}"], paper) >= 4.5, role
    for words in ("--ink", "--soft"):
        assert measure_contrast(colours[words], paper) >= 4.5
        assert measure_contrast(colours[words], colours["--panel"]) >= 4.5


def test_paper_is_white_whatever_the_screen_shows():
    assert read_schemes()["paper"]["--paper"] == "#ffffff"


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
def test_no_two_lines_of_a_chart_have_one_colour(scheme):
    colours = read_schemes()[scheme]

    used = sorted(colours[f"--chart-{role}"] for role in ROLES)
    assert all(one != other for one, other in pairwise(used))
