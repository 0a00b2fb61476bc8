import numpy as np
from tests.fakes.validation_reports import make_sample

from credit_default.gates.validation.sample import ScoredSample
from credit_default.views.validation.pictures import draw_sample


def test_a_sample_without_two_outcomes_has_no_pictures():
    sample = make_sample(row_count=10)
    one_class = ScoredSample(sample.default_probability, defaulted=np.zeros(10))

    assert draw_sample(one_class) == ()
    assert draw_sample(ScoredSample(sample.default_probability)) == ()
