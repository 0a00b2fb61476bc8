import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from credit_default.errors import InputError
from credit_default.model.comparison.swap_set import (
    UNKNOWN,
    measure_clustered_share,
    measure_swap_set,
)

FIRST = np.array([0.30, 0.10, 0.30, 0.10, 0.30])
SECOND = np.array([0.10, 0.30, 0.30, 0.10, 0.10])
OUTCOME = np.array([1, 0, 1, 0, UNKNOWN])
CLIENTS = np.array(list("abcde"))


def measure(**changes):
    arguments = {
        "first_threshold": 0.2,
        "second_threshold": 0.2,
        "outcome": OUTCOME,
        "clients": CLIENTS,
    }
    return measure_swap_set(FIRST, SECOND, **(arguments | changes))


def test_every_row_is_in_one_group_by_both_decisions():
    groups = measure()

    assert [(g.declined_by_first, g.declined_by_second, g.row_count, g.share) for g in groups] == [
        (True, False, 2, 0.4),
        (False, True, 1, 0.2),
        (True, True, 1, 0.2),
        (False, False, 1, 0.2),
    ]
    assert [g.changes_side for g in groups] == [True, True, False, False]


def test_outcomes_count_where_they_are_known():
    released = measure()[0]

    assert (released.known_count, released.default_count) == (1, 1)
    assert released.default_share.value == 1.0
    assert released.first_probability == pytest.approx(0.3)


def test_a_row_at_the_threshold_is_declined():
    groups = measure(first_threshold=0.3, second_threshold=0.3)

    assert [group.row_count for group in groups] == [2, 1, 1, 1]


def test_each_version_has_its_own_threshold():
    groups = measure(second_threshold=0.05)

    assert [group.row_count for group in groups] == [0, 2, 3, 0]
    assert groups[0].default_share is None


def test_no_rows_are_refused():
    with pytest.raises(InputError, match="swap set"):
        measure_swap_set([], [], first_threshold=0.2, second_threshold=0.2, outcome=[], clients=[])


def test_the_share_of_single_clients_has_wilson_s_interval():
    outcome = np.repeat([1, 0], [7, 53])

    share = measure_clustered_share(outcome, np.arange(60))

    assert (share.low, share.high) == pytest.approx(proportion_confint(7, 60, method="wilson"))


def test_six_equal_rows_of_a_client_are_worth_one():
    outcome, clients = np.repeat(np.repeat([1, 0], [7, 53]), 6), np.repeat(np.arange(60), 6)

    share = measure_clustered_share(outcome, clients)

    low, high = proportion_confint(7, 60, method="wilson")
    assert (share.low, share.high) == pytest.approx((low, high), abs=0.005)


def test_nobody_defaulting_leaves_an_interval_by_the_number_of_clients():
    share = measure_clustered_share(np.zeros(300), np.repeat(np.arange(50), 6))

    assert (share.low, share.high) == pytest.approx(proportion_confint(0, 50, method="wilson"))


def measure_coverage(client_count, month_count, *, taken_as_independent=False):
    """How often the interval holds the true share, .20, of clients who differ in risk."""
    generator = np.random.default_rng(5)
    clients = np.repeat(np.arange(client_count), month_count)
    labels = np.arange(len(clients)) if taken_as_independent else clients
    held = 0
    for _ in range(1_000):
        risk = np.repeat(generator.beta(0.6, 2.4, size=client_count), month_count)
        share = measure_clustered_share(generator.random(len(risk)) < risk, labels)
        held += share.low <= 0.2 <= share.high
    return held / 1_000


@pytest.mark.parametrize(("client_count", "month_count"), [(300, 1), (100, 4), (100, 10)])
def test_the_interval_of_a_share_holds_what_it_says(client_count, month_count):
    assert 0.93 <= measure_coverage(client_count, month_count) <= 0.97


def test_rows_of_a_client_taken_as_independent_would_promise_too_much():
    assert measure_coverage(100, 10, taken_as_independent=True) < 0.80


def test_the_four_groups_of_five_rows_by_hand():
    groups = measure_swap_set(
        [0.6, 0.1, 0.7, 0.2, 0.5],
        [0.2, 0.6, 0.8, 0.1, 0.4],
        first_threshold=0.5,
        second_threshold=0.5,
        outcome=[1, 0, UNKNOWN, UNKNOWN, 0],
        clients=[1, 2, 3, 4, 5],
    )

    assert [(g.declined_by_first, g.declined_by_second, g.changes_side) for g in groups] == [
        (True, False, True),
        (False, True, True),
        (True, True, False),
        (False, False, False),
    ]
    assert [(g.row_count, g.share) for g in groups] == [(2, 0.4), (1, 0.2), (1, 0.2), (1, 0.2)]
    assert [(g.first_probability, g.second_probability) for g in groups] == [
        pytest.approx((0.55, 0.3)),
        (0.1, 0.6),
        (0.7, 0.8),
        (0.2, 0.1),
    ]
    assert [(g.known_count, g.default_count) for g in groups] == [(2, 1), (1, 0), (0, 0), (0, 0)]
    assert [g.default_share and g.default_share.value for g in groups] == [0.5, 0.0, None, None]


def test_a_group_without_rows_has_no_probability_and_lengths_are_told():
    empty = measure_swap_set(
        [0.6], [0.7], first_threshold=0.5, second_threshold=0.5, outcome=[1], clients=[1]
    )[0]
    assert (empty.row_count, empty.share, empty.default_share) == (0, 0.0, None)
    assert np.isnan([empty.first_probability, empty.second_probability]).all()

    with pytest.raises(InputError, match=r"found arrays of \[1, 2\] rows"):
        measure_swap_set(
            [0.6], [0.7, 0.2], first_threshold=0.5, second_threshold=0.5, outcome=[1], clients=[1]
        )
