"""How often printed intervals hold the truth, by the script that prints the table."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "interval_coverage.py"
KINDS = ("calibrated", "slope .8", "level +.2", "segment")


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("interval_coverage", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize(
    ("part", "kind", "sample_count"),
    [
        ("metrics", "calibrated", 160),
        pytest.param("metrics", "level +.2", 120, marks=pytest.mark.nightly),
        pytest.param("groups", "segment", 120, marks=pytest.mark.nightly),
        ("gains", "slope .8", 120),
    ],
)
def test_each_interval_holds_the_truth_in_about_95_of_100_samples(
    benchmark, part, kind, sample_count
):
    found = list(
        benchmark.measure_coverage(
            part, kind, row_count=2_000, sample_count=sample_count, resample_count=200
        )
    )

    # Three Monte Carlo errors: with many figures one or another is two off.
    low = 0.93 - 3 * np.sqrt(0.93 * 0.07 / sample_count)
    assert [(item.name, item.share) for item in found if item.share < low] == []
    assert 0.92 < np.mean([item.share for item in found]) < 0.98


@pytest.mark.nightly
@pytest.mark.parametrize("row_count", [2_000, 6_000])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["metrics", "costs", "groups", "gains"])
def test_no_interval_is_off_by_more_than_chance_over_600_samples(benchmark, part, kind, row_count):
    found = benchmark.measure_coverage(part, kind, row_count=row_count, sample_count=600)

    bounds = (0.93 - 3 * np.sqrt(0.93 * 0.07 / 600), 0.97 + 3 * np.sqrt(0.97 * 0.03 / 600))
    off = [(item.name, item.share) for item in found if not bounds[0] < item.share < bounds[1]]
    assert off == []


def test_the_population_has_no_chance_in_it(benchmark):
    truth = benchmark.measure_metrics(benchmark.build_population(), "calibrated", 0, 1)

    assert truth["ece"].value < 1e-4
    assert truth["calibration_slope"].value == pytest.approx(1, abs=1e-3)
    assert truth["calibration_intercept"].value == pytest.approx(0, abs=1e-3)
    assert truth["default_share"].value == pytest.approx(truth["mean_probability"].value, abs=1e-5)
