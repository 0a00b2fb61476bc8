import datetime as dt
import json

import polars as pl
import pytest
from tests.room.conftest import open_room

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.room.access.roles import Role

pytestmark = pytest.mark.xdist_group("room")

HOSTILE = "<b>a & b</b><img src=x onerror=alert(1)>"
JUDGED = {"row_count": 1_500.0, "coverage_share": 0.97, "default_share": 0.22}
JUDGED |= {"roc_auc": 0.81, "roc_auc_low": 0.79, "roc_auc_high": 0.83, "roc_auc_floor": 0.73}
JUDGED |= {"mean_probability": 0.21, "calibration_error": 0.05, "calibration_allowance": 0.2}
ESTIMATED = {"roc_auc": 0.78, "roc_auc_low": 0.74, "roc_auc_high": 0.82}
GATES = {
    "performance": JUDGED,
    "estimate": ESTIMATED,
    "fairness": {f"{HOSTILE}_acceptance_ratio": 0.9},
}


def find(lake, gate, figures, *, month, batch):
    row = {
        "batch_id": batch * 16,
        "model_version": 1,
        "statement_month": month,
        "gate": gate,
        "level": "ok",
        "reasons": [HOSTILE],
        "figures": json.dumps(figures),
        "row_count": 1_500,
        "expected_loss": 0.0,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": dt.datetime(2006, 1, 1, tzinfo=dt.UTC),
    }
    write_monitoring(lake, pl.DataFrame([row]))


@pytest.fixture(scope="module")
def room(room_settings, tmp_path_factory):
    root = tmp_path_factory.mktemp("monitored") / "lake"
    for month, batch in (("2005-10", "a"), ("2005-11", "b"), ("2005-12", "c")):
        for gate, figures in GATES.items():
            find(open_lake(root), gate, figures, month=month, batch=batch)
    with open_room(root, room_settings) as served:
        yield served


def get(room, address, **headers):
    with room.client(Role.VIEWER) as client:
        return client.get(address, headers=headers)


def test_each_chart_of_the_page_offers_its_json_with_the_tables_figures(room):
    page = get(room, "/performance")
    addresses = [part.split('"')[0] for part in page.text.split('href="')[1:]]
    offered = [address for address in addresses if "/charts/" in address]

    charts = {chart["name"]: chart for chart in (get(room, one).json() for one in offered)}

    assert len(charts) == page.text.count('<figure class="chart"') == 7
    assert charts["ranking"]["data"][2]["y"] == [0.81] * 3
    assert charts["ranking"]["table"]["rows"][3][1:3] == [
        "observed, with its 95 % interval",
        "0.810",
    ]
    assert "outcomes complete for 3 of 3 batches" in page.text
    assert "SIMULATED DATA" in page.text


def test_what_needs_scores_is_a_part_for_htmx_and_a_page_for_others(room):
    part = get(room, "/performance/outcomes", **{"HX-Request": "true"})
    page = get(room, "/performance/outcomes")

    assert part.text.lstrip().startswith("<section")
    assert "<html" in page.text
    assert "outcomes complete for 0 of 0 months and versions" in part.text
    assert get(room, "/performance/charts/vintages.json").json()["data"] == []


def test_a_chart_of_no_such_name_gets_a_sentence(room):
    answer = get(room, "/performance/charts/%3Cscript%3E.json")

    assert answer.status_code == 422
    assert "<script>" not in answer.text


def test_texts_from_data_are_no_markup_in_the_page(room):
    page = get(room, "/performance")

    assert "<img" not in page.text
    assert "&lt;img" in page.text


def test_a_lake_without_batches_says_so(room_settings, tmp_path):
    with open_room(tmp_path / "lake", room_settings) as empty:
        page = get(empty, "/performance")

    assert page.status_code == 200
    assert "No batch was monitored yet" in page.text


def open_page(sign_in, room, **options):
    page = sign_in(Role.VIEWER, room=room, **options)
    page.goto("/performance")
    page.wait_for_selector("#chart-vintages[data-drawn]")  # the part that htmx loads draws its own
    return page


def test_the_keyboard_walks_over_a_chart_s_points_zooms_and_resets(room, sign_in):
    page = open_page(sign_in, room)
    said = page.locator("#chart-ranking .said")
    read_range = "document.querySelector('#chart-ranking .plot')._fullLayout.xaxis.range"
    whole = page.evaluate(read_range)

    page.locator("#chart-ranking .plot").focus()
    heard = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowDown", "End"):
        page.keyboard.press(key)
        heard.append(said.inner_text())
    page.keyboard.press("+")
    zoomed = page.evaluate(read_range)
    page.keyboard.press("0")

    estimated = "estimated from the scores, before outcomes: 0.780 (0.740 to 0.820)"
    observed = "observed, with its 95 % interval: 0.810 (0.790 to 0.830)"
    known = "97% of the outcomes known, complete"
    assert heard == [
        f"2005-10, {estimated} (1 of 3)",
        f"2005-11, {estimated} (2 of 3)",
        f"2005-10, {estimated} (1 of 3)",
        f"2005-10, {observed}; {known} (1 of 3)",
        f"2005-12, {observed}; {known} (3 of 3)",
    ]
    assert said.get_attribute("aria-live") == "polite"
    assert zoomed[1] - zoomed[0] == pytest.approx((whole[1] - whole[0]) / 2)
    assert page.evaluate(read_range) == pytest.approx(whole)


def test_charts_follow_the_colour_scheme_and_print_on_white_paper_with_their_figures(room, sign_in):
    from playwright.sync_api import expect

    page = open_page(sign_in, room, color_scheme="dark")
    read_ink = "document.querySelector('#chart-ranking .plot')._fullLayout.font.color"
    opened = page.locator("figure.chart details[open]")

    dark = page.evaluate(read_ink)
    page.emulate_media(media="print", color_scheme="dark")
    expect(opened).to_have_count(9)
    printed = page.evaluate(read_ink)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(media="screen", color_scheme="light")
    expect(opened).to_have_count(0)

    assert (dark, printed, page.evaluate(read_ink)) == ("#e6edf3", "#1b1f24", "#1b1f24")
    assert paper == "rgb(255, 255, 255)"


def test_a_narrow_page_needs_no_scrolling_sideways_and_draws_names_from_data_to_the_letter(
    room, sign_in
):
    page = open_page(sign_in, room, viewport={"width": 390, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    widths = page.evaluate("[...document.querySelectorAll('.plot')].map(p => p.clientWidth)")
    assert all(300 < width <= 390 for width in widths)
    assert page.locator("#chart-fairness .legendtext").first.text_content() == HOSTILE
    assert page.locator("#chart-fairness img, #chart-fairness image[href='x']").count() == 0
