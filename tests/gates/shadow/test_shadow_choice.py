import pytest

from credit_default.errors import InputError
from credit_default.gates.shadow.shadow_choice import (
    FormerChampion,
    ShadowCandidates,
    ShadowPolicy,
    choose_shadow_candidates,
)

MARCH = ("2006-03",)


def choose(registered, champion, former=None, months=MARCH, **policy):
    return choose_shadow_candidates(
        registered,
        champion=champion,
        former=former,
        batch_months=months,
        policy=ShadowPolicy(**policy),
    )


def test_challengers_registered_after_the_champion_come_newest_first():
    assert choose({1, 2, 3, 4, 5}, 3) == ShadowCandidates(None, (5, 4), 2)


def test_no_version_is_a_challenger_of_the_newest_champion():
    assert choose({1, 2, 3}, 3).challengers == ()


@pytest.mark.parametrize(
    ("scored", "months", "is_due"),
    [
        ((), MARCH, True),
        (("2006-01",), MARCH, True),
        (("2006-01", "2006-02"), MARCH, False),
        (("2006-02", "2006-03"), MARCH, True),  # a month that it has begun already
        ((), ("2006-01", "2006-02", "2006-03"), False),
    ],
)
def test_the_former_champion_goes_on_for_its_months(scored, months, is_due):
    found = choose({1, 2}, 2, FormerChampion(1, scored), months, former_months=2)

    assert found.former == (1 if is_due else None)


def test_a_former_champion_that_is_newer_than_the_present_one_scores_once():
    found = choose({1, 2, 3}, 1, FormerChampion(2, ()))

    assert (found.former, found.challengers) == (2, (3,))


def test_a_former_champion_that_was_deleted_is_nobody():
    assert choose({2}, 2, FormerChampion(1, ())).former is None


@pytest.mark.parametrize(
    "wrong",
    [{"newest_versions": -1}, {"former_months": -1}, {"row_limit": 0}, {"seconds": float("nan")}],
)
def test_a_limit_out_of_range_is_refused(wrong):
    with pytest.raises(InputError, match=f"setting shadow.{next(iter(wrong))}"):
        ShadowPolicy(**wrong)


@pytest.mark.parametrize(
    "right", [{"newest_versions": 0}, {"former_months": 0}, {"row_limit": 1}, {"seconds": 0.0}]
)
def test_limits_at_their_bounds_are_accepted(right):
    ShadowPolicy(**right)


def test_the_champion_itself_scores_in_no_shadow():
    found = choose({1, 2, 3}, 2, FormerChampion(1, ()))

    assert found == ShadowCandidates(1, (3,), 2)
    assert choose({1, 2}, 2, FormerChampion(1, ()), former_months=0).former is None
    late = choose({1, 2, 3}, 1, FormerChampion(2, ("2006-01", "2006-02")), former_months=2)
    assert (late.former, late.challengers) == (None, (3, 2))
