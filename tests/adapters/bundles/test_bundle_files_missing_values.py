"""A portfolio with missing, special and category values from fit through a stored bundle to monitoring."""

import datetime as dt
import json

import numpy as np
import polars as pl
import pytest
from tests.fakes.bureau_loans import FEATURES, SCHEMA, lend

from credit_default.adapters.bundles.artifact_check import check_pipeline
from credit_default.adapters.bundles.bundle_files import read_bundle, write_bundle
from credit_default.adapters.evidently.drift_report import ReportTitle, render_drift_report
from credit_default.errors import ArtifactError
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.model.estimator.decision import DECLINE, DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score, score_probability
from credit_default.model.explanation.reason_codes import build_reason_finder
from credit_default.model.explanation.reason_table import NO_REASONS
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
TREE_COUNT = 20


@pytest.fixture(scope="module")
def loans():
    bundle = fit(
        Recipe(tree_count=TREE_COUNT, leaf_row_count=15),
        lend(1_200, seed=1),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )
    return attach_reference(bundle, lend(1_000, seed=2, prefix="R"))


@pytest.fixture(scope="module")
def loaded(loans, tmp_path_factory):
    sealed = write_bundle(loans, tmp_path_factory.mktemp("bundle"))
    return read_bundle(sealed.folder, expected_digest=loans.digest, seal=sealed.seal)


def score_rows(bundle, rows):
    batch = score(bundle, rows, model_version=1, batch_id="b", scored_at=NOON)
    return rows.with_columns(batch.frame["default_probability"], batch.frame["decision"])


def compare(bundle, rows):
    plan = plan_profile(bundle.reference, schema=SCHEMA, decision_policy=bundle.decision_policy)
    profiles = [profile_rows(plan, frame) for frame in (bundle.reference, score_rows(bundle, rows))]
    policy = DriftPolicy()
    drift = measure_drift(plan, *profiles, schema=SCHEMA, policy=policy)
    columns = measure_feed(plan, *profiles, schema=SCHEMA)
    state = BatchState(rows.height, bundle.reference.height, columns, 0.0, 0.0)
    return judge_drift(drift, row_count=rows.height, policy=policy), judge_feed(state)


def test_a_loaded_bundle_scores_missing_and_special_values_to_the_same_bits(loans, loaded):
    new = lend(500, seed=3, prefix="N")

    assert loaded.digest == loans.digest
    assert loaded.input_values == loans.input_values
    assert np.array_equal(score_probability(loaded, new), score_probability(loans, new))


def test_a_loaded_bundle_gives_reasons_for_every_declined_client(loaded):
    new = score_rows(loaded, lend(500, seed=4, prefix="N"))
    declined = new.filter(decision=DECLINE)

    reasons = build_reason_finder(loaded, NO_REASONS, schema=SCHEMA).find_reasons(declined)

    assert declined.height > 20
    assert all(reasons)


def test_an_identically_drawn_batch_rings_no_alarm_and_is_not_unusual(loaded):
    levels = [
        [verdict.level for verdict in compare(loaded, lend(1_000, seed=seed, prefix="N"))]
        for seed in range(10, 30)
    ]

    assert sum(drift == "ok" for drift, _ in levels) >= 19
    assert sum(feed == "ok" for _, feed in levels) >= 19


def test_a_batch_in_which_more_is_missing_is_told(loaded):
    rows = lend(1_000, seed=5, prefix="N")
    gone = rows["debt_to_income"].set(pl.Series(np.arange(1_000) % 2 == 0), None)

    drift, feed = compare(loaded, rows.with_columns(gone))

    assert drift.level != "ok"
    assert "debt_to_income" in " ".join(drift.reasons)
    assert any("debt_to_income is missing in" in reason for reason in feed.reasons)
    assert any("usually" in reason for reason in feed.reasons)


@pytest.mark.xdist_group("evidently")
def test_evidently_draws_columns_with_missing_values_and_leaves_out_empty_ones(loaded, tmp_path):
    rows = score_rows(loaded, lend(400, seed=6, prefix="N"))
    empty = rows.with_columns(opened_on=pl.lit(None, dtype=pl.Int64))

    report = render_drift_report(
        reference=loaded.reference,
        current=empty,
        schema=SCHEMA,
        policy=DriftPolicy(),
        folder=tmp_path,
        title=ReportTitle("ab" * 8, 3, simulated=True),
    )

    content = (tmp_path / "report.json").read_text()
    assert "debt_to_income" in content
    assert "opened_on" not in content
    assert json.loads(content)
    assert report.widgets


@pytest.mark.parametrize(
    "inputs",
    [
        {"nobody": {"optional": True, "special": []}},
        {"income": {"optional": "yes", "special": []}},
        {"income": {"optional": True, "special": [], "more": 1}},
        {"income": {"optional": True, "special": [float("inf")]}},
        ["income"],
    ],
)
def test_a_stored_pipeline_that_says_anything_else_of_its_inputs_is_refused(loans, inputs):
    step = loans.pipeline.named_steps["features"]
    before = step.kw_args
    try:
        step.kw_args = {**before, "inputs": inputs}
        with pytest.raises(ArtifactError, match="feature list"):
            check_pipeline(loans.pipeline, recipe=loans.recipe)
    finally:
        step.kw_args = before
    check_pipeline(loans.pipeline, recipe=loans.recipe)


def test_a_threshold_of_infinity_is_only_accepted_where_missing_values_go_right(loans):
    from credit_default.adapters.bundles.tree_check import check_tree_state

    rows = lend(600, seed=7)
    risky = fit(
        Recipe(tree_count=6, leaf_row_count=5, column_share=1.0),
        rows.with_columns(defaulted=rows["debt_to_income"].is_null().cast(int)),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )
    trees = [member.tree_ for member in risky.forest.estimators_]
    tree = next(tree for tree in trees if np.isposinf(tree.threshold).any())
    _, arguments, state = tree.__reduce__()

    check_tree_state(arguments, state)

    state["nodes"] = state["nodes"].copy()
    state["nodes"]["missing_go_to_left"][np.isposinf(state["nodes"]["threshold"])] = 1
    with pytest.raises(ArtifactError, match="threshold"):
        check_tree_state(arguments, state)
