"""Outcomes of a portfolio whose clients are numbered by row: of the rows of one batch, and of no other."""

import datetime as dt

import pytest

from credit_default.adapters.tables.queries import read_outcomes
from credit_default.errors import InputError, SetupError
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.outcome_files import OutcomeDetails
from credit_default.services.outcomes.take_in import ingest_outcomes_file

NOON = dt.datetime(2017, 1, 1, 12, tzinfo=dt.UTC)
LOANS = """
features = [{{ name = "amount", function = "raw", columns = ["amount"] }}]
[schema]
name = "loans"
version = "1"
key = {{ client = {client}, month = "2016-01" }}
columns = [{{ name = "amount", kind = "amount", description = "Lent.", minimum = 0 }}]
outcome = {{ description = "x", aliases = ["status"], bad = ["lost"], good = ["paid"], ignore = ["open"] }}
"""
STATUS = ("paid", "lost", "open", "paid")


@pytest.fixture
def loans(make_wiring, tmp_path):
    return build(make_wiring, tmp_path)


def build(make_wiring, tmp_path, client="'row-number'"):
    (tmp_path / "loans.toml").write_text(LOANS.format(client=client))
    return make_wiring(portfolio=str(tmp_path / "loans.toml"))


def write(path, lines):
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def write_statements(path, *, count=40, first=0, with_status=False):
    """The fifth row has a negative amount, which is rejected."""
    rows = [f"{-1 if row == 4 else 100 + first + row}" for row in range(count)]
    if not with_status:
        return write(path, ["amount", *rows])
    return write(path, ["amount,status", *(f"{row},{STATUS[i % 4]}" for i, row in enumerate(rows))])


def ingest(wiring, path, *, month=None):
    return ingest_file(wiring, path, month=month, corrects=None, kept_at=NOON).batch_id


def take_in(wiring, path, *, batch_id=None, observed_at="2016-06-01"):
    return ingest_outcomes_file(
        wiring, path, taken_in_at=NOON, details=OutcomeDetails(batch_id, observed_at)
    )


def known(wiring):
    found = read_outcomes(wiring.lake).select("client_id", "statement_month", "defaulted")
    return {(int(client), month): bad for client, month, bad in found.iter_rows()}


def test_rows_are_named_by_their_number_in_the_batch_s_file(loans, tmp_path):
    batch_id = ingest(loans, write_statements(tmp_path / "a.csv"), month="2016-03")
    path = write(tmp_path / "o.csv", ["row,status", "7,lost", "40,paid", "1,open"])

    summary = take_in(loans, path, batch_id=batch_id)

    assert known(loans) == {(7, "2016-03"): 1, (40, "2016-03"): 0}
    assert summary.counts["new"] == 2
    assert summary.months == {"2016-03": 2}
    assert f"the rows are those of a.csv (batch {batch_id})" in summary.notes


def test_a_file_without_numbers_has_the_batch_s_rows_in_their_order(loans, tmp_path):
    batch_id = ingest(loans, write_statements(tmp_path / "a.csv"), month="2016-03")
    path = write(tmp_path / "o.csv", ["status", *(STATUS[i % 4] for i in range(40))])

    summary = take_in(loans, path, batch_id=batch_id)

    expected = {(i + 1, "2016-03"): int(i % 4 == 1) for i in range(40) if i % 4 != 2 and i + 1 != 5}
    assert known(loans) == expected
    assert any(
        note.startswith("1 outcomes left out: of rows that the ba") for note in summary.notes
    )
    assert summary.counts == {"new": 29, "changed": 0, "older or known already": 0, "rejected": 0}


def test_the_batch_s_own_file_with_its_outcomes_needs_no_batch(loans, tmp_path):
    path = write_statements(tmp_path / "a.csv", with_status=True)
    ingest(loans, path)

    first, again = take_in(loans, path), take_in(loans, path)

    assert first.counts["new"] == 29
    assert (again.counts["new"], again.batch_id) == (0, first.batch_id)
    assert {month for _, month in known(loans)} == {"2016-01"}


