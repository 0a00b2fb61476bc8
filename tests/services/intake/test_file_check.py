"""A corrected file, a batch unlike all earlier ones, clients that come twice: how the check treats each."""

import datetime as dt

import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import read_scores
from credit_default.errors import InputError, RefusedError
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.quarantine import find_rejected, summarise_rejected
from credit_default.services.scoring.score_batch import score_file

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def lake(champion_lake, make_wiring, tmp_path):
    """A lake of its own, with the shared lake's champion to score by."""
    return make_wiring(tmp_path / "own")


@pytest.fixture
def score_batch(lake, champion_lake, tmp_path):
    def score(rows, name="batch.csv", corrects=None):
        rows.write_csv(tmp_path / name)
        checked = check_file(
            lake, str(tmp_path / name), month=None, outcome="ignored", corrects=corrects
        )
        judge_file(lake, checked, judged_at=NOON)
        return score_file(lake, checked, champion_lake.champion, scored_at=NOON)

    return score


def spoil(rows, count):
    return rows.with_columns(sex=pl.when(pl.int_range(pl.len()) < count).then(9).otherwise("sex"))


@pytest.fixture
def rows(known_rows):
    return known_rows.filter(statement_month="2005-10").drop("defaulted").head(200)


def test_a_correction_adds_only_the_rows_that_were_missing(lake, score_batch, rows):
    first = score_batch(spoil(rows, 4))

    corrected = score_batch(rows, "corrected.csv", corrects=first.batch_id)

    assert (corrected.scored_count, corrected.known_count, corrected.rejected_count) == (4, 196, 0)
    scores = pl.concat(
        [read_scores(lake.lake, batch_id=b) for b in (first.batch_id, corrected.batch_id)]
    )
    assert sorted(scores["client_id"]) == sorted(rows["client_id"])
    snapshot = read_snapshot(lake.lake, corrected.batch_id)
    assert snapshot.origin.corrects == first.batch_id
    assert (
        pl.concat(list(read_snapshot_rows(snapshot)))["client_id"].to_list()
        == rows["client_id"].head(4).to_list()
    )


def test_repeating_a_correction_changes_nothing_and_a_second_one_adds_what_is_still_missing(
    score_batch, rows
):
    first = score_batch(spoil(rows, 4))
    half = spoil(rows, 2).head(60)

    corrected = score_batch(half, "half.csv", corrects=first.batch_id)
    again = score_batch(half, "half.csv", corrects=first.batch_id)
    rest = score_batch(rows.head(4), "rest.csv", corrects=first.batch_id)

    assert (corrected.scored_count, corrected.rejected_count, corrected.known_count) == (2, 2, 56)
    assert again.already_scored
    assert (again.scored_count, again.known_count) == (2, 56)
    assert (rest.scored_count, rest.known_count) == (2, 2)


def test_a_correction_of_nothing_is_refused(score_batch, rows):
    with pytest.raises(InputError, match="--corrects 0123456789abcdef: found no such batch"):
        score_batch(rows, corrects="0123456789abcdef")


def test_clients_of_another_batch_are_refused_and_the_way_out_is_named(lake, score_batch, rows):
    first = score_batch(rows)

    with pytest.raises(RefusedError, match=f"are in batch {first.batch_id} already") as caught:
        score_batch(rows.reverse(), "again.csv")

    assert "--corrects BATCH" in str(caught.value)
    assert [entry.event for entry in read_entries(lake.lake)][-1] == "refused"


def test_the_same_clients_a_month_later_are_accepted(score_batch, rows, known_rows):
    score_batch(rows)

    assert score_batch(
        known_rows.filter(statement_month="2005-11").drop("defaulted").head(200), "next.csv"
    ).scored_count


def test_scoring_the_same_batch_again_changes_nothing_and_is_not_refused(score_batch, rows):
    score_batch(rows)

    assert score_batch(rows).already_scored


def test_a_batch_far_shorter_than_those_before_is_refused(score_batch, rows):
    for start in (0, 50, 100):
        score_batch(rows.slice(start, 50), f"batch-{start}.csv")

    with pytest.raises(RefusedError, match="20 rows, where 50 are usual"):
        score_batch(rows.slice(150, 20), "short.csv")


def test_clients_that_come_twice_in_one_file_refuse_it(score_batch, rows):
    with pytest.raises(RefusedError, match="hold a client and month that occur more than once"):
        score_batch(pl.concat([rows, rows.head(2)]))


def test_quarantine_counts_rows_by_rule_and_hands_them_over(lake, score_batch, rows, tmp_path):
    scored = score_batch(spoil(rows, 4))

    rejected = find_rejected(lake, scored.batch_id)
    summary = summarise_rejected(rejected, out=tmp_path / "rejected.csv")

    assert rejected.rule_counts == {"sex|code": 4}
    assert summary.counts == {"rejected": 4, "sex|code": 4}
    assert pl.read_csv(tmp_path / "rejected.csv")["line"].to_list() == [2, 3, 4, 5]


def test_a_clean_batch_has_an_empty_quarantine_and_an_unknown_one_is_an_error(
    lake, score_batch, rows
):
    scored = score_batch(rows)

    assert find_rejected(lake, scored.batch_id).rule_counts == {}
    with pytest.raises(InputError, match="found no batch of that id"):
        find_rejected(lake, "0123456789abcdef")


def test_a_correction_of_a_correction_belongs_to_the_first_batch(lake, score_batch, rows):
    first = score_batch(spoil(rows, 4))
    half = score_batch(spoil(rows, 2), "half.csv", corrects=first.batch_id)

    rest = score_batch(rows, "rest.csv", corrects=half.batch_id)

    assert (half.scored_count, rest.scored_count) == (2, 2)
    assert read_snapshot(lake.lake, rest.batch_id).origin.corrects == first.batch_id
    parts = [read_scores(lake.lake, batch_id=scored.batch_id) for scored in (first, half, rest)]
    assert sorted(pl.concat(parts)["client_id"]) == sorted(rows["client_id"])


def test_a_correction_without_a_new_row_is_refused_and_keeps_nothing(lake, score_batch, rows):
    first = score_batch(spoil(rows, 4))
    before = [entry.key for entry in read_entries(lake.lake)]

    with pytest.raises(
        InputError, match=f"no accepted row that batch {first.batch_id} does not have already"
    ):
        score_batch(spoil(rows.head(150), 4), "same.csv", corrects=first.batch_id)

    assert [entry.key for entry in read_entries(lake.lake)] == before


def test_what_to_correct_is_named_when_it_is_no_batch_id(score_batch, rows):
    with pytest.raises(InputError, match="--corrects: found 'zzz'"):
        score_batch(rows, corrects="zzz")


def test_only_the_batches_that_brought_the_clients_are_named(score_batch, rows):
    score_batch(rows.head(100), "a.csv")
    second = score_batch(rows.slice(100, 100), "b.csv")

    with pytest.raises(RefusedError, match=f"are in batch {second.batch_id} already"):
        score_batch(rows.slice(100, 60), "again.csv")


def test_a_file_that_is_written_while_it_is_read_is_refused_and_not_kept(
    lake, champion_lake, rows, tmp_path
):
    path = tmp_path / "growing.csv"
    rows.write_csv(path)
    checked = check_file(lake, str(path), month=None, outcome="ignored")
    rows.reverse().write_csv(path)

    with pytest.raises(InputError, match="other content than when it was checked"):
        score_file(lake, checked, champion_lake.champion, scored_at=NOON)

    assert list_snapshots(lake.lake) == ()
    assert read_scores(lake.lake, batch_id=checked.batch_id).is_empty()
