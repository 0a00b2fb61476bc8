"""A portfolio whose clients are numbered by row: a second file of the same month is refused, as its row 17 is another client."""

import datetime as dt

import pytest

from credit_default.errors import InputError
from credit_default.services.intake.file_preview import preview_file
from credit_default.services.intake.ingest import ingest_file

NOW = dt.datetime(2017, 1, 1, tzinfo=dt.UTC)
LOANS = """
features = [{{ name = "amount", function = "raw", columns = ["amount"] }}]
[schema]
name = "loans"
version = "1"
key = {{ client = {client}, month = "2016-01" }}
columns = [{{ name = "amount", kind = "amount", description = "Lent." }}]
outcome = {{ description = "x", aliases = ["bad"] }}
"""


@pytest.fixture
def make_loans(make_wiring, tmp_path):
    def make(client="'row-number'"):
        (tmp_path / "loans.toml").write_text(LOANS.format(client=client))
        return make_wiring(portfolio=str(tmp_path / "loans.toml"))

    return make


def write(path, *, first=0, count=60):
    rows = [f"L{first + i},{100 + first + i},{i % 2}" for i in range(count)]
    path.write_text("\n".join(["loan,amount,bad", *rows]) + "\n")
    return str(path)


def ingest(wiring, path, *, month=None):
    return ingest_file(wiring, path, month=month, corrects=None, kept_at=NOW)


def test_a_second_file_of_a_month_is_refused_with_both_names(make_loans, tmp_path):
    loans = make_loans()
    ingest(loans, write(tmp_path / "first.csv"))
    second = write(tmp_path / "second.csv", first=1_000)

    with pytest.raises(InputError) as refused:
        ingest(loans, second)
    with pytest.raises(InputError, match="numbered by row"):
        preview_file(loans, second, month=None, now=NOW)

    assert "second.csv" in str(refused.value)
    assert "first.csv" in str(refused.value)
    assert "--month" in str(refused.value)


def test_a_month_of_its_own_and_the_same_file_again_are_taken(make_loans, tmp_path):
    loans, first = make_loans(), write(tmp_path / "first.csv")
    ingest(loans, first)

    ingest(loans, first)
    ingest(loans, write(tmp_path / "second.csv", first=1_000), month="2016-02")


def test_clients_with_ids_may_come_in_several_files(make_loans, tmp_path):
    loans = make_loans(client="'loan'")
    ingest(loans, write(tmp_path / "first.csv"))

    ingest(loans, write(tmp_path / "second.csv", first=1_000))
