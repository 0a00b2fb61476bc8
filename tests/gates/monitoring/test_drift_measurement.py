from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from credit_default.data.contract.schema import KEY
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.gates.monitoring import drift_measurement
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.gates.monitoring.drift_measurement import describe_drift, measure_drift
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import merge_profiles, profile_rows
from credit_default.model.profile.plan import plan_profile

NAMES = (
    "credit_limit",
    "education",
    "age",
    "repayment_status_m1",
    "payment_amount_m1",
    "payment_amount_m2",
)
FEW = replace(
    CREDIT_CARD, columns=tuple(c for c in CREDIT_CARD.columns if c.name in {*KEY, *NAMES}), rules=()
)
BY_TESTS = replace(
    FEW,
    columns=tuple(
        replace(
            c,
            drift_method="chisquare" if c.codes else "wasserstein",
            drift_threshold=0.001 if c.codes else 0.1,
        )
        if c.name in NAMES
        else c
        for c in FEW.columns
    ),
)


@pytest.fixture(scope="module")
def pool():
    (month,) = simulate(client_count=16_000, month_count=1, seed=21)
    probability = month.outcomes["true_probability"]
    decision = np.where(probability.to_numpy() >= 1 / 6, "decline", "accept").tolist()
    return month.statements.with_columns(
        default_probability=probability, decision=pl.Series(decision)
    )


def measure(reference, current, *, schema=FEW):
    plan = plan_profile(reference, schema=schema, decision_policy=DecisionPolicy())
    sides = (profile_rows(plan, reference), profile_rows(plan, current))
    return measure_drift(plan, *sides, schema=schema, policy=DriftPolicy())


def test_every_input_the_score_and_the_decision_are_measured_by_the_schemas_methods(pool):
    report = measure(pool.head(3_000), pool.tail(1_000), schema=BY_TESTS)

    assert [column.column for column in report.columns] == [column.name for column in FEW.inputs]
    assert {column.method for column in report.columns} == {"wasserstein", "chisquare"}
    assert (report.score.column, report.decision.column) == ("default_probability", "decision")
    assert (report.reference_count, report.current_count) == (3_000, 1_000)


def test_swapped_sides_are_another_report(pool):
    late = pool.tail(1_000).with_columns(repayment_status_m1=pl.lit(2, dtype=pl.Int64))

    there, back = measure(pool.head(3_000), late), measure(late, pool.head(3_000))

    index = {column.column: column.statistic for column in there.columns}
    other = {column.column: column.statistic for column in back.columns}
    assert index["payment_amount_m1"] != other["payment_amount_m1"]
    assert (there.reference_count, back.reference_count) == (3_000, 1_000)


def test_halves_that_are_added_come_to_the_report_of_the_whole(pool):
    reference, current = pool.head(3_000), pool.tail(1_000)
    plan = plan_profile(reference, schema=FEW, decision_policy=DecisionPolicy())
    halves = merge_profiles(
        profile_rows(plan, current.head(300)), profile_rows(plan, current.tail(700))
    )

    found = measure_drift(
        plan, profile_rows(plan, reference), halves, schema=FEW, policy=DriftPolicy()
    )

    assert found == measure(reference, current)


@pytest.mark.parametrize("schema", [FEW, BY_TESTS], ids=["psi", "wasserstein and chisquare"])
def test_resampled_clean_batches_raise_no_alarm_and_hardly_a_watch(pool, schema):
    rng = np.random.default_rng(5)
    levels = []
    for length in (200, 500, 1_500, 5_000):
        for _ in range(8):
            rows = pool[rng.permutation(pool.height)[: 6_000 + length]]
            report = measure(rows[:6_000], rows[6_000:], schema=schema)
            levels.append(judge_drift(report, row_count=length).level)

    assert levels.count("alarm") == 0
    assert levels.count("watch") <= 1


@pytest.mark.parametrize("schema", [FEW, BY_TESTS], ids=["psi", "wasserstein and chisquare"])
def test_planted_shift_is_watched_at_every_length(pool, schema):
    for length in (200, 1_500, 5_000):
        later = pool.tail(length).with_columns(repayment_status_m1=pl.lit(2, dtype=pl.Int64))

        verdict = judge_drift(measure(pool.head(6_000), later, schema=schema), row_count=length)

        assert verdict.level in {"watch", "alarm"}
        assert "repayment_status_m1" in " ".join(verdict.reasons)


def test_side_without_rows_is_an_input_error(pool):
    with pytest.raises(InputError, match="current rows: found no rows"):
        measure(pool.head(100), pool.head(0))
    with pytest.raises(InputError, match="reference: found no rows"):
        measure(pool.head(0), pool.head(100))


def test_report_as_plain_values_keeps_every_column_with_its_limit():
    report = DriftReport(
        (ColumnDrift("age", "psi", 0.2, 0.1, drifted=True),),
        ColumnDrift("default_probability", "psi", 0.3, 0.1, drifted=True),
        1.0,
        300,
        300,
        {},
    )

    assert describe_drift(report) == {
        "drift": {
            "age": {"statistic": 0.2, "threshold": 0.1, "method": "psi"},
            "default_probability": {"statistic": 0.3, "threshold": 0.1, "method": "psi"},
        }
    }


@pytest.mark.parametrize(
    ("method", "statistic", "is_beyond"),
    [
        ("ks", 0.05, True),  # a p-value: at its threshold and below it is drift
        ("ks", 0.0501, False),
        ("chisquare", 0.0499, True),
        ("psi", 0.05, True),  # a distance: at its threshold and above it is
        ("psi", 0.0499, False),
        ("wasserstein", 0.0501, True),
    ],
)
def test_a_threshold_itself_is_reached(method, statistic, is_beyond):
    assert drift_measurement._exceeds_threshold(statistic, method, 0.05) is is_beyond


def test_the_drifted_share_is_of_the_inputs_by_their_thresholds_alone(pool):
    later = pool.head(500).with_columns(
        repayment_status_m1=pl.lit(2, dtype=pl.Int64), age=pl.col("age") + 40
    )

    report = measure(pool.head(500), later)

    assert [column.column for column in report.columns if column.drifted] == [
        "age",
        "repayment_status_m1",
    ]
    assert report.drifted_share == pytest.approx(2 / len(FEW.inputs))
