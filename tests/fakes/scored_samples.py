"""Scored samples of synthetic clients, for the tests of the validation battery."""

from dataclasses import replace

import numpy as np

from credit_default.gates.validation.given_figures import GivenFigures
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import build_input

BANDS = tuple("ABCDEFG")


def draw_sample(seed, *, row_count=2_000, month_count=1, shift=0.0):
    """Right probabilities with bands, months, a segment, three variables and a benchmark that is noisier."""
    generator = np.random.default_rng(seed)
    odds = -1.55 + shift + 1.15 * generator.normal(size=row_count)
    probability = 1 / (1 + np.exp(-odds))
    months = np.array([f"2026-{number + 1:02d}" for number in range(month_count)])
    return ScoredSample(
        probability,
        (generator.random(row_count) < probability).astype(float),
        band=np.array(BANDS)[np.searchsorted([0.05, 0.1, 0.15, 0.2, 0.3, 0.5], probability)],
        band_order=BANDS,
        month=months[np.arange(row_count) % month_count],
        client_id=np.arange(row_count),
        segments={"sex": np.where(generator.random(row_count) < 0.5, "female", "male")},
        variables={
            "informative": odds + generator.normal(size=row_count),
            "noise": generator.normal(size=row_count),
            "code": generator.integers(0, 4, row_count).astype(float),
        },
        benchmark_probability=1 / (1 + np.exp(-(odds + 0.5 * generator.normal(size=row_count)))),
    )


def draw_reference_case():
    """The sample whose figures riskvalidation 1.0.1 printed, and its development: scores, outcomes, a second score."""
    generator = np.random.default_rng(7)
    score = np.round(0.02 + 0.6 * generator.random(900) ** 2, 3)
    outcomes = (generator.random(900) < score).astype(float)
    second = np.clip(np.round(score + 0.2 * (generator.random(900) - 0.5), 3), 0.01, 0.99)
    earlier = np.round(0.02 + 0.6 * generator.random(1_200) ** 2, 3)
    earlier_outcomes = (generator.random(1_200) < earlier).astype(float)
    sample = ScoredSample(score, outcomes, benchmark_probability=second)
    return sample, ScoredSample(earlier, earlier_outcomes)


def run(tests, name, sample, reference=None, *, policy=None, given=None):
    """The findings of the one test whose identifier ends with the name."""
    from credit_default.gates.validation.battery import measure_findings

    (test,) = [test for test in tests if test.test_id.split(".")[1] == name]
    inputs = build_input(
        sample, reference, policy=policy or ValidationPolicy(), given=given or GivenFigures()
    )
    return measure_findings(test, inputs)


def run_one(tests, name, sample, reference=None, **options):
    """The only finding of that test."""
    (finding,) = run(tests, name, sample, reference, **options)
    return finding


def change(sample, **fields):
    """A sample with other fields."""
    return replace(sample, **fields)
