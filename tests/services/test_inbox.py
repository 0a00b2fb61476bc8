import json

import pytest

from credit_default.errors import InputError
from credit_default.services.inbox import put_away_refused, put_away_scored

ERROR = InputError("bad.csv", found="no header", expected="a table", remedy="Export it again.")


@pytest.fixture
def incoming(wiring):
    def place(name, content="a,b\n1,2\n"):
        wiring.lake.incoming.mkdir(parents=True, exist_ok=True)
        path = wiring.lake.incoming / name
        path.write_text(content)
        return path

    return place


def test_scored_file_stands_in_processed_under_its_batch(wiring, incoming):
    path = incoming("march.csv")

    moved = put_away_scored(wiring.lake, path, batch_id="0123456789abcdef")

    assert moved == wiring.lake.processed / "0123456789abcdef-march.csv"
    assert moved.read_text() == "a,b\n1,2\n"
    assert not path.exists()


def test_refused_file_stands_in_refused_with_the_reason_beside_it(wiring, incoming):
    moved = put_away_refused(wiring.lake, incoming("bad.csv"), ERROR)

    reason = json.loads(moved.with_name(moved.name + ".reason.json").read_text())
    assert moved.parent == wiring.lake.refused
    assert reason == {"thing": "bad.csv", "found": "no header", "expected": "a table", "remedy": "Export it again."}
    assert list(wiring.lake.incoming.iterdir()) == []


def test_two_refused_files_of_one_name_do_not_replace_each_other(wiring, incoming):
    first = put_away_refused(wiring.lake, incoming("bad.csv", "one"), ERROR)
    second = put_away_refused(wiring.lake, incoming("bad.csv", "two"), ERROR)

    assert (first.read_text(), second.read_text()) == ("one", "two")


def test_file_of_a_person_s_own_stays_where_it_is(wiring, tmp_path):
    own = tmp_path / "own.csv"
    own.write_text("a\n1\n")

    assert put_away_scored(wiring.lake, own, batch_id="0123456789abcdef") == own
    assert own.exists()
