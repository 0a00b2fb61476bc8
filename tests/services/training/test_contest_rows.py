"""A refresh is judged on months after the challenger's last one, where the lake or the test side has any."""

import datetime as dt
from dataclasses import replace

import polars as pl
import pytest

from credit_default.data.splitting import split
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.services.champion.current import CurrentChampion
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.contest_rows import choose_contest_rows
from credit_default.services.training.promotion_contest import judge_challenger
from credit_default.services.training.training_rows import TrainingRows, split_rows

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]
RECIPE = Recipe(tree_count=8, maximum_depth=5)


@pytest.fixture
def champion(wiring, month_rows):
    """A champion that learned from the development side of September."""
    return fit(
        RECIPE,
        split(month_rows).development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=wiring.settings.decision,
    )


def take_months(known_rows, *months):
    return known_rows.filter(pl.col("statement_month").is_in(months))


def ingest(wiring, rows, path, *, with_outcomes):
    (rows if with_outcomes else rows.drop("defaulted")).write_csv(path)
    ingest_file(wiring, str(path), month=None, corrects=None, kept_at=NOON)


def choose(wiring, sides, champion, data_origin="simulated", **flags):
    return choose_contest_rows(
        wiring, sides, champion=champion, data_origin=data_origin, now=NOON, **flags
    )


def test_without_a_later_month_held_out_clients_of_the_newest_months_are_compared(
    wiring, champion, known_rows
):
    sides = split(take_months(known_rows, "2005-09", "2005-10"))

    found = choose(wiring, sides, champion)

    assert set(found.rows["client_id"]) <= set(sides.test["client_id"])
    assert found.learned.is_empty()
    assert found.description == (
        "no later month than the challenger's last (2005-10) with known outcomes: "
        "held-out clients of the newest months, 2005-09 to 2005-10"
    )


def test_where_held_out_clients_are_few_the_others_of_their_months_are_compared_out_of_fold(
    wiring, champion, known_rows
):
    sides = split(take_months(known_rows, "2005-09", "2005-10"))
    newest = replace(sides, test=take_months(sides.test, "2005-10"))

    found = choose(wiring, newest, champion, with_learned=True)

    assert found.rows.equals(newest.test)
    assert found.learned.equals(take_months(sides.development, "2005-10"))
    assert found.description.endswith(
        f"2005-10 ({found.rows.height:,} rows), and its other clients out of fold"
    )


def test_rows_that_the_champion_learned_from_are_not_compared_out_of_fold(
    wiring, champion, known_rows
):
    september = split(take_months(known_rows, "2005-09"))

    assert choose(wiring, september, champion, with_learned=True).learned.is_empty()


def test_held_out_clients_alone_are_compared_where_they_are_enough(
    make_wiring, champion, known_rows
):
    sides = split(take_months(known_rows, "2005-09", "2005-10"))
    wiring = make_wiring(refresh={"contest_row_count": 400})

    found = choose(wiring, sides, champion, with_learned=True)

    assert found.rows.height >= 400
    assert found.learned.is_empty()


def test_months_that_the_lake_has_learned_of_since_are_out_of_time(
    wiring, champion, known_rows, tmp_path
):
    later = take_months(known_rows, "2005-11")
    ingest(wiring, later, tmp_path / "november.csv", with_outcomes=False)
    outcomes = later.select(*KEY, "defaulted").with_columns(observed_at=pl.lit("2006-01-01"))
    outcomes.write_csv(tmp_path / "outcomes.csv")
    ingest_outcomes_file(wiring, str(tmp_path / "outcomes.csv"), taken_in_at=NOON)
    sides = split(take_months(known_rows, "2005-09", "2005-10"))

    found = choose(wiring, sides, champion)

    assert found.rows["statement_month"].unique().to_list() == ["2005-11"]
    assert found.rows.height == later.height
    assert found.description == (
        "out of time: months after the challenger's last (2005-10): 2005-11"
    )


def test_a_later_file_with_its_own_outcomes_counts_too(wiring, champion, known_rows, tmp_path):
    ingest(wiring, take_months(known_rows, "2005-11"), tmp_path / "own.csv", with_outcomes=True)

    found = choose(wiring, split(take_months(known_rows, "2005-10")), champion)

    assert found.description.startswith("out of time")


def test_later_rows_that_the_champion_learned_from_do_not_count(wiring, known_rows, tmp_path):
    later = take_months(known_rows, "2005-11")
    ingest(wiring, later, tmp_path / "own.csv", with_outcomes=True)
    champion = fit(
        RECIPE,
        split(later).development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=wiring.settings.decision,
    )

    found = choose(wiring, split(take_months(known_rows, "2005-10")), champion)

    assert set(found.rows["client_id"]) <= set(split(later).test["client_id"])
    assert found.description.startswith("out of time")


def test_a_few_later_rows_are_said_and_not_judged_by(wiring, champion, known_rows, tmp_path):
    few = take_months(known_rows, "2005-11").head(100)
    ingest(wiring, few, tmp_path / "few.csv", with_outcomes=True)

    found = choose(wiring, split(take_months(known_rows, "2005-10")), champion)

    assert found.description.startswith("only 100 later rows than the challenger's last (2005-10)")
    assert found.rows["statement_month"].unique().to_list() == ["2005-10"]


def test_later_rows_of_real_clients_judge_no_model_of_simulated_ones(
    wiring, champion, known_rows, tmp_path
):
    real = take_months(known_rows, "2005-11").with_columns(
        client_id=pl.col("client_id").str.replace("SIM-", "c")
    )
    ingest(wiring, real, tmp_path / "real.csv", with_outcomes=True)

    found = choose(wiring, split(take_months(known_rows, "2005-10")), champion)

    assert found.description.startswith("no later month")


def test_held_out_months_are_learned_by_nobody_and_judged_on_by_both(
    make_wiring, champion, known_rows
):
    wiring = make_wiring(
        refresh={"held_out_months": 1}, recipe={"tree_count": 8, "maximum_depth": 5}
    )
    training = TrainingRows(known_rows, (), "simulated", 0, ())

    sides = split_rows(wiring, training)
    verdict = judge_challenger(
        wiring,
        fit_challenger(wiring, training, sides),
        sides,
        champion=CurrentChampion(champion, 1, "simulated"),
        now=NOON,
    )

    november = known_rows.filter(statement_month="2005-11").height
    assert sides.development["statement_month"].max() == "2005-10"
    assert sides.test.filter(statement_month="2005-11").height == november
    assert sides.development.height + sides.test.height == known_rows.height
    assert verdict.reasons[-1] == (
        "out of time: months after the challenger's last (2005-10): 2005-11"
    )
    assert f"{november:,} rows" in verdict.reasons[0]


def test_the_only_month_is_never_held_out(make_wiring, month_rows):
    wiring = make_wiring(refresh={"held_out_months": 1})
    training = TrainingRows(month_rows, (), "simulated", 0, ())

    assert split_rows(wiring, training).development.equals(split(month_rows).development)
