"""Rows whose outcome the declaration says is to be ignored: no training rows, no outcomes, and no faults; counted and said."""

import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.queries import scan_table
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.file_preview import preview_file
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file

NOW = dt.datetime(2017, 1, 1, tzinfo=dt.UTC)
LOANS = """
features = [{ name = "amount", function = "raw", columns = ["amount"] }]
[schema]
name = "loans"
version = "1"
key = { client = "loan no", month = "issued" }
columns = [{ name = "amount", kind = "amount", description = "Lent." }]
outcome = { description = "x", aliases = ["loan status"], bad = ["Charged Off", "2"], good = ["Fully Paid", "1"], ignore = ["Current", "In Grace Period", "0"] }
"""
OUTCOMES = ["Fully Paid", "Charged Off", "Current", "In Grace Period", " Current "]


@pytest.fixture
def loans(make_wiring, tmp_path):
    (tmp_path / "loans.toml").write_text(LOANS)
    return make_wiring(portfolio=str(tmp_path / "loans.toml"))


def make_rows(outcomes, count=100):
    return pl.DataFrame(
        {
            "loan no": [f"L{i}" for i in range(count)],
            "issued": ["2016-01"] * count,
            "amount": [100.0 + i for i in range(count)],
            "loan status": [outcomes[i % len(outcomes)] for i in range(count)],
        }
    )


def write(path, rows):
    rows.write_parquet(path) if path.suffix == ".parquet" else rows.write_csv(path)
    return str(path)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_a_training_file_is_read_without_them(loans, tmp_path, name):
    checked = check_file(
        loans, write(tmp_path / name, make_rows(OUTCOMES)), month=None, outcome="required"
    )

    rows = checked.validated.accepted_rows()
    assert (rows.height, checked.validated.left_out_count) == (40, 60)
    assert checked.validated.rejected_count == 0
    assert rows["client_id"].to_list() == [f"L{i}" for i in range(100) if i % 5 < 2]
    assert rows["defaulted"].to_list() == [0, 1] * 20


@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.String])
def test_numbers_are_known_by_their_texts_whatever_type_the_file_has(loans, tmp_path, dtype):
    rows = make_rows([1, 2, 0]).with_columns(pl.col("loan status").cast(dtype))

    checked = check_file(loans, write(tmp_path / "a.parquet", rows), month=None, outcome="required")

    assert checked.validated.left_out_count == 33
    assert set(checked.validated.accepted_rows()["defaulted"]) == {0, 1}
    assert checked.validated.rejected_count == 0


def test_a_text_of_no_list_is_still_a_fault_that_names_it(loans, tmp_path):
    path = write(tmp_path / "a.csv", make_rows([*OUTCOMES * 9, "Default?"]))

    checked = check_file(loans, path, month=None, outcome="required")

    assert dict(checked.validated.rule_counts) == {"defaulted|type": 2}
    path = write(tmp_path / "b.csv", make_rows(["Default?", *OUTCOMES]))
    with pytest.raises(InputError, match=r"Default\?"):
        check_file(loans, path, month=None, outcome="required")


def test_it_is_counted_and_said_wherever_a_file_is_read(loans, tmp_path):
    path = write(tmp_path / "a.csv", make_rows(OUTCOMES))
    note = "60 rows left out: outcome to be ignored ('Current', 'In Grace Period', '0')"

    previewed = preview_file(loans, path, month=None, now=NOW)
    ingested = ingest_file(loans, path, month=None, corrects=None, kept_at=NOW)

    assert note in previewed.notes
    assert note in ingested.notes
    assert ingested.counts == {"read": 40, "accepted": 40, "quarantined": 0}


def test_the_outcome_does_not_matter_in_a_file_to_be_scored(loans, tmp_path):
    path = write(tmp_path / "a.csv", make_rows([*OUTCOMES, "anything at all"]))

    checked = check_file(loans, path, month=None, outcome="ignored")

    assert (checked.validated.accepted_count, checked.validated.left_out_count) == (100, 0)


def test_an_outcome_file_speaks_the_words_of_the_portfolio(loans, tmp_path):
    rows = make_rows(OUTCOMES).with_columns(observed_at=pl.lit("2016-12-01"))

    summary = ingest_outcomes_file(loans, write(tmp_path / "outcomes.csv", rows), taken_in_at=NOW)

    assert summary.counts["new"] == 40
    assert summary.counts["rejected"] == 0
    assert any(note.startswith("60 rows left out") for note in summary.notes)
    known = scan_table(loans.lake, "outcomes").collect()
    assert known.height == 40
    assert known["defaulted"].sum() == 20


def test_a_file_of_nothing_else_is_one_clear_error(loans, tmp_path):
    path = write(tmp_path / "a.csv", make_rows(["Current"]))

    with pytest.raises(InputError, match="found 100 rows, each with an outcome that is to be ign"):
        check_file(loans, path, month=None, outcome="required")


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_the_same_rows_are_left_out_whatever_the_chunks(size):
    schema = parse_schema(
        {
            "name": "x",
            "version": "1",
            "columns": [{"name": "amount", "kind": "amount", "description": "x"}],
            "outcome": {"description": "x", "bad": ["B"], "good": ["G"], "ignore": ["C"]},
        }
    )
    rows = pl.DataFrame(
        {
            "client_id": [f"L{i}" for i in range(60)],
            "statement_month": "2016-01",
            "amount": "1",
            "defaulted": ["C"] * 20 + ["B", "G", "C", "C"] * 10,
        }
    )

    checked = check_rows(lambda: rows.iter_slices(size), schema=schema, outcome="required")

    assert (checked.row_count, checked.left_out_count, checked.accepted_count) == (20, 40, 20)
    assert checked.accepted_rows().height == 20
    assert not pl.concat([batch.rejected for batch in checked.batches()]).height


@pytest.mark.parametrize("word", ["bad", "good"])
def test_a_text_in_two_lists_is_refused(word):
    outcome = {"description": "x", word: ["Current"], "ignore": ["Current"]}
    columns = [{"name": "amount", "kind": "amount", "description": "x"}]

    with pytest.raises(InputError, match="found 'Current' in two of bad, good, ignore"):
        parse_schema({"name": "x", "version": "1", "columns": columns, "outcome": outcome})


def test_their_snapshot_holds_no_row_of_them(loans, tmp_path):
    path = write(tmp_path / "a.csv", make_rows(OUTCOMES))
    ingest_file(loans, path, month=None, corrects=None, kept_at=NOW)

    (snapshot,) = list_snapshots(loans.lake)

    assert pl.concat(list(read_snapshot_rows(snapshot))).height == 40
