import dataclasses
import datetime as dt
from collections import Counter

import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.errors import InputError, RefusedError
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.ingest import describe_broken_rules, ingest_file

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def rows(month_rows):
    return month_rows.head(300)


@pytest.fixture
def write(tmp_path):
    def write(rows, name="rows.csv"):
        rows.write_csv(tmp_path / name)
        return str(tmp_path / name)

    return write


def spoil(rows, count, **columns):
    """The rows, the first `count` of them with these values."""
    first = pl.int_range(pl.len()) < count
    return rows.with_columns(
        **{name: pl.when(first).then(value).otherwise(name) for name, value in columns.items()}
    )


def test_batch_is_named_by_its_content_and_not_by_its_file(wiring, rows, write):
    one, other, changed = (
        check_file(wiring, write(frame, name), month=None, outcome="kept").batch_id
        for frame, name in [(rows, "a.csv"), (rows, "b.csv"), (rows.head(299), "c.csv")]
    )

    assert one == other
    assert one != changed


def test_same_file_for_another_month_is_another_batch(wiring, rows, write):
    path = write(rows.drop("statement_month"))

    names = [
        check_file(wiring, path, month=month, outcome="kept").batch_id
        for month in ("2005-09", "2005-10")
    ]

    assert names[0] != names[1]


def test_checking_a_file_writes_nothing(wiring, rows, write):
    judge_file(
        wiring,
        check_file(wiring, write(spoil(rows, 3, sex=9)), month=None, outcome="kept"),
        judged_at=NOON,
    )

    assert [path for path in wiring.lake.home.rglob("*") if path.is_file()] == []


def test_every_row_is_kept_or_stands_in_quarantine(wiring, rows, write):
    summary = ingest_file(
        wiring, write(spoil(rows, 4, sex=9)), month=None, corrects=None, kept_at=NOON
    )

    snapshot = read_snapshot(wiring.lake, summary.batch_id)
    kept = pl.concat(list(read_snapshot_rows(snapshot)))
    rejected = read_quarantine(wiring.lake, batch_id=summary.batch_id)
    assert summary.counts == {"read": 300, "accepted": 296, "quarantined": 4}
    assert kept["client_id"].to_list() == rows["client_id"].slice(4).to_list()
    assert rejected["client_id"].to_list() == rows["client_id"].head(4).to_list()
    assert summary.paths["snapshot"] == snapshot.uri


def test_outcomes_that_come_with_a_file_are_kept(wiring, rows, write):
    summary = ingest_file(wiring, write(rows), month=None, corrects=None, kept_at=NOON)

    kept = pl.concat(list(read_snapshot_rows(read_snapshot(wiring.lake, summary.batch_id))))
    assert kept["defaulted"].to_list() == rows["defaulted"].to_list()


def test_ingesting_twice_changes_nothing(wiring, rows, write):
    path = write(spoil(rows, 4, sex=9))
    first = ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)

    again = ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)

    assert again.status == "already ingested, nothing to do"
    assert dataclasses.replace(again, status="kept") == first
    assert [entry.event for entry in read_entries(wiring.lake)] == ["ingested"]
    assert read_quarantine(wiring.lake, batch_id=first.batch_id).height == 4


def test_refusal_names_the_rule_and_keeps_nothing(wiring, rows, write):
    with pytest.raises(RefusedError, match=r"sex\|code") as caught:
        ingest_file(wiring, write(spoil(rows, 60, sex=9)), month=None, corrects=None, kept_at=NOON)

    assert "60 of 300 rows rejected" in caught.value.found
    assert not list_snapshots(wiring.lake)


def test_how_much_is_too_much_is_a_setting(make_wiring, rows, write):
    path = write(spoil(rows, 4, sex=9))

    with pytest.raises(RefusedError):
        ingest_file(
            make_wiring(quality={"highest_rejected_share": 0.01}),
            path,
            month=None,
            corrects=None,
            kept_at=NOON,
        )


def test_file_that_is_no_table_is_one_clear_error(wiring, tmp_path):
    (tmp_path / "note.csv").write_text("to whom it may concern\n")

    with pytest.raises(InputError):
        ingest_file(wiring, str(tmp_path / "note.csv"), month=None, corrects=None, kept_at=NOON)

    assert not list_snapshots(wiring.lake)


def test_rules_that_most_rows_broke_are_named_first_and_the_rest_counted(wiring, rows, write):
    wrong = {
        "sex": 9,
        "education": 9,
        "marriage": 9,
        "age": 7,
        "payment_amount_m5": -1.0,
        "payment_amount_m6": -1.0,
    }
    broken = rows
    for place, (name, value) in enumerate(wrong.items()):
        broken = spoil(broken, place + 1, **{name: value})
    checked = check_file(wiring, write(broken), month=None, outcome="kept")

    (reported,) = describe_broken_rules(checked.validated)

    assert reported.startswith(
        "rows in quarantine broke payment_amount_m6|min (6), payment_amount_m5|min (5)"
    )
    assert reported.endswith("and 1 more rules")
    assert Counter(reported)["("] == 5


def test_clean_file_has_no_broken_rules_to_name(wiring, rows, write):
    checked = check_file(wiring, write(rows), month=None, outcome="kept")

    assert describe_broken_rules(checked.validated) == ()


def test_real_clients_are_not_kept_beside_simulated_ones(wiring, rows, write):
    ingest_file(wiring, write(rows), month=None, corrects=None, kept_at=NOON)
    real = rows.with_columns(client_id=pl.col("client_id").str.replace("SIM-", "c"))

    with pytest.raises(InputError, match="found real clients; expected simulated ones"):
        ingest_file(wiring, write(real, "real.csv"), month=None, corrects=None, kept_at=NOON)

    assert len(list_snapshots(wiring.lake)) == 1
