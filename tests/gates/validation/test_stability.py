from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import ks_2samp
from statsmodels.stats.proportion import proportions_ztest
from tests.fakes.scored_samples import change, draw_sample, run_one

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.stability import (
    TESTS,
    measure_concentration_statistic,
    measure_herfindahl,
)


def test_same_clients_are_green_and_others_are_red():
    sample, development = draw_sample(1), draw_sample(2, row_count=4_000)
    shifted = draw_sample(3, shift=0.5)

    for name in ("psi", "kolmogorov_smirnov", "band_distribution", "default_rate"):
        assert run_one(TESTS, name, sample, development).light == "green", name
        assert run_one(TESTS, name, shifted, development).light == "red", name


def test_change_without_weight_stays_green_however_many_rows_there_are():
    sample = draw_sample(4, row_count=60_000, shift=0.08)
    development = draw_sample(5, row_count=60_000)

    for name in ("psi", "kolmogorov_smirnov", "band_distribution"):
        found = run_one(TESTS, name, sample, development)
        assert (found.light, found.p_value < 0.01) == ("green", True), name
        assert "too small to matter" in found.reason


def test_gathering_that_is_too_small_to_matter_stays_green():
    sample = draw_sample(4, row_count=60_000)
    crowded = np.where(np.arange(60_000) % 25 == 0, "F", sample.band)

    found = run_one(TESTS, "concentration", change(sample, band=crowded), sample)

    assert (found.light, found.p_value < 0.01) == ("green", True)


def test_limits_of_the_industry_stand_beside_without_a_light():
    found = run_one(TESTS, "psi_limits_official", draw_sample(6, shift=1.0), draw_sample(7))

    assert found.light == "for information"
    assert found.figures["beyond_watch"] == 1.0


def test_distance_is_that_of_scipy():
    sample, development = draw_sample(8), draw_sample(9)

    found = run_one(TESTS, "kolmogorov_smirnov", sample, development)

    expected = ks_2samp(development.default_probability, sample.default_probability)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-12)


def test_official_concentration_is_that_of_another_implementation():
    current = np.array([50.0, 120, 200, 90, 40])
    initial = np.array([60.0, 110, 160, 110, 60])

    # riskvalidation 1.0.1, rating_hhi.
    assert measure_concentration_statistic(current, initial) == pytest.approx(
        0.7687981008221083, abs=1e-9
    )


def test_variance_of_the_herfindahl_index_is_that_of_resamples():
    counts = np.array([50.0, 120, 200, 90, 40])
    drawn = np.random.default_rng(10).multinomial(500, counts / 500, size=20_000) / 500

    index, variance = measure_herfindahl(counts)

    assert index == pytest.approx(((counts / 500) ** 2).sum())
    assert variance == pytest.approx((drawn**2).sum(axis=1).var(), rel=0.05)


def test_rows_that_gather_in_one_band_are_red():
    sample, development = draw_sample(11), draw_sample(12)
    crowded = np.where(np.isin(sample.band, ["B", "C", "D"]), "C", sample.band)

    found = run_one(TESTS, "concentration", change(sample, band=crowded), development)
    official = run_one(TESTS, "concentration_official", change(sample, band=crowded), development)

    assert found.light == "red"
    assert (official.light, official.p_value > 0.05) == ("for information", True)


def test_default_rates_are_compared_as_statsmodels_does():
    sample, development = draw_sample(13), draw_sample(14, row_count=5_000, shift=0.05)

    found = run_one(TESTS, "default_rate", sample, development)

    counts = [side.defaulted.sum() for side in (sample, development)]
    z, p_value = proportions_ztest(counts, [2_000, 5_000])
    assert (found.statistic, found.p_value) == pytest.approx((z, p_value), abs=1e-9)


@pytest.mark.parametrize(
    ("bands", "light"), [(["A"], "not judged"), (["A", "B"], "for information")]
)
def test_official_concentration_needs_two_bands(bands, light):
    sides = [
        change(side, band=np.resize(bands, side.row_count), band_order=tuple(bands))
        for side in (draw_sample(15), draw_sample(16))
    ]

    assert run_one(TESTS, "concentration_official", *sides).light == light


@pytest.mark.parametrize(("watch", "beyond"), [(0.0, 1.0), (1e9, 0.0)])
def test_industrys_limits_are_the_policys(watch, beyond):
    policy = replace(ValidationPolicy(), psi_watch=watch, psi_alarm=2e9)
    sample, development = draw_sample(1), draw_sample(2)

    found = run_one(TESTS, "psi_limits_official", sample, development, policy=policy)

    assert found.figures == {"amber_limit": watch, "red_limit": 2e9, "beyond_watch": beyond}


def test_concentration_is_compared_by_the_delta_method():
    sides = [
        change(
            draw_sample(seed, row_count=400),
            band=np.repeat(list("ABC"), counts),
            band_order=tuple("ABC"),
        )
        for seed, counts in ((1, (200, 100, 100)), (2, (150, 130, 120)))
    ]

    found = run_one(TESTS, "concentration", *sides)

    shares = [np.array(counts) / 400 for counts in ((200, 100, 100), (150, 130, 120))]
    indices = [(share**2).sum() for share in shares]
    variance = sum(4 * ((s**3).sum() - i**2) / 400 for s, i in zip(shares, indices, strict=True))
    assert found.statistic == pytest.approx((indices[0] - indices[1]) / np.sqrt(variance))
    official = run_one(TESTS, "concentration_official", *sides)
    variation = np.sqrt(3 * ((shares[0] - 1 / 3) ** 2).sum())
    assert official.figures["coefficient_of_variation"] == pytest.approx(variation)
    index = 1 + np.log((variation**2 + 1) / 3) / np.log(3)
    assert official.figures["herfindahl_index"] == pytest.approx(index)


def test_even_bands_have_no_variation_and_a_rate_of_none_no_error():
    even = np.full(4, 50.0)

    assert measure_concentration_statistic(even, even) == 0.0
    assert measure_herfindahl(even) == (0.25, 0.0)
    sides = [
        change(draw_sample(seed), band=np.resize(list("AB"), 2_000), band_order=("A", "B"))
        for seed in (1, 2)
    ]
    assert run_one(TESTS, "concentration", *sides).statistic == 0.0
