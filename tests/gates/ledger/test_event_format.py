import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import ClassVar

import pytest

from credit_default.errors import ServiceError
from credit_default.gates.ledger.chain import (
    LedgerEntry,
    chain_entry,
    hash_entry,
    judge_chain,
    write_details,
)
from credit_default.gates.ledger.event_format import (
    LedgerEvent,
    read_event,
    select_events,
    stored_as,
    stored_with_prefix,
    write_event,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted(LedgerEvent):
    name: ClassVar[str] = "counted"

    row_count: int
    share: float
    kind: str = stored_as("the kind", default="plain")
    month: str | None
    corrects: str | None = None
    sums: Mapping[str, float] = stored_with_prefix("sum ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(LedgerEvent):
    name: ClassVar[str] = "done"
    about_version: ClassVar[bool | None] = False

    counts: Mapping[str, int] = stored_with_prefix("")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFinished(LedgerEvent):
    name: ClassVar[str] = "done"
    about_version: ClassVar[bool | None] = True


COUNTED = Counted(row_count=7, share=0.5, month=None, sums={"a": 1.5}, git_commit="0123abc")


def make_entry(details, *, event="counted", model_version=0):
    text = details if isinstance(details, str) else write_details(details)
    entry = LedgerEntry(0, "2005-10-01", event, "key 1", "", model_version, text, "")
    return chain_entry(entry, None)


def test_an_event_is_stored_under_its_keys():
    assert write_event(COUNTED) == {
        "row_count": 7,
        "share": 0.5,
        "the kind": "plain",
        "month": None,
        "sum a": 1.5,
        "git_commit": "0123abc",
    }


def test_a_field_that_is_none_by_default_is_left_out_where_it_is_none():
    assert "corrects" not in write_event(COUNTED)
    assert write_event(replace(COUNTED, corrects="ab"))["corrects"] == "ab"


def test_an_event_is_read_back_as_it_was_written():
    event = replace(COUNTED, corrects="ab", kind="other")

    assert read_event(make_entry(write_event(event)), Counted) == event


def test_keys_of_another_version_are_kept_and_written_again():
    details = {**write_event(COUNTED), "later": True, "most": "x"}

    event = read_event(make_entry(details), Counted)

    assert event.extra == {"later": True, "most": "x"}
    assert write_event(event) == details


def test_a_key_that_an_older_entry_lacks_has_its_default():
    event = read_event(make_entry({"row_count": 1, "share": 0.0, "month": "2005-10"}), Counted)

    assert (event.kind, event.corrects, event.sums, event.git_commit) == ("plain", None, {}, "")


def test_a_whole_number_is_a_share_too():
    event = read_event(make_entry({"row_count": 1, "share": 1, "month": None}), Counted)

    assert event.share == 1


def test_an_empty_prefix_takes_the_keys_that_no_field_has():
    event = read_event(make_entry({"files": 2, "git_commit": "a"}, event="done"), Finished)

    assert event == Finished(counts={"files": 2}, git_commit="a")


@pytest.mark.parametrize(
    ("details", "told"),
    [
        ({"share": 0.1, "month": None}, "found no row_count"),
        ({"row_count": "7", "share": 0.1, "month": None}, "found row_count '7'; expected int"),
        ({"row_count": 7.5, "share": 0.1, "month": None}, "found row_count 7.5; expected int"),
        ({"row_count": 7, "share": True, "month": None}, "found share True; expected float"),
        ({"row_count": 7, "share": "0.5", "month": None}, "found share '0.5'; expected float"),
        ({"row_count": 7, "share": 0.1, "month": 3}, "found month 3; expected str or NoneType"),
        ("[1]", "found details that are no JSON object"),
        ("{", "found details that are no JSON object"),
    ],
)
def test_details_that_are_not_those_of_the_event_are_refused(details, told):
    with pytest.raises(ServiceError, match=r"ledger entry 1 \(counted\)") as caught:
        read_event(make_entry(details), Counted)

    assert told in str(caught.value)
    assert "credit-default verify" in str(caught.value)


def test_an_entry_of_another_kind_is_refused():
    with pytest.raises(ServiceError, match="found the event 'done'; expected 'counted'"):
        read_event(make_entry({}, event="done"), Counted)


def test_kinds_with_one_name_are_told_apart_by_the_model_version():
    whole, version = (make_entry({}, event="done", model_version=number) for number in (0, 3))

    assert (Finished.matches(whole), VersionFinished.matches(whole)) == (True, False)
    assert (Finished.matches(version), VersionFinished.matches(version)) == (False, True)


def test_events_are_selected_by_kind_in_their_order_and_others_are_not_read():
    counted, done, broken = (
        make_entry(write_event(COUNTED)),
        make_entry({}, event="done"),
        make_entry("{", event="other"),
    )

    selected = list(select_events([done, broken, counted], Counted, Finished))

    assert [recorded.entry for recorded in selected] == [done, counted]
    assert [recorded.event for recorded in selected] == [Finished(), COUNTED]


# An entry as commit 1ea01bd wrote it.
OLDER_DETAILS = (
    '{"conversion_factor":0.4,"corrects":"","declined_count":2,"expected_default_share":0.25,'
    '"expected_loss accept":10.5,"expected_loss band A":10.5,"feature_version":"f1","git_commit":"1ea01bd",'
    '"input_sha256":"ab","loss_given_default":0.5,"model_digest":"cd","object_version":null,"policy_digest":"ef",'
    '"quarantined_count":1,"read_count":8,"reasoned_count":2,"reasons":"auto","schema":"credit-card",'
    '"schema_version":"1","scored_count":7,"scores_digest":"01","threshold":0.2,"trained_row_count":0}'
)


def test_an_entry_of_the_version_before_verifies_and_is_written_to_the_same_bytes():
    from credit_default.gates.ledger.batch_events import Scored

    entry = make_entry(OLDER_DETAILS, event="scored", model_version=1)
    event = read_event(entry, Scored)

    assert event.expected_losses == {"accept": 10.5, "band A": 10.5}
    assert (event.reasons_mode, event.object_version, event.extra) == ("auto", None, {})
    again = replace(entry, details=write_details(write_event(event)))
    assert again.details == OLDER_DETAILS
    assert hash_entry(again) == entry.entry_hash
    assert judge_chain([again]).level == "ok"


def test_every_event_names_the_commit_and_keeps_what_it_does_not_know():
    assert {item.name for item in fields(LedgerEvent)} == {"git_commit", "extra"}
    assert json.loads(write_details(write_event(LedgerEvent(extra={"a": 1})))) == {
        "a": 1,
        "git_commit": "",
    }
