import pytest

from credit_default.errors import InputError
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.fairness.slice_metrics import GroupEvaluation, evaluate_groups

POLICY = DecisionPolicy()


def test_each_group_has_its_own_figures():
    groups = evaluate_groups(
        [1, 0, 0, 1, 0, 0],
        [0.6, 0.3, 0.1, 0.1, 0.1, 0.05],
        groups=["x", "x", "x", "y", "y", "z"],
        policy=POLICY,
    )

    assert groups == (
        GroupEvaluation("x", 3, 1 / 3, (0.6 + 0.3 + 0.1) / 3, 2 / 3, 0.0, 0.5, 1.0),
        GroupEvaluation("y", 2, 0.5, 0.1, 0.0, 1.0, 0.0, 0.5),
        GroupEvaluation("z", 1, 0.0, 0.05, 0.0, None, 0.0, None),
    )


def test_a_group_of_defaulters_has_no_false_alarms_to_take_a_share_of():
    (group,) = evaluate_groups([1, 1], [0.5, 0.1], groups=[2, 2], policy=POLICY)

    assert (group.group, group.missed_default_share, group.false_alarm_share) == ("2", 0.5, None)


def test_labels_of_other_rows_are_refused():
    with pytest.raises(InputError, match="1 labels"):
        evaluate_groups([1, 0], [0.5, 0.1], groups=["x"], policy=POLICY)


def test_a_client_exactly_at_the_threshold_is_declined():
    (group,) = evaluate_groups([1, 0], [POLICY.threshold] * 2, groups=["x", "x"], policy=POLICY)

    assert (group.decline_share, group.missed_default_share, group.false_alarm_share) == (1, 0, 1)
