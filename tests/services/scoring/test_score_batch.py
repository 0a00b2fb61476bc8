import datetime as dt
import json
import logging

import polars as pl
import pytest

from credit_default.adapters.tables.ledger import find_entry
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_scores
from credit_default.errors import InputError
from credit_default.model.estimator.scoring import score_probability
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.training.training_rows import split_rows

LATER = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)


@pytest.fixture
def rows(known_rows):
    return known_rows.filter(statement_month="2005-10").drop("defaulted")


def read(champion_lake, scored):
    return read_scores(
        champion_lake.wiring.lake, batch_id=scored.batch_id, model_version=scored.model_version
    )


def test_scores_in_the_lake_are_the_model_s_own(champion_lake, score_rows, rows):
    batch = rows.slice(0, 200)

    scored = score_rows(batch)

    expected = dict(
        zip(
            batch["client_id"], score_probability(champion_lake.champion.bundle, batch), strict=True
        )
    )
    assert (
        dict(read(champion_lake, scored).select("client_id", "default_probability").iter_rows())
        == expected
    )
    assert scored.expected_default_share == pytest.approx(sum(expected.values()) / 200)


def test_decline_begins_at_the_threshold_that_travels_with_the_model(
    champion_lake, score_rows, rows
):
    scored = score_rows(rows.slice(200, 200))

    threshold = champion_lake.champion.bundle.decision_policy.threshold
    scores = read(champion_lake, scored)
    assert scores.filter(pl.col("default_probability") >= threshold)[
        "decision"
    ].unique().to_list() == ["decline"]
    assert scores.filter(pl.col("default_probability") < threshold)[
        "decision"
    ].unique().to_list() == ["accept"]
    assert scored.declined_share == pytest.approx(
        (scores["default_probability"] >= threshold).mean()
    )


def test_expected_losses_are_summed_and_recorded(champion_lake, score_rows, rows):
    batch = rows.slice(970, 90)

    scored = score_rows(batch)

    scores = read(champion_lake, scored)
    probability = scores.join(batch, on=["client_id", "statement_month"])
    owed, unused = pl.col("bill_amount_m1"), pl.col("credit_limit") - pl.col("bill_amount_m1")
    exposure = owed.clip(lower_bound=0) + 0.4 * unused.clip(lower_bound=0)
    lost = 0.5 * (1 - 0.7)  # of the exposure, after a missed payment: most are made good
    expected = probability.select((pl.col("default_probability") * exposure * lost).alias("loss"))[
        "loss"
    ]
    assert probability["expected_loss"].to_list() == pytest.approx(expected.to_list())
    losses = scored.expected_losses
    declined = scores.filter(decision="decline")["expected_loss"].sum()
    assert losses["decline"] == pytest.approx(declined)
    assert losses["accept"] + losses["decline"] == pytest.approx(scores["expected_loss"].sum())
    assert sum(losses[name] for name in losses if name.startswith("band ")) == pytest.approx(
        expected.sum()
    )
    assert score_rows(batch, scored_at=LATER).expected_losses == losses  # read from the ledger
    entry = find_entry(champion_lake.wiring.lake, f"scored {scored.batch_id} v1")
    assert json.loads(entry.details)["loss_given_default"] == 0.5
    assert json.loads(entry.details)["cure_share"] == 0.7


def test_scoring_again_does_nothing_and_says_so(champion_lake, score_rows, rows):
    first = score_rows(rows.slice(400, 100))

    again = score_rows(rows.slice(400, 100), name="again.csv", scored_at=LATER)

    assert (first.already_scored, again.already_scored) == (False, True)
    assert (again.batch_id, again.scored_count) == (first.batch_id, 100)
    assert read(champion_lake, again)["scored_at"].max() < LATER


def test_another_version_s_scores_are_kept_beside_the_first_ones(champion_lake, score_rows, rows):
    first = score_rows(rows.slice(500, 100))
    second = score_rows(rows.slice(500, 100), number=2, scored_at=LATER)

    both = read_scores(champion_lake.wiring.lake, batch_id=first.batch_id)
    assert dict(both.group_by("model_version").len().iter_rows()) == {
        first.model_version: 100,
        2: 100,
    }
    assert not second.already_scored


def test_rows_that_came_in_are_scored_or_in_quarantine(champion_lake, score_rows, rows):
    broken = rows.slice(600, 100).with_columns(
        marriage=pl.when(pl.int_range(pl.len()) < 3).then(8).otherwise("marriage")
    )

    scored = score_rows(broken)

    assert (scored.scored_count, scored.rejected_count) == (97, 3)
    rejected = read_quarantine(champion_lake.wiring.lake, batch_id=scored.batch_id)
    assert set(rejected["client_id"]) | set(read(champion_lake, scored)["client_id"]) == set(
        broken["client_id"]
    )


def test_rows_that_the_model_learned_from_are_counted(champion_lake, score_rows, month_rows):
    scored = score_rows(month_rows.drop("defaulted").head(150))

    learned = set(split_rows(champion_lake.wiring, champion_lake.training).development["client_id"])
    assert scored.trained_row_count == sum(
        client in learned for client in month_rows["client_id"].head(150)
    )
    assert scored.trained_row_count > 0


def test_order_of_the_rows_changes_no_score(champion_lake, score_rows, rows):
    batch = rows.slice(700, 120)

    one = score_rows(batch, name="one.csv")
    other = score_rows(batch.reverse(), name="other.csv")

    scores = [
        read(champion_lake, s).sort("client_id")["default_probability"].to_list()
        for s in (one, other)
    ]
    assert one.batch_id != other.batch_id
    assert scores[0] == scores[1]


def test_batch_without_an_accepted_row_is_refused(champion_lake, tmp_path, rows):
    rows.head(2).with_columns(credit_limit=1_000.0, bill_amount_m1=9_000_000.0).write_csv(
        tmp_path / "two.csv"
    )
    checked = check_file(
        champion_lake.wiring, str(tmp_path / "two.csv"), month=None, outcome="ignored"
    )

    with pytest.raises(InputError, match="no accepted row"):
        score_file(champion_lake.wiring, checked, champion_lake.champion, scored_at=LATER)


def test_real_clients_are_not_scored_by_a_champion_of_simulated_ones(champion_lake, rows, tmp_path):
    real = rows.head(50).with_columns(client_id=pl.col("client_id").str.replace("SIM-", "c"))
    real.write_csv(tmp_path / "real.csv")
    checked = check_file(
        champion_lake.wiring, str(tmp_path / "real.csv"), month=None, outcome="ignored"
    )

    with pytest.raises(InputError, match=r"batch real\.csv: found real clients"):
        load_champion(champion_lake.wiring, checked)


def test_scoring_logs_its_steps_by_batch_and_version_and_names_no_client(
    champion_lake, score_rows, rows, caplog
):
    batch = rows.slice(820, 40)
    caplog.set_level(logging.DEBUG, logger="credit_default")

    scored = score_rows(batch)
    score_rows(batch)

    reported = [record.getMessage() for record in caplog.records if "scoring" in record.name]
    named = f"batch_id={scored.batch_id} model_version=1"
    assert reported[0].startswith(f"recorded scores {named} scores_digest=")
    assert reported[1].startswith(f"scored batch {named} scored_count=40 rejected_count=0")
    assert reported[2].startswith(f"batch is scored already {named} scored_count=40")
    assert "SIM-" not in caplog.text
