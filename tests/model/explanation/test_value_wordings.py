"""What a client is told where a value is missing, special or a category, and what nobody is told."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from tests.fakes.bureau_loans import FEATURES, NO_FILE, SCHEMA, UNUSABLE, lend

from credit_default.data.contract.schema import Column
from credit_default.model.estimator.decision import DECLINE, DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score
from credit_default.model.explanation.actionable_changes import Lever, derive_levers
from credit_default.model.explanation.counterfactuals import find_counterfactuals
from credit_default.model.explanation.reason_codes import build_reason_finder
from credit_default.model.explanation.reason_table import NO_REASONS, build_reason_table
from credit_default.model.explanation.shapley import Explanation
from credit_default.model.explanation.value_wordings import (
    list_code_wordings,
    list_value_measures,
    list_value_wordings,
)
from credit_default.model.features.declaration import Feature

INPUTS = {column.name: column for column in SCHEMA.inputs}


@pytest.fixture(scope="module")
def loans():
    bundle = fit(
        Recipe(tree_count=20, leaf_row_count=15),
        lend(1_200, seed=1),
        schema=SCHEMA,
        features=FEATURES,
        decision_policy=DecisionPolicy(),
    )
    return attach_reference(bundle, lend(400, seed=2, prefix="R"))


@pytest.fixture(scope="module")
def finder(loans):
    return build_reason_finder(loans, NO_REASONS, schema=SCHEMA)


@pytest.fixture(scope="module")
def declined(loans):
    rows = lend(600, seed=3, prefix="N")
    batch = score(
        loans, rows, model_version=1, batch_id="b", scored_at=datetime(2005, 12, 1, tzinfo=UTC)
    )
    return rows.filter(batch.frame["decision"] == DECLINE)


def reasons_if(finder, rows, feature):
    """The reasons of rows whose probability that feature alone had raised."""
    names = finder.explainer.bundle.feature_names
    added = np.array([[0.2 if name == feature else 0.0 for name in names]] * rows.height)
    explanation = Explanation(names, added, np.full(rows.height, 0.3), 0.1)
    return [texts[0] for texts in finder.select_reasons(explanation, rows)]


@pytest.mark.parametrize(
    ("feature", "column", "value", "expected"),
    [
        (
            "debt_to_income",
            "debt_to_income",
            None,
            "Debt to income (Debt payments over income): not stated",
        ),
        ("log_income", "income", None, "Income (Stated income): not stated"),
        ("loan_over_income", "income", None, "Income (Stated income): not stated"),
        (
            "bureau_score",
            "bureau_score",
            NO_FILE,
            "Bureau score (Score of the bureau): no bureau file",
        ),
        (
            "bureau_score",
            "bureau_score",
            UNUSABLE,
            "Bureau score (Score of the bureau): file not usable",
        ),
        (
            "bureau_score",
            "bureau_score",
            310,
            "Bureau score (Score of the bureau): lower than for most accepted clients",
        ),
        ("rents", "housing", 1, "Housing (Housing): rents"),
        ("rents", "housing", 0, "Housing (Housing): other"),
        ("grade", "grade", 3, "Grade (Grade): grade C"),
        ("grade", "grade", None, "Grade (Grade): not stated"),
        ("history_months", "opened_on", None, "Opened on (First account opened): not stated"),
    ],
)
def test_a_value_is_worded_as_what_it_is(finder, feature, column, value, expected):
    row = lend(1, seed=4).with_columns(
        applied_on=12_600, opened_on=pl.lit(9_000), income=pl.lit(3_000.0), grade=pl.lit(2)
    )
    row = row.with_columns(pl.lit(value, dtype=row.schema[column]).alias(column))

    assert reasons_if(finder, row, feature) == [expected]


def test_medians_are_those_of_numbers(finder):
    background = finder.explainer.background_rows["bureau_score"]

    assert finder._medians["bureau_score as a number"] == background.filter(background > 0).median()


def test_no_client_without_a_value_is_told_that_it_is_lower_or_higher(finder, declined):
    told = finder.find_reasons(declined)

    assert any("not stated" in text for texts in told for text in texts)
    assert any("no bureau file" in text for texts in told for text in texts)
    for row, texts in zip(declined.iter_rows(named=True), told, strict=True):
        assert len(texts) == len(set(texts))
        for text in texts:
            if text.startswith("Bureau score") and row["bureau_score"] < 0:
                assert "than for most" not in text
            if text.startswith("Debt to income"):
                assert ("not stated" in text) == (row["debt_to_income"] is None)


def test_every_kept_unprotected_feature_is_in_one_concept():
    table = build_reason_table(NO_REASONS, FEATURES, schema=SCHEMA)

    named = [name for concept in table.concepts for name in concept.features]
    assert sorted(named) == sorted(feature.name for feature in FEATURES)


def test_no_way_below_the_threshold_touches_a_value_of_no_quantity(loans, finder, declined):
    levers = derive_levers(
        SCHEMA, input_names=loans.input_names, accepted=finder.explainer.background_rows
    )
    assert {column for lever in levers for column in lever.columns} == {
        "bureau_score",
        "debt_to_income",
        "income",
        "loan_amount",
        "grade",
    }
    assert not any(step < 0 for lever in levers for step in lever.steps)

    found = 0
    for row in (declined[n : n + 1] for n in range(25)):
        for way in find_counterfactuals(loans, row, levers=levers, schema=SCHEMA):
            found += 1
            for name, (before, after) in way.changes.items():
                assert row[name][0] is not None
                assert before not in INPUTS[name].special
                assert after not in INPUTS[name].special
    assert found > 5


def test_a_declared_lever_to_a_special_value_is_not_taken(loans, declined):
    lever = Lever("no file", "set", ("bureau_score",), (NO_FILE,))
    row = declined.filter(pl.col("bureau_score") > 0)[:1].with_columns(bureau_score=300)

    assert find_counterfactuals(loans, row, levers=[lever], schema=SCHEMA) == ()


def test_what_a_column_may_hold_besides_numbers_has_a_measure_of_its_own():
    plain = Column("income", "amount", "Income.")
    odd = Column(
        "score",
        "integer",
        "Score.",
        optional=True,
        special={-9.0: "no file", -8.0: "unusable"},
    )
    code = Column("purpose", "code", "For.", codes={1: "car"})

    assert list(list_value_measures([plain, odd, code])) == [
        Feature("score is missing", "is_missing", ("score",)),
        Feature("score is -9", "one_hot", ("score",), {"value": -9.0}),
        Feature("score is -8", "one_hot", ("score",), {"value": -8.0}),
        # Bounds without effect: a clip reads no special values.
        Feature("score as a number", "clip", ("score",), {"minimum": -1e30, "maximum": 1e30}),
        Feature("purpose as it is", "raw", ("purpose",)),
    ]


def test_a_missing_value_is_worded_before_the_special_ones_each_by_its_measure():
    odd = Column("score", "integer", "Score.", optional=True, special={-9.0: "no file"})

    wordings = list_value_wordings([odd])

    assert [wording.text for wording in wordings] == [
        "Score (Score): not stated",
        "Score (Score): no file",
    ]
    assert [[(c.measure, c.side, c.value) for c in wording.conditions] for wording in wordings] == [
        [("score is missing", "at least", 1), ("score is missing", "at most", 1)],
        [("score is -9", "at least", 1), ("score is -9", "at most", 1)],
    ]


def test_each_code_is_worded_by_its_meaning_as_exactly_itself():
    code = Column("purpose", "code", "For.", codes={1: "car", 7: "debts"})

    found = list_code_wordings("Purpose", code, measure="purpose as it is")

    assert [(w.text, [(c.side, c.value) for c in w.conditions]) for w in found] == [
        ("Purpose: car", [("at least", 1), ("at most", 1)]),
        ("Purpose: debts", [("at least", 7), ("at most", 7)]),
    ]
