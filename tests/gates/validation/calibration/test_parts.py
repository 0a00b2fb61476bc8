import numpy as np
import pytest
from scipy.stats import chi2
from tests.fakes.scored_samples import change, draw_reference_case, draw_sample, run, run_one

from credit_default.gates.validation.calibration.parts import TESTS
from credit_default.gates.validation.policy import ValidationPolicy

# riskvalidation 1.0.1, pd_jeffreys_grades over the ten quantile bands of the sample.
JEFFREYS = [
    0.02186327494842527,
    0.8950557002194885,
    0.17629234465589855,
    0.7367199366905441,
    0.01702004747041045,
    0.563312673537451,
    0.6227235914105276,
    0.3715527217879301,
    0.6445956530756018,
    0.6553887848828256,
]


def test_bands_are_judged_as_another_implementation_does():
    sample, _ = draw_reference_case()

    findings = run(TESTS, "jeffreys_by_band", sample)
    found = run_one(TESTS, "chi_square_bands", sample)

    assert [f.p_value for f in findings] == pytest.approx(JEFFREYS, abs=1e-9)
    assert found.statistic == pytest.approx(13.542164920742557, abs=1e-9)
    assert found.p_value == pytest.approx(0.1949173381800127, abs=1e-9)


def test_official_form_spends_two_degrees_of_freedom_on_given_probabilities():
    sample, _ = draw_reference_case()

    found = run_one(TESTS, "hosmer_lemeshow_official", sample)

    assert found.p_value == pytest.approx(chi2.sf(13.542164920742557, 8), abs=1e-9)
    assert found.light == "for information"


def test_band_that_defaults_more_often_than_it_says_is_named():
    sample = draw_sample(1, row_count=4_000)
    stated = {"A": 0.032, "B": 0.075, "C": 0.06, "D": 0.175, "E": 0.25, "F": 0.39, "G": 0.63}

    for name in ("jeffreys_by_band", "binomial_by_band"):
        findings = run(TESTS, name, change(sample, band_probability=stated))

        assert [f.subject for f in findings if f.light == "red"] == ["band C"]


def test_segment_with_another_level_is_named():
    sample = draw_sample(2, row_count=4_000)
    women = sample.segments["sex"] == "female"
    scores = np.where(women, 0.75 * sample.default_probability, sample.default_probability)

    findings = run(TESTS, "by_segment", change(sample, default_probability=scores))

    assert {f.subject: f.light for f in findings} == {"sex female": "red", "sex male": "green"}


def test_variable_in_whose_ranges_the_level_is_wrong_is_named():
    sample = draw_sample(3, row_count=4_000)
    code = sample.variables["code"]
    scores = np.where(code == 2, 0.7 * sample.default_probability, sample.default_probability)

    findings = run(TESTS, "by_variable", change(sample, default_probability=scores))

    assert {f.subject: f.light for f in findings}["code"] == "red"
    right = run(TESTS, "by_variable", sample)
    assert {f.light for f in right} == {"green"}


def test_range_of_a_variable_whose_probabilities_are_certain_is_left_out():
    sample = draw_sample(3, row_count=4_000)
    sure = sample.variables["code"] == 2
    certain = change(
        sample,
        default_probability=np.where(sure, 0.0, sample.default_probability),
        defaulted=np.where(sure, 0.0, sample.defaulted),
    )

    findings = {f.subject: f for f in run(TESTS, "by_variable", certain)}

    assert "over 3 ranges" in findings["code"].reason
    assert np.isfinite(findings["code"].statistic)


def test_range_with_just_enough_rows_is_judged():
    fewest = ValidationPolicy().fewest_band_rows
    sample = draw_sample(6, row_count=400)
    code = np.where(np.arange(400) < fewest, 1.0, 2.0)

    (found,) = run(TESTS, "by_variable", change(sample, variables={"code": code}))

    assert "over 2 ranges" in found.reason


def test_segment_of_just_enough_rows_is_judged_and_one_of_fewer_is_not():
    fewest = ValidationPolicy().fewest_band_rows
    segment = np.repeat(["few", "enough", "rest"], [fewest - 1, fewest, 400 - 2 * fewest + 1])

    findings = run(
        TESTS, "by_segment", change(draw_sample(6, row_count=400), segments={"by": segment})
    )

    assert {f.subject for f in findings} == {"by enough", "by rest"}


def test_band_of_a_certain_probability_spends_no_degree_of_freedom():
    sample = draw_sample(1, row_count=4_000)
    stated = {"A": 0.0, "B": 0.075, "C": 0.13, "D": 0.175, "E": 0.25, "F": 0.39, "G": 1.0}

    found = run_one(TESTS, "chi_square_bands", change(sample, band_probability=stated))

    assert found.figures["degrees_of_freedom"] == 5.0
