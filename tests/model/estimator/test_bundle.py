import pytest

from credit_default.model.estimator.bundle import (
    measure_feature_importance,
    measure_input_importance,
)


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
