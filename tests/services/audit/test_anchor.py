"""The head of a proved ledger, noted line by line in a file of its own."""

import datetime as dt

import pytest

from credit_default.adapters.tables.ledger import append_entry
from credit_default.errors import InputError
from credit_default.services.audit.anchor import note_head
from credit_default.views.summaries.summary import Summary

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)


def append(lake, key):
    said = {"batch_id": "", "model_version": 0, "details": {}, "at": NOON}
    return append_entry(lake, event="reviewed", key=key, **said)


def prove(entry):
    return Summary("verify", "proved", paths={"head": entry.entry_hash})


def test_each_new_head_is_a_line_and_the_same_again_is_none(wiring, tmp_path):
    path = tmp_path / "kept" / "heads.txt"
    first = append(wiring.lake, "one")
    note_head(wiring.lake, prove(first), path)
    second = append(wiring.lake, "two")
    for _ in range(2):
        note_head(wiring.lake, prove(second), path)

    assert path.read_text() == f"1 {first.entry_hash}\n2 {second.entry_hash}\n"


def test_a_broken_lake_is_not_noted(wiring, tmp_path):
    entry = append(wiring.lake, "one")
    broken = Summary("verify", "broken", exit_code=1, paths={"head": entry.entry_hash})

    note_head(wiring.lake, broken, tmp_path / "heads.txt")

    assert not (tmp_path / "heads.txt").exists()


def test_an_empty_ledger_and_a_file_that_is_no_text_are_refused(wiring, tmp_path):
    with pytest.raises(InputError, match="no entry"):
        note_head(wiring.lake, Summary("verify", "proved"), tmp_path / "heads.txt")
    (tmp_path / "picture").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no text"):
        note_head(wiring.lake, prove(append(wiring.lake, "one")), tmp_path / "picture")
