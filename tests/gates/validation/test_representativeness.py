from dataclasses import replace

import numpy as np
from tests.fakes.scored_samples import change, draw_sample, run, run_one

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.representativeness import TESTS


def test_segment_that_grew_is_named():
    sample, development = draw_sample(1), draw_sample(2)
    women = np.where(np.arange(2_000) < 1_150, "female", "male")

    assert run_one(TESTS, "segments", sample, development).light == "green"
    found = run_one(TESTS, "segments", change(sample, segments={"sex": women}), development)
    assert (found.subject, found.light) == ("sex", "red")


def test_variable_that_moved_is_named():
    sample, development = draw_sample(3), draw_sample(4)
    moved = {**sample.variables, "noise": sample.variables["noise"] + 0.2}

    findings = run(TESTS, "variables", change(sample, variables=moved), development)
    told = run_one(TESTS, "psi_limits_official", change(sample, variables=moved), development)

    assert {f.subject: f.light for f in findings} == {
        "informative": "green",
        "noise": "red",
        "code": "green",
    }
    assert (told.subject, told.light) == ("noise", "for information")


def test_a_shift_as_large_as_the_limit_is_not_beyond_it():
    sample, development = draw_sample(3), draw_sample(4)
    largest = run_one(TESTS, "psi_limits_official", sample, development)

    told = run_one(
        TESTS,
        "psi_limits_official",
        sample,
        development,
        policy=replace(ValidationPolicy(), psi_watch=largest.statistic),
    )

    assert told.reason.startswith("0 of ")


def test_change_that_is_too_small_to_matter_stays_green_however_many_rows_there_are():
    sample, development = (draw_sample(seed, row_count=60_000) for seed in (7, 8))
    women = np.where(np.arange(60_000) % 100 < 53, "female", "male")
    moved = {"noise": sample.variables["noise"] + 0.06}

    (segment,) = run(TESTS, "segments", change(sample, segments={"sex": women}), development)
    (variable,) = run(TESTS, "variables", change(sample, variables=moved), development)

    for found in (segment, variable):
        assert (found.light, found.p_value < 0.001) == ("green", True)


def test_nothing_in_common_is_not_judged():
    development = change(draw_sample(5), segments={"age": np.full(2_000, "old")}, variables={})

    for name in ("segments", "variables", "psi_limits_official"):
        found = run_one(TESTS, name, draw_sample(6), development)
        assert (found.light, found.reason) == (
            "not judged",
            "nothing is in the sample and in development",
        )
