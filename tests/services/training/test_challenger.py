import datetime as dt

import numpy as np
import polars as pl
import pytest

from credit_default.adapters.lake.snapshots import list_snapshots
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import merge_outcomes
from credit_default.errors import InputError, RefusedError
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.services.intake.file_check import check_file
from credit_default.services.intake.ingest import ingest_file, write_file_snapshot
from credit_default.services.training.challenger import (
    FOLD_SEEDS,
    cross_validate_challenger,
    cross_validate_recipe,
    fit_challenger,
    read_known_rows,
    read_training_rows,
    split_rows,
)

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)

KEY = ["client_id", "statement_month"]
FEW = Recipe(tree_count=3, maximum_depth=3)


def write(rows, path):
    rows.write_csv(path)
    return str(path)


def train(wiring):
    training = read_training_rows(wiring, month=None, read_at=NOON)
    return fit_challenger(wiring, training, split_rows(wiring, training))


def observe(lake, rows, *, at="2005-12-01", **columns):
    outcomes = rows.select(*KEY, "defaulted").with_columns(
        observed_at=pl.lit(at).str.to_datetime(time_unit="us", time_zone="UTC"), **columns
    )
    return merge_outcomes(lake, outcomes)


@pytest.fixture
def some_rows(month_rows):
    return month_rows.head(300)


@pytest.fixture
def ingest(wiring, tmp_path):
    def ingest(rows, name):
        return ingest_file(
            wiring, write(rows, tmp_path / name), month=None, corrects=None, kept_at=NOON
        )

    return ingest


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


def test_rejected_training_rows_stand_in_quarantine_and_rows_balance(
    make_wiring, some_rows, tmp_path
):
    broken = some_rows.with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 2).then(9).otherwise("sex")
    )
    wiring = make_wiring(data=write(broken, tmp_path / "rows.csv"))

    training = read_training_rows(wiring, month=None, read_at=NOON)

    assert (training.rows.height, training.rejected_count) == (298, 2)
    assert (
        read_quarantine(wiring.lake, batch_id=training.snapshots[0].digest)["rules"].to_list()
        == [["sex|code"]] * 2
    )


def test_file_that_the_quality_gate_refuses_leaves_nothing(make_wiring, some_rows, tmp_path):
    broken = some_rows.with_columns(
        age=pl.when(pl.int_range(pl.len()) < 100).then(-1).otherwise("age")
    )
    wiring = make_wiring(data=write(broken, tmp_path / "rows.csv"))

    with pytest.raises(RefusedError, match="nothing of it was kept"):
        read_training_rows(wiring, month=None, read_at=NOON)

    assert list_snapshots(wiring.lake) == ()
    assert read_quarantine(wiring.lake, batch_id="0" * 16).is_empty()
    assert [entry.event for entry in read_entries(wiring.lake)] == ["refused"]


def test_training_file_without_outcomes_is_refused(make_wiring, some_rows, tmp_path):
    wiring = make_wiring(data=write(some_rows.drop("defaulted"), tmp_path / "rows.csv"))

    with pytest.raises(InputError, match="defaulted"):
        read_training_rows(wiring, month=None, read_at=NOON)


def test_what_is_known_are_labelled_files_and_batches_whose_outcomes_arrived(
    wiring, ingest, known_rows
):
    months = known_rows.partition_by("statement_month")
    labelled, batch, unknown = (month.head(300) for month in months)
    ingest(labelled, "labelled.csv")
    ingest(batch.drop("defaulted"), "batch.csv")
    ingest(unknown.drop("defaulted"), "unknown.csv")
    observe(wiring.lake, batch.head(200))

    known = read_known_rows(wiring)

    expected = pl.concat([labelled, batch.head(200)])
    assert known.rows.select(expected.columns).sort(KEY).equals(expected.sort(KEY))
    assert len(known.snapshots) == 2
    assert known.data_origin == "simulated"


def test_row_of_several_files_counts_once(ingest, wiring, some_rows):
    ingest(some_rows, "all.csv")
    ingest(some_rows.head(200), "some.csv")
    ingest(some_rows.drop("defaulted"), "bare.csv")
    observe(wiring.lake, some_rows)

    assert read_known_rows(wiring).rows.height == 300


def test_what_was_observed_later_corrects_what_a_file_said(ingest, wiring, some_rows):
    ingest(some_rows, "all.csv")
    observe(wiring.lake, some_rows.head(50), defaulted=1 - pl.col("defaulted"))

    known = dict(read_known_rows(wiring).rows.select("client_id", "defaulted").iter_rows())

    said = dict(some_rows.select("client_id", "defaulted").iter_rows())
    assert {client for client in known if known[client] != said[client]} == set(
        some_rows["client_id"].head(50)
    )


def test_lake_that_knows_no_outcome_has_nothing_to_learn_from(ingest, wiring, some_rows):
    ingest(some_rows.drop("defaulted"), "bare.csv")

    with pytest.raises(InputError, match="no statements with known outcomes"):
        read_known_rows(wiring)


