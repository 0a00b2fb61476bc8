"""A lake with two versions: a decision counts only where the champion is still the one that was seen."""

import datetime as dt
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from credit_default.adapters.tables.ledger import read_entries
from credit_default.errors import InputError, RefusedError
from credit_default.services.champion.champion_state import (
    ChampionState,
    parse_champion_state,
    read_champion_state,
)
from credit_default.services.champion.versions import promote_by_hand, roll_back

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def two(two_versions, make_wiring, tmp_path):
    shutil.copytree(two_versions, tmp_path / "lake")
    return make_wiring()


def promote(wiring, seen, by="Ada", at=NOON):
    return promote_by_hand(wiring, 2, reason="a test", decided_at=at, by=by, seen=seen)


def count_changes(wiring):
    return len(read_entries(wiring.lake, events=("promoted", "rolled back")))


def test_a_form_carries_the_state_and_gives_it_back():
    state = ChampionState(3, 17, NOON.isoformat())

    assert parse_champion_state(state.format()) == state
    assert parse_champion_state("0.0.") == ChampionState(0, 0)


@pytest.mark.parametrize("text", ["", "3", "3.x.", "-1.2.", "1.2." + "x" * 200, "<b>.1."])
def test_a_state_that_no_page_has_written_is_refused_in_words(text):
    with pytest.raises(InputError, match="what the page showed"):
        parse_champion_state(text)


def test_of_eight_people_who_promote_from_one_page_at_once_exactly_one_does(two):
    seen = read_champion_state(two)

    def decide(number):
        try:
            return promote(two, seen, by=f"person {number}").status
        except RefusedError as error:
            return error.found

    with ThreadPoolExecutor(8) as people:
        told = sorted(people.map(decide, range(8)))

    moved = "version 2 took the seat at 12:00 UTC"
    assert told == ["version 2 is the champion", *[moved] * 7]
    assert count_changes(two) == 2


def test_a_second_click_promotes_and_rolls_back_once_and_a_second_person_is_told(two):
    seen = read_champion_state(two)
    assert promote(two, seen).status == promote(two, seen, at=NOON + HOUR).status
    assert two.registry.find_version(2).tags["promoted_by"] == "Ada"

    seen = read_champion_state(two)
    back = {"reason": "a test", "seen": seen}
    first = roll_back(two, decided_at=NOON + HOUR, by="Ada", **back)
    again = roll_back(two, decided_at=NOON + 2 * HOUR, by="Ada", **back)
    with pytest.raises(RefusedError, match="version 1 took the seat at 13:00 UTC"):
        roll_back(two, decided_at=NOON + 2 * HOUR, by="Grace", **back)

    assert first.status == again.status == "version 1 is the champion again"
    assert (count_changes(two), two.registry.find_champion().number) == (3, 1)


def test_a_champion_that_left_and_came_back_has_moved(two):
    seen = read_champion_state(two)
    promote(two, None)
    roll_back(two, reason="a test", decided_at=NOON + HOUR)

    with pytest.raises(RefusedError, match="version 1 took the seat at 13:00 UTC"):
        promote(two, seen, by="Grace", at=NOON + 2 * HOUR)
