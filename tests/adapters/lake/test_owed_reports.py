import pytest

from credit_default.adapters.lake.owed_reports import (
    clear_owed_report,
    list_owed_reports,
    read_owed_report,
    write_owed_report,
)
from credit_default.errors import ArtifactError

BATCH = {"batch_id": "ab" * 8, "model_version": 3}
KEY = f"reports/owed/{'ab' * 8}-v3.json"


def test_report_is_owed_until_it_was_drawn(lake):
    write_owed_report(lake, {"kind": "full"}, **BATCH)

    assert list_owed_reports(lake) == (KEY,)
    assert read_owed_report(lake, KEY) == {"kind": "full"}
    assert clear_owed_report(lake, KEY, drawn={"kind": "full"})
    assert list_owed_reports(lake) == ()
    assert read_owed_report(lake, KEY) is None
    assert clear_owed_report(lake, KEY, drawn={"kind": "full"})  # by a second process


def test_report_that_was_ordered_anew_while_it_was_drawn_stays_owed(lake):
    write_owed_report(lake, {"kind": "full"}, **BATCH)

    assert not clear_owed_report(lake, KEY, drawn={"kind": "drift"})
    assert read_owed_report(lake, KEY) == {"kind": "full"}


def test_record_that_is_no_object_is_named(lake):
    lake.storage.write_object(KEY, b"[1")

    with pytest.raises(ArtifactError, match=f"owed report {KEY}"):
        read_owed_report(lake, KEY)
