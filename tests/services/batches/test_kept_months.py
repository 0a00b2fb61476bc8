import polars as pl
from tests.fakes.batch_tables import put_scores

from credit_default.adapters.delta.erasure import delete_rows
from credit_default.adapters.tables.schemas import locate_table
from credit_default.services.batches.batch_index import read_batch_index
from credit_default.services.batches.kept_months import keep_months

FIRST, SECOND = "a" * 16, "b" * 16


def count(wiring):
    """The rows of each month, kept."""
    found = keep_months(
        lambda rows: rows.group_by("statement_month").agg(count=pl.len()),
        name="count",
        lake=wiring.lake,
        table="scores",
    )
    return dict(found.sort("statement_month").iter_rows())


def test_month_whose_files_are_the_same_is_not_read_again(wiring):
    put_scores(wiring.lake, FIRST, "2005-10")
    before = count(wiring)
    [old] = (wiring.lake.home / "tables" / "scores").glob("*/*.parquet")
    old.unlink()  # whoever reads it fails
    put_scores(wiring.lake, SECOND, "2005-11", chances=(0.1,))

    assert (before, count(wiring)) == ({"2005-10": 4}, {"2005-10": 4, "2005-11": 1})


def test_another_batch_of_a_known_month_counts_and_a_lake_without_scores_has_no_month(wiring):
    none = count(wiring)
    put_scores(wiring.lake, FIRST, "2005-10")
    one = count(wiring)
    put_scores(wiring.lake, SECOND, "2005-10", chances=(0.1,))

    assert (none, one, count(wiring)) == ({}, {"2005-10": 4}, {"2005-10": 5})


def test_rows_that_were_erased_are_gone_from_the_index_too(wiring):
    put_scores(wiring.lake, FIRST, "2005-10")
    put_scores(wiring.lake, SECOND, "2005-10")
    before = sorted(read_batch_index(wiring.lake)["row_count"])

    delete_rows(locate_table(wiring.lake, "scores"), "client_id = '0' AND batch_id LIKE 'a%'")

    assert (before, sorted(read_batch_index(wiring.lake)["row_count"])) == ([4, 4], [3, 4])
