import datetime as dt
import json
from dataclasses import replace

import polars as pl
import pytest

from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.queries import read_scores
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.audit.replay import verify_lake
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.batch_reasons import BatchReasons, describe_missing_reasons
from credit_default.services.scoring.score_batch import score_file
from credit_default.services.scoring.score_export import export_scores

KEY = ["client_id", "statement_month"]
NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def rows(known_rows):
    return known_rows.filter(statement_month="2005-11").drop("defaulted")


@pytest.fixture
def declined(champion_lake, rows) -> pl.DataFrame:
    return rows.filter(pl.Series(score_probability(champion_lake.champion.bundle, rows) >= 1 / 6))


def under(champion_lake, **policy):
    """The wiring of the lake with a champion, with another policy of reasons."""
    settings = champion_lake.wiring.settings
    return replace(
        champion_lake.wiring,
        settings=settings.model_copy(update={"reasons": replace(settings.reasons, **policy)}),
    )


@pytest.fixture
def score_under(champion_lake, tmp_path):
    """Scores the rows under a policy of reasons; returns the result and the scores."""

    def score(rows, **policy):
        rows.write_csv(tmp_path / "batch.csv")
        wiring = under(champion_lake, **policy)
        checked = check_file(wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored")
        scored = score_file(wiring, checked, champion_lake.champion, scored_at=NOON)
        scores = read_scores(wiring.lake, batch_id=scored.batch_id)
        return scored, rows.select(KEY).join(scores, on=KEY, maintain_order="left")

    return score


def test_each_declined_client_has_one_to_four_reasons_in_the_lake(score_under, rows):
    scored, scores = score_under(rows.slice(0, 150))

    counts = scores["reasons"].list.len()
    assert set(counts.filter(scores["decision"] == "accept")) == {0}
    assert set(counts.filter(scores["decision"] == "decline")) <= {1, 2, 3, 4}
    assert (
        scored.reasoned_count
        == scored.declined_count
        == (scores["decision"] == "decline").sum()
        > 0
    )


def test_auto_stops_at_its_limit_in_the_order_of_the_file(score_under, rows):
    scored, scores = score_under(rows.slice(150, 150), limit=3)

    declined = scores.filter(decision="decline")
    assert (declined["reasons"].list.len() > 0).to_list() == [True] * 3 + [False] * (
        declined.height - 3
    )
    assert (scored.reasons_mode, scored.reasoned_count, scored.declined_count) == (
        "auto",
        3,
        declined.height,
    )


def test_all_has_no_limit(score_under, rows):
    scored, _ = score_under(rows.slice(300, 100), mode="all", limit=3)

    assert scored.reasoned_count == scored.declined_count > 3


def test_none_gives_no_reasons(score_under, rows):
    scored, scores = score_under(rows.slice(400, 100), mode="none")

    assert set(scores["reasons"].list.len()) == {0}
    assert (scored.reasoned_count, scored.reasons_mode) == (0, "none")


def test_ledger_has_the_mode_and_how_many_were_given_reasons(champion_lake, score_under, rows):
    scored, _ = score_under(rows.slice(500, 100), limit=2)

    details = json.loads(
        find_entry(champion_lake.wiring.lake, f"scored {scored.batch_id} v1").details
    )
    assert (details["reasons"], details["reasoned_count"]) == ("auto", 2)


def test_replay_proves_scores_whatever_their_reasons(champion_lake, score_under, rows):
    scored, _ = score_under(rows.slice(600, 100), limit=2)

    summary = verify_lake(champion_lake.wiring, batch_id=scored.batch_id, client_id=None, head=None)

    assert [v.level for v in summary.verdicts if v.gate == "replay"] == ["ok"]


def test_scoring_again_under_another_mode_leaves_the_reasons_as_they_are(score_under, rows):
    first, before = score_under(rows.slice(700, 100), mode="none")
    again, after = score_under(rows.slice(700, 100), mode="all")

    assert (first.already_scored, again.already_scored) == (False, True)
    assert after.equals(before)
    assert again.reasons_mode == "none"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_reasons_are_exported_with_the_scores(champion_lake, score_under, rows, tmp_path, ending):
    scored, scores = score_under(rows.slice(800, 60 + len(ending)))
    path = tmp_path / f"scores.{ending}"

    export_scores(champion_lake.wiring.lake, batch_id=scored.batch_id, model_version=1, path=path)

    written = pl.read_csv(path) if ending == "csv" else pl.read_parquet(path)
    reported = scores.sort(KEY)["reasons"].to_list()
    if ending == "parquet":
        assert written["reasons"].to_list() == reported
    else:
        assert all(
            reason in text
            for text, given in zip(written["reasons"], reported, strict=True)
            for reason in given
        )


@pytest.mark.parametrize("frame_rows", [1, 7, 1_000])
def test_sizes_of_frames_change_no_reason(champion_lake, declined, frame_rows):
    batch = declined.head(20)
    bundle, portfolio = champion_lake.champion.bundle, champion_lake.wiring.portfolio
    whole = BatchReasons(bundle, portfolio, under(champion_lake, mode="all").settings.reasons).find(
        batch
    )

    reasons = BatchReasons(bundle, portfolio, under(champion_lake, limit=13).settings.reasons)
    given = [
        one
        for part in batch.iter_slices(frame_rows)
        for one in reasons.find(part.head(reasons.allot(part.height)))
    ]

    assert given == whole[:13]
    assert reasons.declined_count == 20


def test_notes_say_how_many_were_given_none():
    assert describe_missing_reasons("auto", declined_count=5, reasoned_count=5) == ()
    assert describe_missing_reasons("none", declined_count=0, reasoned_count=0) == ()
    assert describe_missing_reasons("none", declined_count=1_200, reasoned_count=0) == (
        "no reasons were given to the 1,200 declined clients, as `--reasons none` asks",
    )
    (note,) = describe_missing_reasons("auto", declined_count=60_000, reasoned_count=50_000)
    assert note.startswith(
        "reasons were given to 50,000 of 60,000 declined clients, in the order of the file"
    )
