"""page: the control room's read-only part, written into the lake by the command line."""

import shutil


def test_pages_are_written_into_the_lake_and_the_first_one_is_named(
    run, lake_with_champion, tmp_path
):
    lake = tmp_path / "lake"
    shutil.copytree(lake_with_champion, lake)

    answer = run("page", "--lake", lake, "--json")

    opened = answer.json["paths"]["open"]
    assert (answer.exit_code, answer.json["status"]) == (0, "written")
    assert opened == f"{lake}/reports/room/index.html"
    assert "<!doctype html>" in (lake / "reports" / "room" / "index.html").read_text()
    assert answer.json["counts"]["pages"] == len(
        [*(lake / "reports" / "room").glob("*.html"), *(lake / "reports" / "room").glob("*.json")]
    )
