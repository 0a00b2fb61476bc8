"""What counts as a leak at each of its limits, by leads and ranges that are written out here."""

from types import SimpleNamespace

import pytest

from credit_default.gates.promotion import leak_check
from credit_default.gates.promotion.delong import AucDifference
from credit_default.gates.promotion.leak_check import check_plausible_gain
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.evaluation.plain_rivals import CertainRanges

POLICY = PromotionPolicy(
    highest_roc_auc=0.875,
    largest_roc_auc_gain=0.0625,
    lowest_roc_auc=0.75,
    largest_certain_share=0.25,
)


def compare(champion, challenger):
    gain = challenger - champion
    return SimpleNamespace(auc_difference=AucDifference(champion, challenger, gain, 0.01, 0.0, 0.1))


@pytest.mark.parametrize(
    ("champion", "challenger", "limit"),
    [
        (0.8125, 0.8749, ""),  # just less than too much
        (0.8125, 0.875, "below 0.875 (promotion.highest_roc_auc)"),
        (0.78, 0.8425, ""),
        (0.78125, 0.84375, ""),  # a gain of just what is plausible
        (0.78125, 0.85, "at most 0.0625 more (promotion.largest_roc_auc_gain)"),
        (0.75, 0.85, ""),  # from a champion at the floor any gain is plausible
        (0.751, 0.85, "at most 0.0625 more (promotion.largest_roc_auc_gain)"),
        (0.75, 0.9, "below 0.875 (promotion.highest_roc_auc)"),
    ],
)
def test_a_ranking_is_too_good_from_its_bound_on_or_beyond_a_plausible_gain(
    champion, challenger, limit
):
    check = check_plausible_gain(compare(champion, challenger), POLICY)

    assert bool(check.fault) is bool(limit)
    assert limit in check.fault


@pytest.mark.parametrize(
    ("share", "held", "outcomes", "is_certain"),
    [
        (0.99, 10, 40, True),
        (0.989, 10, 40, False),
        (1.0, 9, 36, False),
        (1.0, 10, 41, False),
        (1.0, 10, 10, True),
    ],
)
def test_ranges_are_certain_by_their_share_their_rows_and_what_they_hold(
    share, held, outcomes, is_certain
):
    ranges = CertainRanges(1, "above 0", held, outcomes, share)

    assert leak_check._is_certain(ranges, POLICY) is is_certain


@pytest.mark.parametrize(
    ("gain", "low", "is_beyond"),
    [
        (0.126, 0.0626, True),
        (0.125, 0.0626, False),  # just what is plausible
        (0.126, 0.0625, False),  # the interval reaches half of it
        (0.2, 0.0, False),
    ],
)
def test_a_lead_is_beyond_its_limit_with_its_interval_beyond_half_of_it(gain, low, is_beyond):
    lead = AucDifference(0.5, 0.5 + gain, gain, 0.01, low, 0.5)

    assert leak_check._is_beyond(lead, 0.125) is is_beyond
