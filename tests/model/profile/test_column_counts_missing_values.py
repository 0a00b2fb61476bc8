"""Missing and special values are counted apart: by every distance, and in no sum."""

import numpy as np
import polars as pl
import pytest

from credit_default.data.contract.schema import Column, Schema
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.profile.column_counts import merge_profiles, profile_rows
from credit_default.model.profile.drift_distances import ProfilePair, measure_distance
from credit_default.model.profile.plan import plan_profile
from credit_default.model.profile.shift_attribution import describe_segment

METHODS = ("psi", "jensenshannon", "chisquare", "ks", "wasserstein")
NO_FILE = -9.0


def build_schema(method):
    return Schema(
        name="s",
        version="1",
        columns=(
            Column("client_id", "identifier", "Who."),
            Column("statement_month", "month", "When."),
            Column(
                "score",
                "integer",
                "Score",
                optional=True,
                special={NO_FILE: "no bureau file"},
                drift_method=method,
            ),
        ),
        outcome=Column("defaulted", "outcome", "Default.", codes={0: "no", 1: "yes"}),
    )


def draw(count, *, seed, missing=0.2, special=0.1):
    random = np.random.default_rng(seed)
    score = random.normal(650, 60, count).round()
    kind = random.random(count)
    score[kind < missing + special] = NO_FILE
    values = pl.Series(score).set(pl.Series(kind < missing), None)
    return pl.DataFrame({"score": values, "default_probability": 0.2, "decision": "accept"})


def compare(reference, current, *, method):
    schema = build_schema(method)
    plan = plan_profile(reference, schema=schema, decision_policy=DecisionPolicy())
    sides = [profile_rows(plan, rows).columns["score"] for rows in (reference, current)]
    return measure_distance(ProfilePair(*sides, plan.columns[0].grid), method)


def profile(rows, *, method="psi", by=None):
    plan = plan_profile(
        rows if by is None else by, schema=build_schema(method), decision_policy=DecisionPolicy()
    )
    return plan, profile_rows(plan, rows)


def test_missing_and_special_values_have_classes_of_their_own_and_enter_no_sum():
    rows = draw(1_000, seed=1)
    numbers = rows["score"].drop_nulls()
    numbers = numbers.filter(numbers != NO_FILE)

    plan, found = profile(rows)

    column, bins = found.columns["score"], plan.columns[0].bins
    assert column.missing_count == rows["score"].null_count()
    assert column.counts[len(bins.edges) + 1] == (rows["score"] == NO_FILE).sum()
    assert column.counts[-2] == 0
    assert column.counts[: len(bins.edges) + 1].sum() == column.number_count == len(numbers)
    assert (column.minimum, column.mean) == (numbers.min(), pytest.approx(numbers.mean()))
    assert bins.edges[0] > 500


def test_a_column_of_few_numbers_has_a_bin_for_its_special_value_even_where_the_reference_has_none():
    by = pl.DataFrame({"score": [1.0, 2.0] * 3, "default_probability": 0.2, "decision": "accept"})
    rows = by[:2].with_columns(score=pl.Series([NO_FILE, 2.0]))

    plan, found = profile(rows, by=by)

    assert plan.columns[0].bins.values.tolist() == [NO_FILE, 1, 2]
    assert found.columns["score"].counts.tolist() == [1, 0, 1, 0, 0]
    assert found.columns["score"].minimum == 2


def test_profiles_of_parts_add_up_to_the_profile_of_the_whole():
    rows = draw(500, seed=2)
    plan, whole = profile(rows)

    parts = [profile_rows(plan, rows[:120]), profile_rows(plan, rows[120:])]
    merged = merge_profiles(*parts).columns["score"]

    assert merged.counts.tolist() == whole.columns["score"].counts.tolist()
    assert merged.number_count == whole.columns["score"].number_count
    assert merged.mean == pytest.approx(whole.columns["score"].mean)


@pytest.mark.parametrize("method", METHODS)
def test_no_distance_is_large_where_nothing_changed(method):
    found = compare(draw(4_000, seed=3), draw(4_000, seed=4), method=method)

    if method in {"ks", "chisquare"}:
        assert found.statistic > 0.01
    else:
        assert found.statistic < 0.1


@pytest.mark.parametrize("method", ["psi", "jensenshannon", "chisquare", "ks"])
@pytest.mark.parametrize("change", [{"missing": 0.6}, {"missing": 0.0}, {"special": 0.6}])
def test_a_change_of_what_is_missing_or_special_is_seen(method, change):
    found = compare(draw(2_000, seed=5), draw(2_000, seed=6, **change), method=method)

    if method in {"ks", "chisquare"}:
        assert found.statistic < 1e-6
    else:
        assert found.statistic > 0.2


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("special", [0.0, 0.5])
def test_a_side_without_any_number_is_far_and_equal_sides_are_not(method, special):
    some, none = draw(500, seed=7), draw(500, seed=8, missing=1 - special, special=special)

    apart = compare(some, none, method=method), compare(none, some, method=method)
    alike = compare(none, none, method=method)

    for found in apart:
        assert found.statistic < 1e-6 if method in {"ks", "chisquare"} else found.statistic > 0.1
    assert alike.statistic == (1.0 if method in {"ks", "chisquare"} else 0.0)


def test_a_special_value_is_called_by_its_meaning():
    plan, _ = profile(draw(1_000, seed=9))
    bins, column = plan.columns[0].bins, build_schema("psi").inputs[0]

    assert describe_segment(column, bins, len(bins.edges) + 1) == "score -9 (no bureau file)"
    assert describe_segment(column, bins, bins.bin_count + 1) == "score missing"
    assert describe_segment(column, bins, len(bins.edges)).startswith("score from")