def test_the_same_rows_with_another_batch_or_time_are_other_outcomes(loans, tmp_path):
    batch_id = ingest(loans, write_statements(tmp_path / "a.csv"))
    other_id = ingest(loans, write_statements(tmp_path / "b.csv", first=9), month="2016-02")
    path = write(tmp_path / "o.csv", ["row,status", "7,lost"])

    ids = {
        take_in(loans, path, batch_id=one, observed_at=at).batch_id
        for one in (batch_id, other_id)
        for at in ("2016-06-01", "2016-07-01")
    }

    assert len(ids) == 4
    assert known(loans) == {(7, "2016-01"): 1, (7, "2016-02"): 1}


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            ["status", *["paid"] * 39],
            r"39 rows without a row number; expected 40 rows in the order",
        ),
        (["row,status", "41,paid"], r"row '41'; expected rows 1 to 40"),
        (["row,status", "0,paid"], r"row '0'; expected rows 1 to 40"),
        (["row,status", "L7,paid"], r"row 'L7'; expected rows 1 to 40"),
        (
            ["row,month,status", "7,2016-02,paid"],
            r"1 rows of other months than those rows of a.csv",
        ),
    ],
)
def test_what_is_not_that_batch_s_is_refused_and_nothing_is_kept(loans, tmp_path, lines, found):
    batch_id = ingest(loans, write_statements(tmp_path / "a.csv"))
    path = write(tmp_path / "o.csv", [line.replace("month", "statement_month") for line in lines])

    with pytest.raises(InputError, match=found):
        take_in(loans, path, batch_id=batch_id)

    assert known(loans) == {}


def test_a_batch_has_to_be_known(loans, tmp_path):
    ingest(loans, write_statements(tmp_path / "a.csv"))
    path = write(tmp_path / "o.csv", ["status", *["paid"] * 40])

    with pytest.raises(InputError, match="no batch whose file has these bytes") as refused:
        take_in(loans, path)
    with pytest.raises(InputError, match="no such batch"):
        take_in(loans, path, batch_id="0123456789abcdef")

    assert "--batch" in refused.value.remedy


def test_a_file_of_another_batch_than_the_named_one_is_refused(loans, tmp_path):
    first = ingest(loans, write_statements(tmp_path / "a.csv", with_status=True))
    path = write_statements(tmp_path / "b.csv", first=9, with_status=True)
    second = ingest(loans, path, month="2016-02")

    with pytest.raises(InputError, match=f"a.csv, while the file is that of batch {second}"):
        take_in(loans, path, batch_id=first)


def test_a_file_of_two_batches_is_refused_until_one_is_named(loans, tmp_path):
    path = write_statements(tmp_path / "a.csv", with_status=True)
    batches = [ingest(loans, path, month=month) for month in ("2016-01", "2016-02")]

    with pytest.raises(InputError, match="those of 2 batches of other months"):
        take_in(loans, path)

    assert take_in(loans, path, batch_id=batches[1]).months == {"2016-02": 29}


def test_a_portfolio_with_ids_takes_no_batch(make_wiring, tmp_path):
    loans = build(make_wiring, tmp_path, client="'loan'")
    path = write(tmp_path / "o.csv", ["loan,status", "L1,paid"])

    with pytest.raises(InputError, match="whose clients have ids"):
        take_in(loans, path, batch_id="0123456789abcdef")

    assert take_in(loans, path).counts["new"] == 1


def test_one_time_for_all_rows_is_given_once_and_is_a_time(make_wiring, tmp_path):
    loans = build(make_wiring, tmp_path, client="'loan'")
    path = write(tmp_path / "o.csv", ["loan,status,observed_at", "L1,paid,2016-05-01"])

    with pytest.raises(InputError, match="a column observed_at, and --observed-at 2016-06-01"):
        take_in(loans, path)
    with pytest.raises(SetupError, match="a day or a time in ISO 8601"):
        OutcomeDetails(observed_at="June")
    take_in(loans, path, observed_at=None)
    take_in(loans, write(tmp_path / "p.csv", ["loan,status", "L2,lost"]), observed_at="2016-06-01")

    assert [f"{at:%Y-%m-%d}" for at in read_outcomes(loans.lake)["observed_at"].sort()] == [
        "2016-05-01",
        "2016-06-01",
    ]
