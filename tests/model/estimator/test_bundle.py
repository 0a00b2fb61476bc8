from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.model.estimator.bundle import (
    measure_feature_importance,
    measure_input_importance,
)
from credit_default.model.families.recipe import Recipe


def test_a_bundle_knows_its_features_and_inputs(bundle):
    assert len(bundle.feature_names) == 68
    assert len(bundle.input_names) == 20
    assert "age" not in bundle.input_names
    assert bundle.forest.n_features_in_ == 68


def test_importance_adds_up_over_features_and_over_inputs(bundle):
    by_feature, by_input = measure_feature_importance(bundle), measure_input_importance(bundle)

    assert sum(by_feature.values()) == pytest.approx(1.0)
    assert sum(by_input.values()) == pytest.approx(1.0)
    assert set(by_input) == set(bundle.input_names)
    assert list(by_feature.values()) == sorted(by_feature.values(), reverse=True)


def test_lateness_matters_most_where_the_outcome_depends_on_it(bundle):
    by_input = measure_input_importance(bundle)

    assert next(iter(by_input)).startswith("repayment_status")
    assert (
        sum(share for name, share in by_input.items() if name.startswith("repayment_status")) > 0.5
    )


def test_inputs_of_equal_importance_are_ordered_by_name(fit_small, rows):
    stump = fit_small(rows, recipe=Recipe(tree_count=1, maximum_depth=1, leaf_row_count=5))

    by_input = measure_input_importance(stump)

    unused = [name for name, share in by_input.items() if share == 0]
    assert len(unused) > 10
    assert unused == sorted(unused)


def test_what_walks_the_trees_answers_unless_it_leaves_rows_to_the_estimator(bundle, rows):
    matrix = np.array(bundle.pipeline[:-1].transform(rows))
    itself = bundle.measure_risk(matrix)

    def walk(found, estimator=bundle.forest):
        walker = SimpleNamespace(estimator=estimator, measure=lambda _: found)
        return replace(bundle, walker=walker).measure_risk(matrix)

    eighth = np.full(len(matrix), 0.125)
    assert walk(eighth).tolist() == eighth.tolist()
    assert walk(None).tolist() == itself.tolist()
    assert walk(eighth, estimator=None).tolist() == itself.tolist()  # of another one's trees