def test_real_and_simulated_clients_are_never_learned_from_together(wiring, some_rows, tmp_path):
    real = some_rows.with_columns(client_id=pl.col("client_id").str.replace("SIM-", ""))
    for rows, name in ((some_rows, "simulated.csv"), (real, "real.csv")):
        path = write(rows, tmp_path / name)
        checked = check_file(wiring, path, month=None, outcome="kept")
        write_file_snapshot(wiring, checked, kept_at=NOON)  # past the door that refuses them

    with pytest.raises(InputError, match="real and simulated clients"):
        read_known_rows(wiring)


def test_folds_are_computed_once_for_the_same_rows_and_recipe(wiring, some_rows, tmp_path):
    rows = some_rows.sort(KEY)

    first = cross_validate_recipe(wiring, FEW, rows, seed=0)
    (kept,) = (tmp_path / "cache" / "folds").iterdir()
    written = kept.stat().st_mtime_ns
    again = cross_validate_recipe(wiring, FEW, rows, seed=0)

    np.testing.assert_array_equal(first.default_probability, again.default_probability)
    np.testing.assert_array_equal(first.fold, again.fold)
    assert [path.stat().st_mtime_ns for path in kept.parent.iterdir()] == [written]


@pytest.mark.parametrize("change", ["seed", "recipe", "rows"])
def test_other_folds_recipe_or_rows_are_computed_anew(wiring, some_rows, tmp_path, change):
    rows = some_rows.sort(KEY)
    cross_validate_recipe(wiring, FEW, rows, seed=0)

    cross_validate_recipe(
        wiring,
        Recipe(tree_count=4, maximum_depth=3) if change == "recipe" else FEW,
        rows.head(299) if change == "rows" else rows,
        seed=1 if change == "seed" else 0,
    )

    assert len(list((tmp_path / "cache" / "folds").iterdir())) == 2


def test_cross_validation_averages_pooled_evaluations_of_three_fixed_draws(
    make_wiring, some_rows, tmp_path
):
    wiring = make_wiring(recipe=FEW, data=write(some_rows, tmp_path / "rows.csv"))
    training = read_training_rows(wiring, month=None, read_at=NOON)
    challenger = fit_challenger(wiring, training, split_rows(wiring, training))

    folds = cross_validate_challenger(wiring, challenger, training)

    assert len(folds.evaluations) == len(FOLD_SEEDS) == 3
    assert {evaluation.row_count for evaluation in folds.evaluations} == {300}
    values = [evaluation.metrics["roc_auc"].value for evaluation in folds.evaluations]
    assert len(set(values)) == 3
    assert folds.average()["roc_auc"] == pytest.approx(sum(values) / 3)


def ring(lake, batch_id):
    row = {
        "batch_id": batch_id,
        "model_version": 1,
        "statement_month": "2005-10",
        "gate": "feed",
        "level": "alarm",
        "reasons": [],
        "figures": "{}",
        "row_count": 10,
        "expected_loss": None,
        "data_origin": "simulated",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def test_batch_of_a_broken_feed_trains_no_model(wiring, ingest, known_rows):
    months = known_rows.filter(pl.col("statement_month") < "2005-11").group_by(
        "statement_month", maintain_order=True
    )
    ids = [
        ingest(rows.head(100), f"{number}.csv").batch_id for number, (_, rows) in enumerate(months)
    ]
    before = read_known_rows(wiring)

    ring(wiring.lake, ids[1])

    known = read_known_rows(wiring)
    assert (before.rows.height, before.notes) == (200, ())
    assert known.rows["statement_month"].unique().to_list() == ["2005-09"]
    assert [snapshot.digest for snapshot in known.snapshots] == [ids[0]]
    assert known.notes == ("1 batch of a broken feed left out",)


def test_sliding_window_leaves_older_months_out(make_wiring, known_rows, tmp_path):
    wiring = make_wiring(retraining={"window": "sliding", "window_months": 2})
    for number, (_, rows) in enumerate(known_rows.group_by("statement_month", maintain_order=True)):
        path = write(rows.head(100), tmp_path / f"{number}.csv")
        ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)

    known = read_known_rows(wiring)

    assert sorted(known.rows["statement_month"].unique()) == ["2005-10", "2005-11"]
    assert len(known.snapshots) == 2
    assert known.notes == ("learnt from the months 2005-10 to 2005-11",)


def test_outcome_that_came_too_early_is_not_learnt_from(wiring, ingest, some_rows):
    ingest(some_rows.head(60).drop("defaulted"), "rows.csv")
    observe(wiring.lake, some_rows.head(20), at="2005-10-15")
    observe(wiring.lake, some_rows.slice(20, 30), at="2005-11-01")

    assert read_known_rows(wiring).rows.height == 30
