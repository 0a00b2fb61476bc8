import datetime as dt
import shutil
import time

import pytest
from prefect.client.orchestration import get_client
from prefect.events.filters import EventFilter, EventNameFilter

from credit_default.adapters.lake.layout import open_lake
from credit_default.flows.events.champion_events import (
    announce_champion_changes,
    announce_from_command,
)
from credit_default.flows.runs.context import connect
from credit_default.flows.train import train
from credit_default.services.champion.versions import promote_by_hand, roll_back
from credit_default.services.monitoring.alarms import AlarmUpdate
from credit_default.settings_sections import PrefectSettings

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect_server")]

LATER = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)  # no other test changes the champion then
HOUR = dt.timedelta(hours=1)
NO_ALARMS = AlarmUpdate(())


@pytest.fixture(scope="module")
def two_versions(untouched, tmp_path_factory):
    """Overrides of a lake with two versions, the first of them champion; all changes were announced."""
    lake = tmp_path_factory.mktemp("two") / "lake"
    shutil.copytree(untouched["lake"], lake, ignore=shutil.ignore_patterns("prefect"))
    small = {
        "recipe": {"tree_count": 9, "maximum_depth": 5},
        "promotion": {"approval": "second-person"},
    }
    overrides = {**untouched, "lake": str(lake)}
    train(overrides={**overrides, **small}, return_state=True).result()
    return overrides


@pytest.fixture
def wiring(two_versions, tmp_path):
    lake = shutil.copytree(two_versions["lake"], tmp_path / "lake")
    wiring = connect({**two_versions, "lake": str(lake)}, [])
    for version in wiring.registry.list_versions():
        wiring.registry.load_version(version)
    announce_champion_changes(wiring)
    return wiring


def name_server(wiring, **prefect):
    return wiring.settings.model_copy(update={"prefect": PrefectSettings(**prefect)})


def read_moves(at, count):
    """Events about the champion change at this moment, in their order; waits until there are so many."""
    names = ["credit-default.model.promoted", "credit-default.model.rolled-back"]
    deadline = time.monotonic() + 300
    while True:
        with get_client(sync_client=True) as client:
            found = client.read_events(
                EventFilter(event=EventNameFilter(name=names)), limit=50
            ).events
        own = [event for event in found if event.payload["at"].startswith(at.isoformat()[:19])]
        if len(own) >= count or time.monotonic() > deadline:
            return sorted(own, key=lambda event: event.occurred)
        time.sleep(0.1)


@pytest.mark.nightly
def test_promotion_and_rollback_are_announced_once_each_in_their_order(wiring):
    at = LATER
    promote_by_hand(wiring, 2, reason="a test", decided_at=at)
    first = announce_champion_changes(wiring)
    roll_back(wiring, reason="a test", decided_at=at + HOUR)
    second, third = announce_champion_changes(wiring), announce_champion_changes(wiring)

    (promoted,), (back,) = read_moves(at, 1), read_moves(at + HOUR, 1)
    assert [part.counts["seat moves told"] for part in (first, second, third)] == [1, 1, 0]
    assert (promoted.event, promoted.resource.id) == (
        "credit-default.model.promoted",
        "credit-default.model.2",
    )
    assert (promoted.payload["model_version"], promoted.payload["previous_version"]) == ("2", "1")
    assert promoted.payload["by"] == "a person"
    assert (back.event, back.resource.id) == (
        "credit-default.model.rolled-back",
        "credit-default.model.1",
    )
    assert (back.payload["model_version"], back.payload["previous_version"]) == ("1", "2")


def test_change_announced_twice_by_a_crash_between_event_and_marker_is_one_event(wiring):
    at = LATER + 24 * HOUR
    promote_by_hand(wiring, 2, reason="a test", decided_at=at)
    marker = wiring.lake.storage.read_object("champion/told-move")
    announce_champion_changes(wiring)
    wiring.lake.storage.write_object(
        "champion/told-move", marker
    )  # as if the process had died before it was written

    again = announce_champion_changes(wiring)

    assert again.counts == {"seat moves told": 1}
    read_moves(at, 1)
    time.sleep(1)  # a second one would have come by now
    assert len(read_moves(at, 1)) == 1


def test_changes_that_could_not_be_announced_are_all_announced_later(wiring):
    at = LATER + 48 * HOUR
    promote_by_hand(wiring, 2, reason="a test", decided_at=at)
    roll_back(wiring, reason="a test", decided_at=at + HOUR)

    reported = announce_champion_changes(wiring)

    assert reported.notes == ("announced: version 2 promoted", "announced: version 1 rolled back")
    assert len(read_moves(at, 1)) == len(read_moves(at + HOUR, 1)) == 1


def test_in_a_lake_from_before_changes_were_announced_only_the_last_one_is(wiring):
    at = LATER + 72 * HOUR
    promote_by_hand(wiring, 2, reason="a test", decided_at=at)
    wiring.lake.storage.delete_object("champion/told-move")

    assert announce_champion_changes(wiring).notes == ("announced: version 2 promoted",)


def test_command_announces_to_the_server_that_is_named(wiring, prefect_server):
    at = LATER + 96 * HOUR
    promote_by_hand(wiring, 2, reason="a test", decided_at=at)
    named = name_server(wiring, api_url=prefect_server)

    notes = announce_from_command(wiring, named, alarms=NO_ALARMS)

    assert notes == ()
    assert len(read_moves(at, 1)) == 1


def test_command_whose_server_is_away_says_that_the_event_was_not_sent(wiring):
    promote_by_hand(wiring, 2, reason="a test", decided_at=LATER + 120 * HOUR)
    named = name_server(wiring, api_url="http://me:hunter2@127.0.0.1:9/api", wait_seconds=0.2)

    (note,) = announce_from_command(wiring, named, alarms=NO_ALARMS)

    assert note == (
        "Prefect at http://***@127.0.0.1:9/api did not accept the event: `credit-default reconcile` sends it later"
    )
    assert announce_champion_changes(wiring).counts == {"seat moves told": 1}


def test_training_that_promotes_its_version_announces_it(two_versions):
    assert (
        open_lake(two_versions["lake"])
        .storage.read_object("champion/told-move")
        .startswith(b"promoted v1 ")
    )
