import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.protected_attribute_cost import compare_fairness
from credit_default.model.fairness.report import measure_fairness

DECISION = DecisionPolicy()
QUICK = FairnessPolicy(resample_count=60)


def compare(people, rows, without, including):
    return compare_fairness(
        rows,
        without_protected=without,
        with_protected=including,
        schema=people.schema,
        decision_policy=DECISION,
        seed=1,
        policy=QUICK,
    )


def test_two_models_alike_differ_in_nothing(people):
    rows, probability = people.make(1_000)

    found = compare(people, rows, probability, probability)

    assert (found.roc_auc_cost.value, found.roc_auc_cost.low, found.roc_auc_cost.high) == (
        0.0,
        0.0,
        0.0,
    )
    assert {(change.change.low, change.change.high) for change in found.changes} == {(0.0, 0.0)}


def test_attributes_that_mistreat_are_seen_to_lower_a_ratio_beyond_noise(people):
    rows, probability = people.make(4_000)

    found = compare(people, rows, probability, people.mistreat(rows, probability))

    female = next(change for change in found.changes if change.group == "female")
    assert female.change.high < -0.1
    assert female.change.value == pytest.approx(female.ratio_with - female.ratio_without)
    assert found.roc_auc_cost.value == pytest.approx(found.roc_auc_with - found.roc_auc_without)


def test_leaving_out_what_the_outcome_depends_on_costs_area(people):
    rows, probability = people.make(4_000)
    noisy = np.clip(probability + np.random.default_rng(1).normal(0, 0.2, 4_000), 0, 1)

    assert compare(people, rows, noisy, probability).roc_auc_cost.low > 0
    assert compare(people, rows, probability, noisy).roc_auc_cost.high < 0


def test_ratios_are_those_of_the_report_for_groups_of_single_attributes(people):
    rows, probability = people.make(2_000)
    unfair = people.mistreat(rows, probability)

    found = compare(people, rows, probability, unfair)

    for scored, name in ((probability, "ratio_without"), (unfair, "ratio_with")):
        report = measure_fairness(
            rows, scored, schema=people.schema, decision_policy=DECISION, seed=1, policy=QUICK
        )
        single = {
            (g.attribute, g.group): g.acceptance_ratio.value for g in report.groups if g.is_single
        }
        assert {(c.attribute, c.group): getattr(c, name) for c in found.changes} == pytest.approx(
            single
        )


def test_groups_too_small_are_not_compared(people):
    rows, probability = people.make(60)

    assert compare(people, rows, probability, probability).changes == ()


def test_probabilities_of_other_rows_are_refused(people):
    rows, probability = people.make(60)

    with pytest.raises(InputError):
        compare(people, rows, probability, probability[:5])
