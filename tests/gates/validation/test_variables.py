import numpy as np
import pytest
from tests.fakes.scored_samples import change, draw_sample, run, run_one

from credit_default.gates.validation.variables import TESTS, measure_evidence
from credit_default.model.profile.binning import plan_bins


def test_weight_of_evidence_is_that_of_the_book():
    values = np.repeat([1.0, 2.0], [400, 600])
    outcomes = np.r_[np.ones(100), np.zeros(300), np.ones(50), np.zeros(550)]

    table = measure_evidence(plan_bins(values), values, outcomes)

    # ln((300/850) / (100/150)) and ln((550/850) / (50/150)), each count half a row larger.
    assert table.weight_of_evidence == pytest.approx(
        [
            np.log((300.5 / 851) / (100.5 / 151)),
            np.log((550.5 / 851) / (50.5 / 151)),
        ]
    )
    assert table.information_value == pytest.approx(0.40417, abs=1e-5)


def test_variable_that_lost_its_ranking_is_named():
    sample, development = draw_sample(1), draw_sample(2)
    mixed = np.random.default_rng(3).permutation(sample.variables["informative"])
    lost = change(sample, variables={**sample.variables, "informative": mixed})

    for name in ("auc", "weight_of_evidence"):
        findings = run(TESTS, name, lost, development)
        assert {f.subject: f.light for f in findings} == {
            "informative": "red",
            "noise": "green",
            "code": "green",
        }


def test_variable_that_ranks_downwards_is_compared_downwards():
    sample, development = draw_sample(14), draw_sample(15)
    falling = {"falling": -sample.variables["informative"]}
    before = {"falling": -development.variables["informative"]}

    same = run_one(
        TESTS, "auc", change(sample, variables=falling), change(development, variables=before)
    )
    turned = run_one(
        TESTS,
        "auc",
        change(sample, variables={"falling": sample.variables["informative"]}),
        change(development, variables=before),
    )

    assert (same.light, turned.light) == ("green", "red")


def test_information_of_each_variable_is_told_without_a_light():
    findings = run(TESTS, "information_value", draw_sample(6))

    values = {f.subject: f.statistic for f in findings}
    assert {f.light for f in findings} == {"for information"}
    assert values["informative"] > 0.3
    assert values["noise"] < 0.03
