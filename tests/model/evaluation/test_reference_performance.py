"""What a test side tells of a model, and how exactly."""

import pytest

from credit_default.model.estimator.calibration_line import Slope
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.statistics.auc_placements import RocAuc

DEVIATIONS, FEW = 3.0, 500


@pytest.mark.parametrize("side", [-1, 1])
def test_a_slope_is_another_beyond_the_noise_of_both_towards_the_test_sides(side):
    """The interval's end that faces the test side counts, and the other one does not."""
    error, own = 0.05, 0.03
    limit = DEVIATIONS * (error**2 + own**2) ** 0.5
    reference = ReferencePerformance(slope=Slope(1.0, own))

    for distance, is_another in ((limit * (1 + 1e-9), True), (limit * (1 - 1e-9), False)):
        value = 1.0 + side * distance
        near, far = NORMAL_QUANTILE_95 * error, 9.0
        low, high = (value - far, value + near) if side < 0 else (value - near, value + far)
        assert reference.has_another_slope(Metric(value, low, high)) is is_another


def test_any_slope_is_another_where_the_test_side_has_none_and_none_is_where_it_is_the_same():
    assert ReferencePerformance().has_another_slope(Metric(1.0, 0.9, 1.1))
    same = ReferencePerformance(slope=Slope(1.0, 0.0))
    assert not same.has_another_slope(Metric(1.0, 1.0, 1.0))


def test_a_slope_is_told_with_its_interval():
    assert ReferencePerformance().describe_slope() == ""
    told = ReferencePerformance(slope=Slope(0.875, 0.05)).describe_slope()
    assert told == "; on the test side it was 0.88 ± 0.10"


def test_few_rows_are_told_with_what_they_can_tell():
    few = FEW - 1
    both = ReferencePerformance(RocAuc(0.8, 0.02), Slope(1.0, 0.1), row_count=few)

    (told,) = both.describe_small()
    assert told == (
        f"the model was tested on {few:,} rows, which tell its ROC AUC to ± 0.04 and its calibration "
        "slope to ± 0.20: no change within that raises an alarm"
    )
    (neither,) = ReferencePerformance(row_count=few).describe_small()
    assert "which tell neither how it ranks nor how it is calibrated" in neither
    (one,) = ReferencePerformance(RocAuc(0.8, 0.02), row_count=few).describe_small()
    assert "which tell its ROC AUC to ± 0.04: no change" in one


@pytest.mark.parametrize("count", [None, FEW, FEW + 1])
def test_enough_rows_or_an_unknown_number_say_nothing(count):
    assert ReferencePerformance(RocAuc(0.8, 0.02), row_count=count).describe_small() == []
