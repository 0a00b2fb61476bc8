"""Sizes in short: the worlds of `benchmarks/size_and_power.py`, which measures every test, gate and alarm in full."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
# Of 400 draws three Monte Carlo errors at 5 % are 3.3 points.
DRAWS, SLACK = 400, 0.033


@pytest.fixture(scope="module")
def size_power():
    """The benchmark's modules of worlds and rates, imported as its script imports them."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        from size_power import battery_rates, jobs, rates, worlds
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    return battery_rates, jobs, rates, worlds


@pytest.fixture(scope="module")
def published(size_power):
    battery_rates, _, rates, _ = size_power
    return rates.count_rings(
        battery_rates.ring_published(np.random.default_rng([1, number])) for number in range(DRAWS)
    )


@pytest.mark.parametrize(
    ("name", "share"),
    [
        ("Hosmer-Lemeshow with G - 2 on given probabilities", 0.11),
        ("AUC against development, its variance left out", 0.116),
        ("concentration test of the ECB", 0.0),
        ("PSI > .10 with two samples of 100", 0.85),
    ],
)
def test_official_forms_miss_their_size_as_published(published, name, share):
    error = 3 * (share * (1 - share) / DRAWS) ** 0.5

    assert abs(published[name].share - share) <= error + 0.01


@pytest.mark.parametrize(
    "name",
    [
        "chi-square over the bands, dof = bands",
        "AUC against development, its variance added",
        "concentration test by the delta method",
    ],
)
def test_forms_in_their_place_hold_their_size(published, name):
    assert published[name].share <= 0.05 + SLACK


def count_on(size_power, names, world, *, draws, row_count=500):
    """How often these tests ring in draws of a world, of four months."""
    battery_rates, _, rates, worlds = size_power
    from credit_default.gates.validation.battery import TESTS, measure_findings
    from credit_default.gates.validation.validation_test import build_input

    tests = [test for test in TESTS if test.test_id in names]

    def draw(number):
        generator = np.random.default_rng([2, number])
        sample, development = (
            worlds.draw_sample(generator, each, row_count=row_count, month_count=4)
            for each in (world, worlds.NULLS[0])
        )
        inputs = build_input(sample, development, policy=battery_rates.POLICY)
        return {t.test_id: battery_rates.rings(t, measure_findings(t, inputs)) for t in tests}

    return rates.count_rings(draw(number) for number in range(draws))


def test_months_of_the_same_clients_are_no_independent_rows(size_power):
    """Each month of a client taken for a row of its own, the PSI and the KS test ring at every second right model."""
    names = {
        "stability.psi",
        "stability.kolmogorov_smirnov",
        "discrimination.auc_against_development",
        "representativeness.variables",
        "stability.default_rate",
    }

    rates = count_on(size_power, names, size_power[3].NULLS[0], draws=150)

    assert {name for name, rate in rates.items() if rate.share > 0.05 + 0.055} == set()
    assert all(rate.judged == 150 for rate in rates.values())


def test_normal_test_over_four_months_needs_students_distribution(size_power):
    names = {"calibration.normal_months", "calibration.normal_months_official"}

    rates = count_on(size_power, names, size_power[3].NULLS[1], draws=DRAWS)

    assert rates["calibration.normal_months"].share <= 0.05 + SLACK
    assert rates["calibration.normal_months_official"].share > 0.06


@pytest.mark.parametrize(
    ("defect", "seen_by"),
    [
        ("level", "calibration.in_the_large"),
        ("slope", "calibration.slope"),
        ("rank lost in a segment", "discrimination.gini_by_segment"),
        ("drift without loss", "stability.psi"),
        ("drift with loss", "calibration.in_the_large"),
        ("incomplete outcomes", "data_quality.outcomes_missing_at_random"),
        ("stale feed", "stability.migration_homogeneity"),
        ("correlated defaults", "calibration.over_time"),
    ],
)
def test_each_planted_defect_at_its_strongest_is_seen_by_the_test_that_is_there_for_it(
    size_power, defect, seen_by
):
    world = [each for each in size_power[3].list_defects() if each.name == defect][-1]

    rates = count_on(size_power, {seen_by}, world, draws=20, row_count=2_000)

    assert rates[seen_by].rung >= 14


def test_counts_do_not_depend_on_how_the_work_is_shared(size_power):
    _, jobs, _, _ = size_power
    whole = jobs.run_part(jobs.Part("published", 0, 0, 6, 5))
    parts = [jobs.run_part(jobs.Part("published", 0, a, b, 5)) for a, b in ((0, 2), (2, 6))]

    assert whole == {name: parts[0][name] + parts[1][name] for name in whole}


@pytest.mark.nightly
def test_no_default_form_is_off_its_size_by_more_than_two_points(size_power):
    battery_rates, _, rates, worlds = size_power
    for world in worlds.NULLS:
        found = rates.count_rings(
            battery_rates.ring_all(np.random.default_rng([3, number]), world)
            for number in range(1_000)
        )
        off = {
            name: str(rate)
            for name, rate in found.items()
            if not name.endswith("_official")
            and name != "overrides.direction"
            and rate.share - 2 * rate.error > 0.07
        }
        assert off == {}, world.name
