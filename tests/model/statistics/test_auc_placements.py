import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.model.statistics.auc_placements import (
    measure_placements,
    measure_roc_auc_error,
    measure_roc_auc_from_placements,
)
from credit_default.model.statistics.bootstrap import (
    draw_weights,
    measure_roc_auc,
    rank_probabilities,
)

# Coarse probabilities, so that ties are common.
SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=2, max_size=60).filter(
    lambda rows: len({outcome for outcome, _ in rows}) == 2
)


def split(rows):
    return np.array([outcome for outcome, _ in rows]), np.array([level / 8 for _, level in rows])


def test_a_placement_is_the_share_of_the_other_side_that_is_ranked_right():
    placements = measure_placements(np.array([1, 1, 0, 0]), np.array([0.9, 0.3, 0.3, 0.1]))

    assert placements.tolist() == [1.0, 0.75, 0.75, 1.0]


@given(SCORED)
def test_the_mean_placement_of_either_side_is_the_area(rows):
    defaulted, probability = split(rows)

    placements = measure_placements(defaulted, probability)

    area = roc_auc_score(defaulted, probability)
    assert placements[defaulted == 1].mean() == pytest.approx(area)
    assert placements[defaulted == 0].mean() == pytest.approx(area)


@given(SCORED)
def test_equal_weights_give_the_area_itself(rows):
    defaulted, probability = split(rows)
    placements = measure_placements(defaulted, probability)

    area = measure_roc_auc_from_placements(
        np.ones((1, len(rows))), defaulted=defaulted, placements=placements
    )

    assert area[0] == pytest.approx(roc_auc_score(defaulted, probability))


def test_resampled_areas_spread_as_those_that_are_ranked_anew():
    generator = np.random.default_rng(3)
    probability = generator.beta(1, 3, 400)
    defaulted = (generator.random(400) < probability).astype(np.int64)
    (weights,) = draw_weights(len(defaulted), resample_count=400, seed=1)

    placed = measure_roc_auc_from_placements(
        weights, defaulted=defaulted, placements=measure_placements(defaulted, probability)
    )
    ranked = measure_roc_auc(weights, defaulted=defaulted, ranked=rank_probabilities(probability))

    assert np.abs(placed - ranked).max() < 0.01
    assert placed.std() == pytest.approx(ranked.std(), rel=0.05)


def test_a_resample_without_defaulters_has_no_area():
    defaulted = np.array([1, 0, 0])
    placements = measure_placements(defaulted, np.array([0.9, 0.2, 0.1]))

    assert np.isnan(
        measure_roc_auc_from_placements(
            np.array([[0.0, 1.0, 1.0]]), defaulted=defaulted, placements=placements
        )[0]
    )


def test_standard_error_is_the_spread_of_the_area_over_samples():
    generator, areas, errors = np.random.default_rng(6), [], []

    for _ in range(400):
        probability = generator.beta(1, 3, 300).round(2)
        defaulted = (generator.random(300) < probability).astype(np.int64)
        found = measure_roc_auc_error(defaulted, probability)
        areas.append(found.value)
        errors.append(found.standard_error)

    assert found.value == pytest.approx(roc_auc_score(defaulted, probability))
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.12)


def test_standard_error_is_that_of_the_paired_difference_from_a_model_without_ranking():
    generator = np.random.default_rng(8)
    probability = generator.beta(1, 3, 500)
    defaulted = (generator.random(500) < probability).astype(np.int64)

    difference = measure_auc_difference(
        defaulted, np.full(500, 0.5), challenger=probability, confidence=0.95
    )

    error = measure_roc_auc_error(defaulted, probability).standard_error
    assert error == pytest.approx(difference.standard_error, rel=1e-9)
