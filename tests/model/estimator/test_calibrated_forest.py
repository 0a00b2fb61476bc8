from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.model.estimator.calibrated_forest import CalibratedForest
from credit_default.model.estimator.calibration_line import Calibration, measure_log_odds
from credit_default.model.estimator.digest import digest_bundle
from credit_default.model.estimator.recipe_pipeline import calibrate_pipeline
from credit_default.model.estimator.scoring import score_probability

LINE = Calibration(slope=0.5, intercept=-0.25)


@pytest.fixture
def calibrated(bundle):
    return replace(bundle, pipeline=calibrate_pipeline(bundle.pipeline, LINE))


def test_scores_are_the_forests_put_on_the_line(bundle, calibrated, rows):
    before, after = score_probability(bundle, rows), score_probability(calibrated, rows)

    np.testing.assert_allclose(
        after, 1 / (1 + np.exp(0.25 - 0.5 * measure_log_odds(before))), rtol=1e-9
    )
    assert calibrated.calibration == LINE
    assert calibrated.forest is bundle.forest
    assert bundle.calibration is None


def test_the_pipeline_alone_gives_the_same_probabilities_to_the_last_bit(calibrated, rows):
    both = calibrated.pipeline.predict_proba(rows)

    assert both[:, 1].tobytes() == score_probability(calibrated, rows).tobytes()
    assert both.sum(axis=1) == pytest.approx(1)
    assert calibrated.pipeline.predict(rows).tolist() == (both[:, 1] > 0.5).astype(int).tolist()


def test_chunks_change_no_bit(calibrated, rows):
    some = rows[:100]
    whole = score_probability(calibrated, some)

    for size in (7, 64):
        parts = [
            score_probability(calibrated, some[start : start + size])
            for start in range(0, 100, size)
        ]
        assert np.concatenate(parts).tobytes() == whole.tobytes()


def test_the_digest_covers_the_line(bundle, calibrated):
    steeper = replace(
        bundle, pipeline=calibrate_pipeline(bundle.pipeline, Calibration(0.5, -0.25 + 1e-12))
    )

    assert len({digest_bundle(bundle), digest_bundle(calibrated), digest_bundle(steeper)}) == 3


def test_no_line_leaves_the_very_pipeline(bundle):
    assert calibrate_pipeline(bundle.pipeline, None) is bundle.pipeline


def test_a_calibrated_forest_is_never_fitted_again(bundle):
    with pytest.raises(InputError, match="fit it again"):
        CalibratedForest(bundle.forest, LINE).fit([[0.0]], [0])


def test_a_row_of_just_one_half_is_no_default():
    forest = SimpleNamespace(
        classes_=np.array([0, 1]), predict_proba=lambda rows: np.column_stack([1 - rows, rows])
    )
    calibrated = CalibratedForest(forest, Calibration(slope=1.0, intercept=0.0))

    assert calibrated.predict(np.array([0.5, 0.4, 0.6])).tolist() == [0, 0, 1]
