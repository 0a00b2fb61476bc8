import pytest

from credit_default.errors import InputError
from credit_default.gates.promotion.refresh_policy import RefreshPolicy


@pytest.mark.parametrize(
    "wrong",
    [
        {"contest_row_count": 199},
        {"test_share": 0.0},
        {"test_share": 1.0},
        {"held_out_months": -1},
    ],
)
def test_a_number_outside_its_range_is_refused_by_name(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        RefreshPolicy(**wrong)


def test_the_ends_of_a_range_are_within_it():
    policy = RefreshPolicy(contest_row_count=200, test_share=0.999, held_out_months=0)

    assert (policy.contest_row_count, policy.held_out_months) == (200, 0)
