"""Every figure of two versions compared on fixed rows, as it stood when each was checked."""

import numpy as np
import pytest
from tests.fakes.pinned_figures import assert_unmoved

from credit_default.model.comparison.swap_set import measure_clustered_share, measure_swap_set
from credit_default.model.comparison.version_difference import (
    PairedOutcomes,
    measure_differences,
    measure_level,
)
from credit_default.model.estimator.decision import DecisionPolicy


def draw_rows():
    generator = np.random.default_rng(51)
    odds = generator.normal(-1.0, 1.2, 300)
    defaulted = (generator.random(300) < 1 / (1 + np.exp(-odds))).astype(int)
    first, second = (
        np.round(1 / (1 + np.exp(-odds - noise * generator.normal(size=300))), 2)
        for noise in (0.9, 0.3)
    )
    return defaulted, first, second, generator.integers(0, 120, 300)


def compare():
    defaulted, first, second, clients = draw_rows()
    unknown = np.where(np.arange(300) % 7 == 0, -1, defaulted)
    return {
        "differences": measure_differences(
            PairedOutcomes(defaulted, first, second, clients),
            first_threshold=0.2,
            second_threshold=0.3,
            costs=DecisionPolicy(missed_default_cost=6.0, false_alarm_cost=1.5),
        ),
        "levels": [measure_level(defaulted, side, clients=clients) for side in (first, second)],
        "swap": measure_swap_set(
            first,
            second,
            first_threshold=0.2,
            second_threshold=0.3,
            outcome=unknown,
            clients=clients,
        ),
    }


def measure_shares():
    _, _, _, clients = draw_rows()
    return [
        measure_clustered_share([1, 0, 1, 1], [1, 2, 3, 4]),
        measure_clustered_share([1, 1, 0, 0, 0, 0], [1, 1, 2, 2, 3, 3]),
        measure_clustered_share([1, 0, 1, 0, 1, 0], [1, 1, 2, 2, 3, 3]),
        measure_clustered_share([0] * 6, [1, 1, 2, 2, 3, 3]),
        measure_clustered_share([1, 1], ["a", "a"]),
        measure_clustered_share(np.arange(300) % 3 == 0, clients),
    ]


CASES = {"versions": compare, "shares": measure_shares}


@pytest.mark.parametrize("name", CASES)
def test_no_figure_of_a_comparison_moves(name):
    assert_unmoved(CASES[name](), PINNED[name])


PINNED = {
    "versions": """
differences.log_loss.first=0.51992462 differences.log_loss.second=0.49690424
differences.log_loss.gain=0.0230203803 differences.log_loss.low=-0.0188020764
differences.log_loss.high=0.064842837 differences.roc_auc.first=0.778015906
differences.roc_auc.second=0.790255113 differences.roc_auc.gain=0.0122392068
differences.roc_auc.low=-0.0283011939 differences.roc_auc.high=0.0527796074
differences.cost_per_1000.first=775 differences.cost_per_1000.second=840
differences.cost_per_1000.gain=-65 differences.cost_per_1000.low=-222.293563
differences.cost_per_1000.high=92.2935632 levels.0.expected_share=0.333733333
levels.0.observed_share=0.313333333 levels.0.gap.value=-0.0204 levels.0.gap.low=-0.0633999333
levels.0.gap.high=0.0225999333 levels.1.expected_share=0.319 levels.1.observed_share=0.313333333
levels.1.gap.value=-0.00566666667 levels.1.gap.low=-0.0496962186 levels.1.gap.high=0.0383628852
swap.0.declined_by_first=1 swap.0.declined_by_second=0 swap.0.row_count=64
swap.0.share=0.213333333 swap.0.first_probability=0.33953125 swap.0.second_probability=0.1915625
swap.0.known_count=51 swap.0.default_count=11 swap.0.default_share.value=0.215686275
swap.0.default_share.low=0.124939384 swap.0.default_share.high=0.346263596
swap.1.declined_by_first=0 swap.1.declined_by_second=1 swap.1.row_count=12 swap.1.share=0.04
swap.1.first_probability=0.115833333 swap.1.second_probability=0.369166667 swap.1.known_count=10
swap.1.default_count=1 swap.1.default_share.value=0.1 swap.1.default_share.low=0.0178762131
swap.1.default_share.high=0.404150027 swap.2.declined_by_first=1 swap.2.declined_by_second=1
swap.2.row_count=120 swap.2.share=0.4 swap.2.first_probability=0.562916667
swap.2.second_probability=0.546916667 swap.2.known_count=109 swap.2.default_count=61
swap.2.default_share.value=0.559633028 swap.2.default_share.low=0.461400801
swap.2.default_share.high=0.653407292 swap.3.declined_by_first=0 swap.3.declined_by_second=0
swap.3.row_count=104 swap.3.share=0.346666667 swap.3.first_probability=0.0908653846
swap.3.second_probability=0.128653846 swap.3.known_count=87 swap.3.default_count=10
swap.3.default_share.value=0.114942529 swap.3.default_share.low=0.063645478
swap.3.default_share.high=0.19880582
""",
    "shares": """
0.value=0.75 0.low=0.300641843 0.high=0.954412739 1.value=0.333333333 1.low=0.0452550858
1.high=0.840618172 2.value=0.5 2.low=0.125334472 2.high=0.874665528 3.value=0 3.low=0
3.high=0.561497032 4.value=1 4.low=0.206549314 4.high=1 5.value=0.333333333 5.low=0.282321607
5.high=0.388571772
""",
}
