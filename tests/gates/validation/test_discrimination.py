import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.metrics import roc_auc_score
from statsmodels.stats.proportion import proportions_ztest
from tests.fakes.scored_samples import change, draw_reference_case, draw_sample, run, run_one

from credit_default.gates.validation.discrimination import TESTS
from credit_default.gates.validation.ranking import measure_area


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


def test_an_area_by_chance_or_without_an_error_is_told_as_it_is():
    sample = draw_sample(1, row_count=400)
    perfect = change(sample, default_probability=sample.defaulted * 0.8 + 0.1)
    reversed_ = change(sample, default_probability=0.9 - sample.defaulted * 0.8)
    constant = change(sample, default_probability=np.full(400, 0.2))

    assert run_one(TESTS, "auc_above_chance", perfect).light == "green"
    assert run_one(TESTS, "auc_above_chance", perfect).statistic is None
    assert run_one(TESTS, "auc_above_chance", reversed_).light == "red"
    found = run_one(TESTS, "auc_above_chance", constant)
    assert (found.statistic, found.p_value, found.light) == (0.0, 0.5, "red")
    assert run_one(TESTS, "auc_against_development", perfect, perfect).statistic == 0.0


def test_interval_of_the_area_is_1_96_errors_wide_on_either_side():
    found = run_one(TESTS, "auc_above_chance", draw_sample(2)).figures

    area, error = found["roc_auc"], found["standard_error"]
    assert (found["low"], found["high"]) == pytest.approx(
        (area - 1.96 * error, area + 1.96 * error)
    )


def test_months_are_compared_by_cochrans_weighted_sum():
    sample = draw_sample(3, row_count=1_500, month_count=3)

    found = run_one(TESTS, "auc_by_month", sample)

    areas = []
    for month in np.unique(sample.month):
        rows = sample.month == month
        areas.append(measure_area(sample.defaulted[rows], sample.default_probability[rows]))
    weights = np.array([1 / area.variance for area in areas])
    values = np.array([area.value for area in areas])
    mean = (weights * values).sum() / weights.sum()
    assert found.statistic == pytest.approx((weights * (values - mean) ** 2).sum())
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 2))


def test_one_month_with_outcomes_enough_is_not_compared_and_two_are():
    sample = draw_sample(4, row_count=1_000, month_count=2)
    rare = sample.defaulted.copy()
    second = np.flatnonzero((sample.month == "2026-02") & (rare == 1))
    rare[second[9:]] = 0

    assert run_one(TESTS, "auc_by_month", sample).light != "not judged"
    assert run_one(TESTS, "auc_by_month", change(sample, defaulted=rare)).light == "not judged"


@pytest.mark.parametrize(("count", "subjects"), [(20, ["A, B", "B, C"]), (19, ["B, C"])])
def test_bands_of_twenty_rows_are_compared(count, subjects):
    sample = draw_sample(5, row_count=600)
    band = np.array(["A"] * count + ["B"] * 250 + ["C"] * (350 - count))

    found = run(TESTS, "band_order", change(sample, band=band, band_order=("A", "B", "C")))

    assert [finding.subject for finding in found] == subjects


def test_bands_that_never_default_are_equal_and_one_band_is_not_compared():
    sample = draw_sample(6, row_count=600)
    outcomes = np.r_[np.zeros(400), np.resize([1.0, 0.0], 200)]
    band = np.repeat(["A", "B", "C"], 200)
    ordered = change(sample, band=band, band_order=("A", "B", "C"), defaulted=outcomes)

    first, _ = run(TESTS, "band_order", ordered)

    assert (first.statistic, first.p_value) == (0.0, 0.5)
    alone = change(ordered, band=np.full(600, "A"))
    assert run_one(TESTS, "band_order", alone).light == "not judged"


def test_a_segmentation_that_development_lacks_is_not_compared():
    sample, development = draw_sample(7), draw_sample(8)
    other = change(development, segments={"region": development.segments["sex"]})
    unknown = change(
        development,
        segments={"sex": np.where(development.segments["sex"] == "male", "m", "female")},
    )

    assert run_one(TESTS, "gini_by_segment", sample, other).light == "not judged"
    assert [f.subject for f in run(TESTS, "gini_by_segment", sample, unknown)] == ["sex female"]
