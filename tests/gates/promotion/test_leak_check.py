from dataclasses import replace

import pytest

from credit_default.gates.promotion.leak_check import check_plausible_gain
from credit_default.gates.promotion.paired_comparison import compare_on_rows
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy

POLICY = PromotionPolicy(resample_count=20)


@pytest.fixture(scope="module")
def comparison(make_contest):
    contest = make_contest(1_000, champion_noise=0.2, challenger_noise=0.1, seed=1)
    return compare_on_rows(
        contest, decision_policy=DecisionPolicy(), policy=POLICY, rows_label="on the newest rows"
    )


@pytest.mark.parametrize(
    ("champion", "challenger", "is_suspect"),
    [
        (0.77, 0.82, False),
        (0.77, 0.84, True),
        (0.82, 0.85, True),
        (0.60, 0.80, False),
    ],
    ids=["a plausible step", "too large a step", "too good by itself", "a champion without floor"],
)
def test_too_good_a_ranking_is_a_suspicion(comparison, champion, challenger, is_suspect):
    difference = replace(
        comparison.auc_difference,
        champion=champion,
        challenger=challenger,
        gain=challenger - champion,
    )

    check = check_plausible_gain(replace(comparison, auc_difference=difference), POLICY)

    assert ("too good to be true" in check.fault) == is_suspect
    assert bool(check.summary) == is_suspect
