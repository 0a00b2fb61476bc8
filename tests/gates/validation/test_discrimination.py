import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportions_ztest
from tests.fakes.scored_samples import change, draw_reference_case, draw_sample, run, run_one

from credit_default.gates.validation.discrimination import TESTS


def test_area_against_development_is_that_of_another_implementation():
    sample, development = draw_reference_case()

    found = run_one(TESTS, "auc_against_development", sample, development)

    # riskvalidation 1.0.1: auc_with_variance and disc_auc_vs_initial, the initial variance given.
    assert found.figures["roc_auc"] == pytest.approx(0.7672379061267951, abs=1e-12)
    assert found.figures["standard_error"] ** 2 == pytest.approx(0.0003375331659545755, abs=1e-12)
    assert found.statistic == pytest.approx(1.950316310082405, abs=1e-9)
    assert found.p_value == pytest.approx(0.025569214927879454, abs=1e-9)
    assert found.light == "amber"


def test_official_form_takes_developments_area_as_exact_and_judges_nothing():
    sample, development = draw_reference_case()

    found = run_one(TESTS, "auc_against_development_official", sample, development)

    assert found.statistic == pytest.approx(2.4272056653462575, abs=1e-9)
    assert found.p_value == pytest.approx(0.007607813788542504, abs=1e-9)
    assert found.light == "for information"


def test_separation_is_that_of_another_implementation():
    sample, _ = draw_reference_case()

    found = run_one(TESTS, "kolmogorov_smirnov", sample)

    assert found.statistic == pytest.approx(0.4287749287749288, abs=1e-12)
    assert found.light == "green"


def test_score_that_ranks_by_chance_is_red():
    sample = draw_sample(1)
    shuffled = np.random.default_rng(2).permutation(sample.default_probability)

    found = run_one(TESTS, "auc_above_chance", change(sample, default_probability=shuffled))

    assert found.light == "red"
    assert run_one(TESTS, "auc_above_chance", sample).light == "green"


def test_segment_that_lost_its_ranking_is_named():
    sample, development = draw_sample(3, row_count=4_000), draw_sample(4, row_count=4_000)
    women = sample.segments["sex"] == "female"
    scores = sample.default_probability.copy()
    scores[women] = np.random.default_rng(5).permutation(scores[women])

    findings = run(
        TESTS, "gini_by_segment", change(sample, default_probability=scores), development
    )

    assert {found.subject: found.light for found in findings} == {
        "sex female": "red",
        "sex male": "green",
    }


def test_gini_of_a_segment_is_twice_its_area_less_one():
    sample, development = draw_sample(6), draw_sample(7)
    men = sample.segments["sex"] == "male"

    (_, found) = run(TESTS, "gini_by_segment", sample, development)

    area = roc_auc_score(sample.defaulted[men], sample.default_probability[men])
    assert found.figures["gini"] == pytest.approx(2 * area - 1, abs=1e-12)


def test_month_that_lost_its_ranking_is_seen():
    sample = draw_sample(8, row_count=6_000, month_count=6)
    last = sample.month == "2026-06"
    scores = sample.default_probability.copy()
    scores[last] = np.random.default_rng(9).permutation(scores[last])

    assert run_one(TESTS, "auc_by_month", sample).light == "green"
    found = run_one(TESTS, "auc_by_month", change(sample, default_probability=scores))
    assert found.light == "red"


def test_bands_out_of_order_are_named():
    sample = draw_sample(10, row_count=4_000)
    swapped = sample.band.copy()
    swapped[sample.band == "C"], swapped[sample.band == "F"] = "F", "C"

    findings = run(TESTS, "band_order", change(sample, band=swapped))

    assert [found.subject for found in findings if found.light == "red"] == ["C, D", "E, F"]


def test_development_without_outcomes_leaves_the_comparison_unjudged():
    sample = draw_sample(11)

    found = run_one(
        TESTS, "auc_against_development", sample, change(draw_sample(12), defaulted=None)
    )

    assert (found.light, found.statistic, found.p_value) == ("not judged", None, None)
    assert found.reason == "no outcomes of development"


def test_gini_of_a_segment_is_told_beside_that_of_development():
    sample, development = draw_sample(3), draw_sample(4)

    (found, _) = run(TESTS, "gini_by_segment", sample, development)

    for name, side in (("gini", sample), ("development_gini", development)):
        women = side.segments["sex"] == "female"
        area = roc_auc_score(side.defaulted[women], side.default_probability[women])
        assert found.figures[name] == pytest.approx(2 * area - 1, abs=1e-9)


def test_neighbouring_bands_are_compared_as_statsmodels_does():
    sample = draw_sample(8)

    found = run(TESTS, "band_order", sample)[0]

    counts = [
        (sample.defaulted[sample.band == band].sum(), (sample.band == band).sum()) for band in "AB"
    ]
    z, p_value = proportions_ztest(*np.transpose(counts), alternative="larger")
    assert (found.statistic, found.p_value) == pytest.approx((z, p_value), abs=1e-9)
