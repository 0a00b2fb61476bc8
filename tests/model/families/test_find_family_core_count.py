"""Families that scikit-learn or scipy fit on several cores give the same arrays on any number of them."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from credit_default.model.families.find_family import find_family
from credit_default.model.families.recipe import Recipe


def fit_arrays(recipe, *, core_count):
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(20_000, 12)).astype(np.float32)
    risk = 1 / (1 + np.exp(1 - matrix[:, 0] - matrix[:, 1] * matrix[:, 2]))
    matrix[generator.random(matrix.shape) < 0.05] = np.nan
    defaulted = (generator.random(len(matrix)) < risk).astype(np.int64)
    family = find_family(recipe)
    estimator = family.build(recipe, None)
    with threadpool_limits(limits=core_count):
        estimator.fit(matrix, defaulted)
    return [array.tobytes() for array in family.list_arrays(estimator)]


@pytest.mark.parametrize("family", ["blend", "boosting", "scorecard"])
def test_the_number_of_cores_changes_no_bit(family):
    of_family = {
        "blend": {"members": [{"family": "boosting", "tree_count": 10}, "scorecard"]},
        "boosting": {"tree_count": 20},
    }
    recipe = Recipe(family=family, **of_family.get(family, {}))

    assert fit_arrays(recipe, core_count=1) == fit_arrays(recipe, core_count=3)
