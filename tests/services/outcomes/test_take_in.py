import datetime as dt

import polars as pl
import pytest
import xlsxwriter

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_outcomes
from credit_default.errors import InputError
from credit_default.services.outcomes.take_in import ingest_outcomes_file

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

HEADER = "client_id,statement_month,defaulted,observed_at\n"


@pytest.fixture
def take_in(wiring, tmp_path):
    def take_in(*lines, name="outcomes.csv"):
        path = tmp_path / name
        path.write_text(HEADER + "\n".join(lines) + "\n")
        return ingest_outcomes_file(wiring, str(path), taken_in_at=NOON)

    return take_in


def known(wiring):
    return dict(read_outcomes(wiring.lake).select("client_id", "defaulted").iter_rows())


def test_outcomes_become_known(wiring, take_in):
    summary = take_in("a,2005-09,1,2005-11-01", "b,2005-09,0,2005-11-01")

    assert summary.counts == {"new": 2, "changed": 0, "older or known already": 0, "rejected": 0}
    assert known(wiring) == {"a": 1, "b": 0}


def test_same_file_twice_changes_nothing(wiring, take_in):
    take_in("a,2005-09,1,2005-11-01", "b,2005-09,0,2005-11-01")

    again = take_in("a,2005-09,1,2005-11-01", "b,2005-09,0,2005-11-01")

    assert again.counts == {"new": 0, "changed": 0, "older or known already": 2, "rejected": 0}
    assert known(wiring) == {"a": 1, "b": 0}


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_last_observation_is_current_in_whatever_order_files_arrive(wiring, take_in, order):
    lines = ["a,2005-09,0,2005-11-01", "a,2005-09,1,2005-12-01"]

    for place in order:
        take_in(lines[place], name=f"{place}.csv")

    assert known(wiring) == {"a": 1}


def test_last_observation_is_current_within_one_file(wiring, take_in):
    summary = take_in("a,2005-09,1,2005-12-01", "a,2005-09,0,2005-11-01")

    assert known(wiring) == {"a": 1}
    assert sum(summary.counts.values()) == 2


def test_same_client_in_another_month_is_another_outcome(wiring, take_in):
    take_in("a,2005-09,1,2005-11-01", "a,2005-10,0,2005-12-01")

    assert read_outcomes(wiring.lake)["defaulted"].to_list() == [1, 0]
    assert read_outcomes(wiring.lake, months=["2005-10"])["defaulted"].to_list() == [0]


def test_rejected_outcomes_are_in_quarantine_with_their_rules(wiring, take_in):
    good = [f"c{number},2005-09,0,2005-11-01" for number in range(20)]

    summary = take_in(*good, "d,2005-09,maybe,2005-11-01")

    rejected = read_quarantine(wiring.lake, batch_id=summary.batch_id)
    assert summary.counts == {"new": 20, "changed": 0, "older or known already": 0, "rejected": 1}
    assert rejected.select("client_id", "line").row(0) == ("d", 22)
    assert rejected["rules"].to_list() == [["defaulted|type"]]
    assert any("defaulted|type (1)" in note for note in summary.notes)


def test_file_without_the_time_of_observation_is_refused(wiring, tmp_path):
    pl.DataFrame({"client_id": ["a"], "statement_month": ["2005-09"], "defaulted": [1]}).write_csv(
        tmp_path / "o.csv"
    )

    with pytest.raises(InputError, match="observed_at"):
        ingest_outcomes_file(wiring, str(tmp_path / "o.csv"), taken_in_at=NOON)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("b,2055-01,1,2005-11-01", "1 rows of months in the future: 2055-01"),
        ("b,2005-09,1,9999-12-31", "1 outcomes observed in the future, up to 9999-12-31"),
        ("b,2005-09,1,2005-12-03", "1 outcomes observed in the future, up to 2005-12-03"),
    ],
)
def test_outcomes_of_the_future_are_refused_and_nothing_is_kept(wiring, take_in, line, reason):
    with pytest.raises(InputError, match=reason) as error:
        take_in("a,2005-09,0,2005-11-01", line, "c,2005-09,maybe,2005-11-01")

    assert "intake." in error.value.remedy
    assert (known(wiring), read_entries(wiring.lake)) == ({}, ())


def test_outcome_that_another_clock_observed_a_few_hours_ahead_is_taken_in(wiring, take_in):
    take_in("a,2005-09,0,2005-12-02T06:00:00Z")

    assert known(wiring) == {"a": 0}


def test_a_folder_of_parts_is_one_batch_of_outcomes(wiring, tmp_path):
    for name, client in (("part-00000.csv", "a"), ("part-00001.csv", "b")):
        folder = tmp_path / "out" / "statement_month=2005-09"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"client_id,defaulted,observed_at\n{client},1,2005-11-01\n")

    taken = [
        ingest_outcomes_file(wiring, str(tmp_path / "out"), taken_in_at=NOON) for _ in range(2)
    ]

    assert taken[0].counts["new"] == 2
    assert taken[0].batch_id == taken[1].batch_id
    assert taken[0].notes[0] == "2 parts of the folder were read as one batch"
    assert known(wiring) == {"a": 1, "b": 1}


def test_the_sheet_of_outcomes_can_be_named(wiring, tmp_path):
    with xlsxwriter.Workbook(tmp_path / "o.xlsx") as book:
        for name, client in (("October", "a"), ("November", "b")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADER.strip().split(","))
            sheet.write_row(1, 0, [client, "2005-09", 1, "2005-11-01"])

    options = ReadingOptions(sheet="November")
    ingest_outcomes_file(wiring, str(tmp_path / "o.xlsx"), taken_in_at=NOON, options=options)

    assert known(wiring) == {"b": 1}
    with pytest.raises(InputError, match="2 sheets with the header"):
        ingest_outcomes_file(wiring, str(tmp_path / "o.xlsx"), taken_in_at=NOON)
