import datetime as dt

import numpy as np
import polars as pl
import pytest
from tests.fakes.log_lines import collect_log_lines

from credit_default.data.contract.schema import STATEMENT_MONTH
from credit_default.data.simulation.months import Scenario, simulate
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.model.estimator.decision import decide
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.training_rows import (
    TrainingRows,
    read_training_rows,
    split_rows,
)

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

FEW = Recipe(tree_count=3, maximum_depth=3)


def write(rows, path):
    rows.write_csv(path)
    return str(path)


def train(wiring):
    training = read_training_rows(wiring, month=None, read_at=NOON)
    return fit_challenger(wiring, training, split_rows(wiring, training))


@pytest.fixture
def some_rows(month_rows):
    return month_rows.head(300)


def test_same_rows_in_another_order_on_other_cores_give_the_same_digest(
    make_wiring, month_rows, tmp_path
):
    shuffled = month_rows.sample(fraction=1.0, shuffle=True, seed=3).select(
        reversed(month_rows.columns)
    )
    one = make_wiring(tmp_path / "one", data=write(month_rows, tmp_path / "rows.csv"), jobs=1)
    other = make_wiring(tmp_path / "other", data=write(shuffled, tmp_path / "shuffled.csv"), jobs=2)

    first, second = train(one), train(other)

    assert first.bundle.digest == second.bundle.digest
    assert first.evaluation == second.evaluation
    np.testing.assert_array_equal(first.test_probability, second.test_probability)


def test_real_rows_in_another_order_on_other_cores_give_the_same_digest(
    make_wiring, real_data, tmp_path
):
    rows = (
        pl.read_csv(real_data, infer_schema=False)
        .head(4_000)
        .with_columns(statement_month=pl.lit("2005-09"))
    )
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=3)
    one = make_wiring(tmp_path / "one", data=write(rows, tmp_path / "rows.csv"), jobs=1)
    other = make_wiring(tmp_path / "other", data=write(shuffled, tmp_path / "shuffled.csv"), jobs=2)

    assert train(one).bundle.digest == train(other).bundle.digest


@pytest.mark.parametrize("change", ["one value", "another seed", "another cost"])
def test_other_data_recipe_or_policy_give_another_digest(make_wiring, some_rows, tmp_path, change):
    rows, settings = some_rows, {"recipe": FEW}
    if change == "one value":
        first = pl.int_range(pl.len()) == 0
        rows = rows.with_columns(
            credit_limit=pl.when(first)
            .then(pl.col("credit_limit") + 1000)
            .otherwise("credit_limit")
        )
    if change == "another seed":
        settings = {"recipe": Recipe(tree_count=3, maximum_depth=3, seed=1)}
    if change == "another cost":
        settings["decision"] = {"missed_default_cost": 6.0}
    one = make_wiring(tmp_path / "one", data=write(some_rows, tmp_path / "rows.csv"), recipe=FEW)
    other = make_wiring(tmp_path / "other", data=write(rows, tmp_path / "changed.csv"), **settings)

    assert train(one).bundle.digest != train(other).bundle.digest


def test_challenger_is_judged_on_clients_that_it_never_saw(make_wiring, month_rows, tmp_path):
    wiring = make_wiring(data=write(month_rows, tmp_path / "rows.csv"))
    training = read_training_rows(wiring, month=None, read_at=NOON)
    sides = split_rows(wiring, training)

    challenger = fit_challenger(wiring, training, sides)

    assert challenger.evaluation.row_count == sides.test.height
    assert challenger.bundle.row_count == sides.development.height
    assert challenger.bundle.reference.height == sides.test.height
    assert "client_id" not in challenger.bundle.reference.columns  # no artifact names a client
    assert not set(sides.test["client_id"]) & set(sides.development["client_id"])


def test_test_share_is_what_the_settings_say(make_wiring, month_rows, tmp_path):
    wiring = make_wiring(data=write(month_rows, tmp_path / "rows.csv"), refresh={"test_share": 0.4})

    sides = split_rows(wiring, read_training_rows(wiring, month=None, read_at=NOON))

    assert 0.35 < sides.test.height / month_rows.height < 0.45


