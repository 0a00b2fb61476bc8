import numpy as np
import pytest
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint

from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.model.evaluation.share_intervals import (
    encode_clusters,
    measure_share_among,
    measure_share_gap,
    measure_share_ratio,
)


def describe(metric):
    return (metric.low, metric.high)


@pytest.mark.parametrize(("count", "total"), [(0, 20), (3, 20), (20, 20), (700, 2_000)])
def test_a_share_has_the_interval_that_statsmodels_gives(count, total):
    expected = proportion_confint(count, total, method="wilson")

    assert describe(measure_share(count, total)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("counts", [(12, 20, 60, 200), (0, 20, 5, 100), (90, 100, 700, 1_000)])
def test_a_gap_has_the_interval_that_statsmodels_gives(counts):
    one, other = measure_share(*counts[:2]), measure_share(*counts[2:])

    gap = measure_share_gap(one, other)

    expected = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    assert gap.value == one.value - other.value
    assert describe(gap) == pytest.approx(expected, abs=1e-9)


def test_a_share_is_of_the_rows_that_it_is_among():
    chosen = np.array([True, True, False, False, True])
    among = np.array([True, True, True, False, False])

    assert measure_share_among(chosen, among) == measure_share(2, 3)
    assert measure_share_among(chosen, np.zeros(5, dtype=bool)) is None


def test_rows_that_repeat_their_client_count_as_one():
    generator = np.random.default_rng(1)
    chosen, everyone = generator.random(400) < 0.3, np.ones(1_200, dtype=bool)
    clients = np.repeat(np.arange(400), 3)

    tripled = measure_share_among(np.repeat(chosen, 3), everyone, clusters=encode_clusters(clients))

    single = measure_share_among(chosen, everyone[:400])
    assert describe(tripled) == pytest.approx(describe(single), abs=1e-12)


def test_nobody_chosen_among_repeated_clients_is_as_uncertain_as_one_row_each():
    nobody, everyone = np.zeros(60, dtype=bool), np.ones(60, dtype=bool)

    found = measure_share_among(nobody, everyone, clusters=np.repeat(np.arange(20), 3))

    assert describe(found) == pytest.approx(describe(measure_share(0, 20)))


def test_clients_are_encoded_by_id_and_not_at_all_where_none_repeats():
    assert encode_clusters(["b", "a", "b"]).tolist() == [1, 0, 1]
    assert encode_clusters(["b", "a", "c"]) is None
    assert encode_clusters(None) is None


def test_a_ratio_to_a_share_of_nothing_is_absent():
    assert measure_share_ratio(measure_share(3, 20), measure_share(0, 20)) is None
    assert measure_share_ratio(measure_share(0, 20), measure_share(9, 20)).low == 0


@pytest.mark.parametrize(
    ("rate", "count", "other_rate", "other_count"),
    [(0.8, 20, 0.6, 400), (0.1, 80, 0.3, 900), (0.55, 100, 0.75, 150), (0.96, 25, 0.9, 1_000)],
)
def test_gaps_and_ratios_of_small_groups_hold_the_truth(rate, count, other_rate, other_count):
    generator, held = np.random.default_rng(5), []

    for _ in range(1_500):
        one = measure_share(generator.binomial(count, rate), count)
        other = measure_share(generator.binomial(other_count, other_rate), other_count)
        pairs = (
            (one, rate),
            (measure_share_gap(one, other), rate - other_rate),
            (measure_share_ratio(one, other), rate / other_rate),
        )
        held.append([metric.low <= truth <= metric.high for metric, truth in pairs])

    # A share of so few rows takes few values, so that no interval holds exactly 95 %.
    assert np.all(np.mean(held, axis=0) > 0.93)
    assert np.all(np.mean(held, axis=0)[1:] < 0.98)


def test_a_ratio_lies_between_its_ends():
    for count in range(21):
        ratio = measure_share_ratio(measure_share(count, 20), measure_share(15, 20))

        assert isinstance(ratio, Metric)
        assert ratio.low <= ratio.value <= ratio.high


def test_everybody_chosen_among_repeated_clients_is_as_uncertain_as_one_row_each():
    everyone, clients = np.ones(60, dtype=bool), np.repeat(np.arange(20), 3)

    found = measure_share_among(everyone, everyone, clusters=encode_clusters(clients))

    assert describe(found) == pytest.approx(describe(measure_share(20, 20)))


def divide_in_steps(one, other):
    """MOVER-R, from the two intervals (Donner and Zou 2012, equation 9)."""
    p, low_p, high_p = one.value, one.low, one.high
    q, low_q, high_q = other.value, other.low, other.high

    def solve(end_p, end_q, sign):
        root = np.sqrt((p * q) ** 2 - end_p * end_q * (2 * p - end_p) * (2 * q - end_q))
        return (p * q + sign * root) / (end_q * (2 * q - end_q))

    return solve(low_p, high_q, -1), solve(high_p, low_q, 1)


@pytest.mark.parametrize("counts", [(12, 20, 60, 100), (30, 100, 45, 60), (95, 100, 70, 100)])
def test_a_ratio_has_the_interval_of_donner_and_zou(counts):
    one, other = measure_share(*counts[:2]), measure_share(*counts[2:])

    ratio = measure_share_ratio(one, other)

    assert ratio.value == one.value / other.value
    assert describe(ratio) == pytest.approx(divide_in_steps(one, other), rel=1e-12)


def test_a_ratio_to_a_share_that_may_be_twice_as_high_may_be_nought():
    rare = Metric(0.1, 0.02, 0.2)  # high is twice the value: the divisor of the low end is 0

    ratio = measure_share_ratio(Metric(0.5, 0.4, 0.6), rare)

    assert (ratio.value, ratio.low) == (5.0, 0.0)
    assert ratio.high == pytest.approx(
        (0.05 + np.sqrt(0.05**2 - 0.6 * 0.4 * 0.02 * 0.18)) / (0.02 * 0.18)
    )
    assert measure_share_ratio(Metric(0.5, 0.4, 0.6), Metric(0.1, 0.02, 0.3)).low == 0.0


def test_a_ratio_to_itself_lies_within_its_ends_to_the_last_bit():
    certain = Metric(0.4, 0.4, 0.4)

    assert measure_share_ratio(certain, certain) == Metric(1.0, 1.0, 1.0)


def test_dependent_rows_are_worth_what_the_sums_of_their_clients_vary():
    chosen = np.array([1, 1, 0, 1, 0, 0, 1, 0, 0, 1], dtype=bool)
    among = np.array([1, 1, 1, 1, 1, 1, 1, 1, 0, 0], dtype=bool)
    clusters = np.array([0, 0, 1, 2, 1, 1, 2, 3, 3, 3])

    found = measure_share_among(chosen, among, clusters=clusters)

    # residuals of the share 1/2 by client: 1, -3/2, 1, -1/2; of independent rows the squares sum to 2
    effect = (1 + 9 / 4 + 1 + 1 / 4) / 2
    assert found == measure_share(4, 8, design_effect=effect)


def test_clients_whose_rows_balance_are_worth_no_more_than_independent_rows():
    chosen, everyone = np.array([True, False] * 6), np.ones(12, dtype=bool)

    found = measure_share_among(chosen, everyone, clusters=np.repeat(np.arange(6), 2))

    assert found == measure_share(6, 12)


def test_only_clients_among_the_rows_count_where_nobody_is_chosen():
    among = np.array([True] * 4 + [False] * 4)

    found = measure_share_among(~among, among, clusters=np.array([0, 0, 0, 1, 2, 3, 4, 5]))

    assert found == measure_share(0, 4, design_effect=2.0)
