import datetime as dt
from dataclasses import replace

from credit_default.adapters.mlflow.model_versions import ModelVersion
from credit_default.services.champion.version_page import describe_version_page, write_version_page
from credit_default.settings_sections import RoomSettings


def make_version(**tags):
    trained = {"trained_at": "2005-12-01T12:00:00+00:00", "data_origin": "simulated", **tags}
    at = dt.datetime(2005, 12, 1, tzinfo=dt.UTC)
    return ModelVersion("m", 3, "run", "id", "ab" * 32, (), at, trained)


def test_page_says_purpose_verdict_figures_card_and_room():
    verdict = {
        "verdict": "promotion: ok",
        "verdict_reasons": "it wins\nby far",
        "verdict_figures": '{"roc_auc": 0.7746}',
    }

    page = describe_version_page(
        make_version(**verdict), used_for="reviews clients", room="https://room.example/"
    )

    assert "for a risk team that reviews clients" in page
    assert "**promotion: ok**" in page
    assert "* it wins\n* by far" in page
    assert "0.7746" in page
    assert "model card" in page
    assert "[In the control room](https://room.example/models/3)" in page
    assert "Simulated data" in page


def test_page_says_whether_the_version_scores_or_did():
    champion = replace(
        make_version(rolled_back_at="2005-12-02T09:30:00.123456+00:00"), aliases=("champion",)
    )
    back = make_version(
        rolled_back_at="2005-12-02T09:30:00.123456+00:00", rolled_back_because="<b>"
    )
    before = make_version(promoted_at="2005-12-02T09:30:00+00:00")

    pages = [describe_version_page(one, used_for="reviews") for one in (champion, back, before)]

    assert "**Champion**" in pages[0]
    assert r"**Rolled back** at 2005-12-02 09\:30 UTC" in pages[1]
    assert r"\<b\>" in pages[1]
    assert "It was the champion once" in pages[2]
    assert "champion" not in describe_version_page(make_version(), used_for="reviews").lower()


def test_page_has_no_dead_link_where_no_room_is_named():
    assert "control room" not in describe_version_page(make_version(), used_for="reviews clients")


def test_reason_that_came_with_the_data_cannot_turn_into_markup():
    reasons = "<img src=x onerror=alert(1)> [x](javascript:alert(1))"
    tags = {"verdict": "promotion: refused", "verdict_reasons": reasons}

    page = describe_version_page(make_version(**tags), used_for="reviews clients")

    assert r"\<img" in page
    assert r"\[x\]\(javascript" in page


def test_training_describes_its_version_and_writing_it_again_changes_nothing(champion_lake):
    wiring = champion_lake.wiring
    room = RoomSettings(address="https://room.example")
    with_room = replace(wiring, settings=wiring.settings.model_copy(update={"room": room}))

    def read():
        return wiring.tracking.client.get_model_version(wiring.registry.name, "1")

    trained = read()
    write_version_page(wiring, 1)
    again = read()
    write_version_page(with_room, 1)

    assert champion_lake.summary.find_verdict("promotion").gate in trained.description
    assert again.last_updated_timestamp == trained.last_updated_timestamp
    assert "https://room.example/models/1" in read().description