def test_fit_is_logged_with_digest_and_sizes(make_wiring, month_rows, tmp_path):
    wiring = make_wiring(data=write(month_rows, tmp_path / "rows.csv"))
    training = read_training_rows(wiring, month=None, read_at=NOON)

    with collect_log_lines("services.training") as lines:
        challenger = fit_challenger(wiring, training, split_rows(wiring, training))

    bundle, evaluation = challenger.bundle, challenger.evaluation
    assert lines == [
        (
            f"info fitted challenger digest={bundle.digest[:12]} "
            f"development_row_count={bundle.row_count} test_row_count={evaluation.row_count} "
            "regime=2005-09 data_origin=simulated"
        )
    ]


CALM_MONTHS, RECESSION_MONTHS, SERVED_MONTH = 3, 8, 13  # the last is counted from 0


@pytest.fixture(scope="module")
def recession_months():
    """Fourteen months of one portfolio with outcomes; a recession begins in the fourth and goes on."""
    scenario = Scenario("recession", start=CALM_MONTHS, strength=3)
    months = simulate(client_count=3_000, month_count=SERVED_MONTH + 1, seed=7, scenario=scenario)
    return [
        month.statements.join(
            month.outcomes.select("client_id", "defaulted"), on="client_id", maintain_order="left"
        )
        for month in months
    ]


def fit_on(wiring, months):
    training = TrainingRows(pl.concat(months), (), "simulated", 0, ())
    return fit_challenger(wiring, training, split_rows(wiring, training))


def measure_score_drift(wiring, challenger, rows):
    """Return the PSI of the score of `rows` against the challenger's reference."""
    bundle = challenger.bundle
    probability = score_probability(bundle, rows)
    scored = rows.with_columns(
        pl.Series("default_probability", probability),
        pl.Series("decision", decide(probability, bundle.decision_policy).tolist()),
    )
    plan = plan_profile(
        bundle.reference, schema=wiring.schema, decision_policy=bundle.decision_policy
    )
    sides = (profile_rows(plan, bundle.reference), profile_rows(plan, scored))
    report = measure_drift(plan, *sides, schema=wiring.schema, policy=wiring.settings.drift)
    return report.score.statistic


def test_model_retrained_for_a_recession_is_monitored_by_the_months_of_the_recession(
    wiring, recession_months
):
    learnt = recession_months[: CALM_MONTHS + RECESSION_MONTHS]

    challenger = fit_on(wiring, learnt)

    months = challenger.bundle.reference[STATEMENT_MONTH].unique().sort().to_list()
    assert months[0] >= "2006-05"  # the sixth month of the recession, as long as a statement shows
    assert months[-1] == "2006-07"
    assert measure_score_drift(wiring, challenger, recession_months[SERVED_MONTH]) < 0.1


@pytest.mark.nightly
def test_evaluation_economics_and_contest_see_the_test_rows_of_the_regime_alone(
    wiring, recession_months
):
    challenger = fit_on(wiring, recession_months[: CALM_MONTHS + RECESSION_MONTHS])

    test = challenger.sides.test
    assert challenger.evaluation.row_count == test.height == challenger.bundle.reference.height
    assert len(challenger.test_probability) == len(challenger.test_defaulted) == test.height
    assert challenger.evaluation.expected_default_count == pytest.approx(
        challenger.evaluation.default_count, rel=0.1
    )


def test_reference_of_a_calm_portfolio_is_the_whole_test_side(wiring, known_rows):
    training = TrainingRows(known_rows, (), "simulated", 0, ())
    sides = split_rows(wiring, training)

    challenger = fit_challenger(wiring, training, sides)

    assert not challenger.regime.is_new
    assert challenger.out_of_fold is None
    assert challenger.sides.test.equals(sides.test)
    assert challenger.bundle.reference.height == sides.test.height
