"""Rows, defaults and expectations of bands and parts, counted by hand."""

import numpy as np
import pytest

from credit_default.gates.validation.band_table import assign_bands, count_bands, count_parts
from credit_default.gates.validation.sample import ScoredSample

SCORES = np.array([0.5, 0.2, 0.1, 0.3, 0.4])
OUTCOMES = np.array([1.0, 0.0, 0.0, 1.0, 1.0])
BANDS = np.array(["x", "y", "y", "x", "z"])


def make_sample(**more):
    return ScoredSample(SCORES, defaulted=OUTCOMES, **more)


def test_parts_are_counted_by_their_labels():
    table = count_parts(make_sample(), BANDS)

    assert table.labels == ("x", "y", "z")
    assert table.row_count.tolist() == [2, 2, 1]
    assert table.default_count.tolist() == [2, 0, 1]
    assert table.expected_count == pytest.approx([0.8, 0.3, 0.4])
    assert table.default_probability == pytest.approx([0.4, 0.15, 0.4])
    assert table.variance == pytest.approx([0.25 + 0.21, 0.16 + 0.09, 0.24])
    assert list(table) == [
        ("x", 2, 2, pytest.approx(0.4)),
        ("y", 2, 0, pytest.approx(0.15)),
        ("z", 1, 1, pytest.approx(0.4)),
    ]


def test_parts_that_are_kept_keep_all_that_they_have():
    kept = count_parts(make_sample(), BANDS).keep(np.array([True, False, True]))

    assert kept.labels == ("x", "z")
    assert kept.row_count.tolist() == [2, 1]
    assert kept.default_count.tolist() == [2, 1]
    assert kept.expected_count == pytest.approx([0.8, 0.4])
    assert kept.default_probability == pytest.approx([0.4, 0.4])
    assert kept.variance == pytest.approx([0.46, 0.24])


def test_bands_are_ordered_by_their_mean_score_or_as_they_are_given():
    by_score = count_bands(make_sample(band=BANDS), band_count=2)
    given = count_bands(make_sample(band=BANDS, band_order=("z", "w", "x", "y")), band_count=2)

    assert by_score.labels == ("y", "x", "z")
    assert by_score.row_count.tolist() == [2, 2, 1]
    assert given.labels == ("z", "x", "y")
    assert given.default_count.tolist() == [1, 2, 0]
    assert given.expected_count == pytest.approx([0.4, 0.8, 0.3])
    assert given.variance == pytest.approx([0.24, 0.46, 0.25])


def test_a_band_stands_for_the_probability_that_is_given_with_it():
    stated = count_bands(
        make_sample(band=BANDS, band_probability={"x": 0.9, "y": 0.8, "z": 0.7}), band_count=2
    )

    assert stated.labels == ("y", "x", "z")
    assert stated.default_probability.tolist() == [0.8, 0.9, 0.7]


def test_without_bands_the_score_is_cut_into_quantiles_numbered_from_the_least_risk():
    table = count_bands(make_sample(), band_count=2)

    assert table.labels == ("1 of 2", "2 of 2")
    assert table.row_count.tolist() == [2, 3]
    assert table.default_count.tolist() == [0, 3]
    assert assign_bands(make_sample(band=BANDS), band_count=2) is BANDS
