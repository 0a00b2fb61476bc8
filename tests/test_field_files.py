"""Small files as people really have them (../shared/field): each is read as its sender meant it, or refused with its cause.

The files themselves are no part of the project; rooms' own tests make rows of the same forms. One table says what is right.
"""

import datetime as dt
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from credit_default.adapters.tables.outcomes import read_outcomes
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.errors import InputError
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.settings import Settings

FIELD = Path(__file__).resolve().parents[2] / "shared" / "field"
NOON = dt.datetime(2006, 2, 1, 12, tzinfo=dt.UTC)

pytestmark = pytest.mark.skipif(
    not FIELD.is_dir(),
    reason="the files that people had are not at hand: put them into ../shared/field",
)


class Read(NamedTuple):
    """The file is read: so many rows are accepted, all of November 2005, and these rules were broken."""

    accepted: int
    rules: tuple[tuple[str, int], ...] = ()
    note: str = ""  # what the summary says of how it was read


class Refused(NamedTuple):
    """The file is refused: the message holds each of these."""

    words: tuple[str, ...]


STATEMENTS = {
    "cover_sheet.xlsx": Read(400, note="Data"),
    "hidden_first_sheet.xlsx": Read(400, note="November"),
    "two_sheets.xlsx": Refused(("p1", "p2", "--sheet")),
    "formula_errors.xlsx": Refused(("10 formulas", "N12")),
    "id_float.csv": Read(400, note="decimal"),
    "id_float.parquet": Read(400, note="decimal"),
    "id_scientific.csv": Refused(("client_id", "4.50012E+15", "rounded", "as text")),
    "month_yyyymm.csv": Read(400),
    "month_german.csv": Refused(("statement_month", "30.11.2005", "YYYY-MM")),
    "month_mmmyy.csv": Refused(("statement_month", "Nov-05", "YYYY-MM")),
    "month_utc_instant_taipei.parquet": Refused(("statement_month", "midnight", "Asia/Taipei")),
    "decimal_commas.csv": Refused(("500000,00", "decimal", '--decimal ","')),
    "thousands.csv": Refused(("500,000", "thousands", '--thousands ","')),
    "total_row.csv": Read(400, rules=(("row|total", 1),)),
    "spark_folder": Read(400),
}
OUTCOMES = {
    "outcomes_bool.csv": Read(400),
    "outcomes_yesno.csv": Read(400),
    "outcomes_pandas_time.csv": Read(400, note="UTC"),
    "outcomes_naive.parquet": Read(400, note="UTC"),
}


@pytest.fixture
def wiring(tmp_path) -> Wiring:
    return build_wiring(Settings(lake=str(tmp_path / "lake")), commit="0123abc")


def test_the_table_names_every_file():
    assert {path.name for path in FIELD.iterdir()} == {*STATEMENTS, *OUTCOMES}


@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_are_read_as_meant_or_refused_with_their_cause(wiring, name):
    right = STATEMENTS[name]
    if isinstance(right, Refused):
        with pytest.raises(InputError) as refused:
            ingest_file(wiring, str(FIELD / name), month=None, corrects=None, kept_at=NOON)
        assert [word for word in right.words if word not in str(refused.value)] == []
        assert "swapped" not in str(refused.value)
        assert list(wiring.lake.home.glob("snapshots/*")) == []
        return
    summary = ingest_file(wiring, str(FIELD / name), month=None, corrects=None, kept_at=NOON)
    assert summary.counts["accepted"] == right.accepted
    assert right.note in " ".join(summary.notes)
    assert summary.months == {"2005-11": summary.counts["read"] - len(right.rules)}
    rejected = read_quarantine(wiring.lake, batch_id=summary.batch_id)
    found = rejected["rules"].explode().value_counts().rows() if rejected.height else []
    assert tuple(found) == right.rules


@pytest.mark.parametrize("name", [name for name, right in STATEMENTS.items() if "id_f" in name])
def test_an_id_with_a_decimal_point_is_the_client_of_the_whole_number(wiring, name):
    checked = check_file(wiring, str(FIELD / name), month=None, outcome="ignored")
    ids = pl.concat(list(checked.accepted()))["client_id"]
    assert ids.sort().to_list()[:2] == ["20001", "20002"]


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcomes_are_taken_where_there_is_no_doubt(wiring, name):
    summary = ingest_outcomes_file(wiring, str(FIELD / name), taken_in_at=NOON)
    assert summary.counts["new"] == OUTCOMES[name].accepted
    assert summary.counts["rejected"] == 0
    assert OUTCOMES[name].note in " ".join(summary.notes)
    assert summary.months == {"2005-11": 400}
    known = read_outcomes(wiring.lake)
    assert set(known["defaulted"].unique()) == {0, 1}
    hour = 8 if OUTCOMES[name].note else 0
    assert known["observed_at"].dt.hour().unique().to_list() == [hour]


def run_command_line(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "credit_default.cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("name", ["two_sheets.xlsx", "decimal_commas.csv", "id_scientific.csv"])
def test_the_command_refuses_it_in_one_line(tmp_path, name):
    refused = run_command_line("ingest", str(FIELD / name), "--lake", str(tmp_path / "lake"))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.strip().splitlines()) == 1
