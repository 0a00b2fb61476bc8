import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.threshold_search import (
    LabelledScores,
    find_capacity_threshold,
    find_cheapest_threshold,
)

FIVE_TO_ONE = DecisionPolicy()


SCORED = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 8)), min_size=1, max_size=40)


def read(rows):
    return LabelledScores([outcome for outcome, _ in rows], [level / 8 for _, level in rows])


def measure_cost(scores, threshold, policy):
    declined = np.asarray(scores.default_probability) >= threshold
    defaulted = np.asarray(scores.defaulted) == 1
    missed, alarms = (~declined & defaulted).sum(), (declined & ~defaulted).sum()
    return policy.missed_default_cost * missed + policy.false_alarm_cost * alarms


@given(SCORED, st.floats(0.1, 20))
def test_no_threshold_is_cheaper_on_the_rows_than_the_cheapest(rows, ratio):
    scores, policy = read(rows), DecisionPolicy(missed_default_cost=ratio)

    cheapest = measure_cost(scores, find_cheapest_threshold(scores, policy=policy), policy)

    for threshold in [*np.linspace(0, 1, 17), 2.0]:
        assert cheapest <= measure_cost(scores, threshold, policy) + 1e-9


@given(SCORED, st.floats(0.1, 20), st.floats(0.1, 20))
def test_a_dearer_missed_default_never_raises_the_cheapest_threshold(rows, one, other):
    cheap, dear = sorted((one, other))
    scores = read(rows)

    low = find_cheapest_threshold(scores, policy=DecisionPolicy(missed_default_cost=dear))
    high = find_cheapest_threshold(scores, policy=DecisionPolicy(missed_default_cost=cheap))

    assert low <= high


def test_where_no_client_defaults_none_is_declined():
    assert find_cheapest_threshold(LabelledScores([0, 0], [0.2, 1.0]), policy=FIVE_TO_ONE) > 1


@given(SCORED, st.floats(0.01, 1))
def test_no_more_clients_reach_a_capacity_s_threshold_than_it_allows(rows, share):
    probability = np.asarray(read(rows).default_probability)

    threshold = find_capacity_threshold(probability, capacity_share=share)

    assert (probability >= threshold).sum() <= share * len(rows) + 1e-6
    lower = probability[probability < threshold]
    assert not lower.size or (probability >= lower.max()).sum() > share * len(rows)


@given(SCORED, st.floats(0.01, 1), st.floats(0.01, 1))
def test_more_capacity_never_raises_the_threshold(rows, one, other):
    fewer, more = sorted((one, other))
    probability = np.asarray(read(rows).default_probability)

    assert find_capacity_threshold(probability, capacity_share=more) <= find_capacity_threshold(
        probability, capacity_share=fewer
    )


def test_of_equally_cheap_thresholds_the_highest_is_taken():
    scores = LabelledScores([1, 0, 0, 0, 0, 0, 1], [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3])

    # to catch the last defaulter costs five alarms, as much as to miss it
    assert find_cheapest_threshold(scores, policy=FIVE_TO_ONE) == 0.9
    assert find_cheapest_threshold(scores, policy=DecisionPolicy(missed_default_cost=5.1)) == 0.3
    assert find_cheapest_threshold(scores, policy=DecisionPolicy(missed_default_cost=0.1)) == 0.9


def test_a_certain_default_is_declined_and_a_threshold_for_nobody_is_just_above_one():
    assert find_cheapest_threshold(LabelledScores([1], [1.0]), policy=FIVE_TO_ONE) == 1.0
    nobody = find_cheapest_threshold(LabelledScores([0], [1.0]), policy=FIVE_TO_ONE)
    assert nobody == np.nextafter(1.0, 2.0)
    assert find_capacity_threshold(np.array([0.2, 0.4]), capacity_share=0.4) == nobody


def test_a_capacity_is_met_despite_rounding_and_equal_clients_come_together_or_not_at_all():
    thousand = np.arange(1_000) / 1_000
    assert find_capacity_threshold(thousand, capacity_share=0.29) == 0.71
    assert find_capacity_threshold(thousand, capacity_share=0.2899) == 0.711

    equal = np.array([0.9, 0.5, 0.5, 0.5, 0.1])
    assert [
        find_capacity_threshold(equal, capacity_share=share) for share in (0.2, 0.6, 0.8, 1.0)
    ] == [0.9, 0.9, 0.5, 0.1]
