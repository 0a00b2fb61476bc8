"""How often each test of the validation battery rings, world by world."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit

from credit_default.gates.validation.battery import TESTS, measure_findings
from credit_default.gates.validation.distributions import compare_values
from credit_default.gates.validation.given_figures import (
    EstimateOutcome,
    GivenFigures,
    PromotionOutcome,
)
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import ValidationTest, build_input
from size_power.worlds import BAND_EDGES, BANDS, MEAN, SPREAD, World, draw_rows, draw_sample

POLICY = ValidationPolicy()
MONTH_ROWS, MONTH_COUNT, DEVELOPMENT_MONTHS = 2_000, 4, 3
TIE = World("a benchmark as good as the model")


def draw_given(generator: np.random.Generator) -> GivenFigures:
    """Draw promotions and estimates whose null hypothesis is true: no gain, and intervals that hold."""
    later = generator.normal(0.0, 0.001, 8)
    measured = generator.normal(0.0, 1.0, 12)
    return GivenFigures(
        promotions=tuple(
            PromotionOutcome(f"version {i}", 0.0, gain, 0.001) for i, gain in enumerate(later)
        ),
        estimates=tuple(
            EstimateOutcome(f"month {i}", -1.96, 1.96, value) for i, value in enumerate(measured)
        ),
    )


def rings(test: ValidationTest, findings: Sequence[Finding]) -> bool | None:
    """Return whether a test rings: amber or red, or p < 5 % where it has no light; None if unjudged."""
    if all(found.light == "not judged" for found in findings):
        return None
    if test.test_id == "stability.psi_limits_official":
        return bool(findings[0].figures["beyond_watch"])
    level = POLICY.amber_level
    return any(
        found.light in {"amber", "red"}
        or (
            found.light == "for information" and found.p_value is not None and found.p_value < level
        )
        for found in findings
    )


def ring_all(generator: np.random.Generator, world: World) -> Mapping[str, bool | None]:
    """Return which tests ring in one draw of a world."""
    sample = draw_sample(generator, world, row_count=MONTH_ROWS, month_count=MONTH_COUNT)
    development = draw_sample(
        generator,
        World(same_clients=world.same_clients),
        row_count=MONTH_ROWS,
        month_count=DEVELOPMENT_MONTHS,
    )
    inputs = build_input(sample, development, policy=POLICY, given=draw_given(generator))
    return {test.test_id: rings(test, measure_findings(test, inputs)) for test in TESTS}


def ring_tie(generator: np.random.Generator) -> Mapping[str, bool | None]:
    """Return which benchmark tests ring where the benchmark is exactly as good as the model."""
    rows = draw_rows(generator, TIE, row_count=MONTH_ROWS, month_count=MONTH_COUNT)
    first, second = (
        expit(rows.true_odds + 0.3 * generator.normal(size=rows.true_odds.shape)).ravel()
        for _ in range(2)
    )
    sample = ScoredSample(
        first,
        rows.outcome.ravel(),
        client_id=rows.client.ravel(),
        benchmark_probability=second,
    )
    inputs = build_input(sample, None, policy=POLICY)
    tests = [test for test in TESTS if test.chapter == "benchmark"]
    return {test.test_id: rings(test, measure_findings(test, inputs)) for test in tests}


def ring_published(generator: np.random.Generator) -> Mapping[str, bool | None]:
    """Return which findings of the literature occur in one draw of a right model."""
    sample = draw_plain(generator, 2_000)
    twin = draw_plain(generator, 2_000)
    few, many = draw_plain(generator, 100), draw_plain(generator, 100)

    def judge(name: str) -> bool | None:
        inputs = build_input(sample, twin, policy=POLICY)
        (test,) = [test for test in TESTS if test.test_id == name]
        return rings(test, measure_findings(test, inputs))

    psi = compare_values(many.default_probability, few.default_probability).psi
    return {
        "Hosmer-Lemeshow with G - 2 on given probabilities": judge(
            "calibration.hosmer_lemeshow_official"
        ),
        "chi-square over the bands, dof = bands": judge("calibration.chi_square_bands"),
        "AUC against development, its variance left out": judge(
            "discrimination.auc_against_development_official"
        ),
        "AUC against development, its variance added": judge(
            "discrimination.auc_against_development"
        ),
        "concentration test of the ECB": judge("stability.concentration_official"),
        "concentration test by the delta method": judge("stability.concentration"),
        "PSI > .10 with two samples of 100": psi > POLICY.psi_watch,
    }


def draw_plain(generator: np.random.Generator, row_count: int) -> ScoredSample:
    """Draw rows of a right model with a band each, and nothing else."""
    odds = MEAN + SPREAD * generator.normal(size=row_count)
    probability = expit(odds)
    return ScoredSample(
        probability,
        (generator.random(row_count) < probability).astype(float),
        band=np.array(BANDS)[np.searchsorted(BAND_EDGES, probability)],
    )
