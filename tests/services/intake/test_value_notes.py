import datetime as dt
import json

import polars as pl
import pytest

from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.intake.value_notes import describe_values_read
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.training.training_rows import read_training_rows
from credit_default.views.summaries.summary import render_summary_json

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
READ_AS_NUMBERS = (
    "60 ids in client_id were written with a decimal point, and read without it"
    " (20001.0 is client 20001)"
)


@pytest.fixture
def rows(month_rows):
    return month_rows.head(60)


@pytest.fixture
def ingest(wiring, tmp_path):
    def ingest(rows, name="rows.csv"):
        rows.write_csv(tmp_path / name)
        return ingest_file(wiring, str(tmp_path / name), month=None, corrects=None, kept_at=NOON)

    return ingest


def test_months_are_counted_over_batches_whether_the_rows_pass_or_not(wiring, rows, tmp_path):
    months = ["2005-11"] * 50 + ["200510"] * 8 + ["2005-09-30", "soon"]
    # In September there is one row alone, and it is rejected for another reason.
    ages = [40] * 58 + [7, 40]
    rows.with_columns(statement_month=pl.Series(months), age=pl.Series(ages)).write_csv(
        tmp_path / "a.csv"
    )

    validated = check_file(wiring, str(tmp_path / "a.csv"), month=None, outcome="kept").validated

    assert validated.month_counts == {"2005-09": 1, "2005-10": 8, "2005-11": 50}
    assert validated.months == ("2005-10", "2005-11")
    assert validated.rule_counts == {"statement_month|format": 1, "age|min": 1}


def test_ingest_shows_the_months_also_of_a_batch_that_it_knows(ingest, rows):
    once, again = ingest(rows), ingest(rows)

    assert once.months == again.months == {"2005-09": 60}
    assert json.loads(render_summary_json(again))["months"] == {"2005-09": 60}


def test_ids_read_as_numbers_are_noted_wherever_a_file_is_read(make_wiring, ingest, rows, tmp_path):
    numbers = rows.with_columns(client_id=pl.format("{}.0", pl.int_range(20_001, 20_061)))

    summary = ingest(numbers, "numbers.csv")

    assert READ_AS_NUMBERS in summary.notes
    trained = read_training_rows(
        make_wiring(data=str(tmp_path / "numbers.csv")), month=None, read_at=NOON
    )
    assert READ_AS_NUMBERS in trained.notes
    assert trained.rows["client_id"].to_list() == [str(n) for n in range(20_001, 20_061)]


def test_a_row_in_quarantine_has_its_id_and_month_as_they_are_read(wiring, ingest, rows):
    spoilt = rows.with_columns(
        client_id=pl.format("{}.0", pl.int_range(20_001, 20_061)),
        statement_month=pl.Series(["200509"] * 59 + ["Nov-05"]),
        age=pl.Series([7] + [40] * 59),
    )

    summary = ingest(spoilt)

    quarantined = read_quarantine(wiring.lake, batch_id=summary.batch_id)
    assert quarantined.select("client_id", "statement_month", "rules").rows() == [
        ("20001", "2005-09", ["age|min"]),
        ("20060", "unknown", ["statement_month|named_month"]),
    ]


def test_the_cause_and_the_cure_of_rejected_values_are_noted(ingest, rows):
    months = ["2005-09"] * 58 + ["Nov-05", "Nov-05"]

    notes = ingest(rows.with_columns(statement_month=pl.Series(months))).notes

    (note,) = (note for note in notes if note.startswith("statement_month|named_month: "))
    assert "names of months depend on the language" in note
    assert note.endswith("Write the months as YYYY-MM.")
    assert "rows in quarantine broke statement_month|named_month (2)" in notes


def test_the_three_faults_of_most_rows_are_explained(wiring, rows, tmp_path):
    months = ["2005-09"] * 50 + ["Nov-05"] * 4 + ["30.11.2005"] * 3 + ["38686"] * 2 + ["2005-13"]
    rows.with_columns(statement_month=pl.Series(months)).write_csv(tmp_path / "a.csv")
    validated = check_file(wiring, str(tmp_path / "a.csv"), month=None, outcome="kept").validated

    notes = describe_values_read(validated, schema=wiring.schema)

    assert [note.partition(":")[0] for note in notes] == [
        "statement_month|named_month",
        "statement_month|day_order",
        "statement_month|serial_date",
    ]


def test_outcomes_show_their_months_and_how_their_times_were_read(wiring, tmp_path):
    path = tmp_path / "outcomes.csv"
    path.write_text(
        "client_id,statement_month,defaulted,observed_at\n"
        "a,2005-09,yes,2006-01-01 08:30:00\n"
        "b,200509,No,2006-01-01 08:30:00.500\n"
        "c,2005-10,TRUE,2006-01-01\n"
        "d,2005-10,ja,2006-01-01\n"
    )

    summary = ingest_outcomes_file(wiring, str(path), taken_in_at=NOON)

    assert summary.counts["new"] == 3
    assert summary.months == {"2005-09": 2, "2005-10": 2}
    assert "2 times in observed_at have no zone and were taken as UTC" in summary.notes
    (note,) = (note for note in summary.notes if note.startswith("defaulted|type: "))
    assert "taken are 0 or 1, true or false, yes or no, y or n, t or f" in note
