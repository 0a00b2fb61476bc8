import numpy as np
import pytest
from scipy.stats import binom, binomtest
from tests.fakes.scored_samples import change, draw_sample, run_one

from credit_default.gates.validation.given_figures import GivenFigures, OverrideCounts
from credit_default.gates.validation.records.overrides import TESTS, count_overrides


def test_overrides_are_counted_from_both_decisions():
    sample = draw_sample(1)
    declined = sample.default_probability > 0.5
    final = declined.copy()
    first, second = np.flatnonzero(declined)[:2]
    final[[first, second]] = False
    final[np.flatnonzero(~declined)[0]] = True

    counts = count_overrides(change(sample, declined=declined, final_declined=final))

    assert counts == OverrideCounts(
        decision_count=2_000,
        approved_count=2,
        declined_count=1,
        known_count=2,
        default_count=int(sample.defaulted[[first, second]].sum()),
        expected_default_count=float(sample.default_probability[[first, second]].sum()),
    )
    assert count_overrides(sample) is None


def test_more_changes_than_the_limit_are_red():
    few, many = (
        GivenFigures(overrides=OverrideCounts(2_000, approved, 20)) for approved in (20, 120)
    )

    assert run_one(TESTS, "rate", draw_sample(2), given=few).light == "green"
    assert run_one(TESTS, "rate", draw_sample(2), given=many).light == "red"
    assert run_one(TESTS, "direction", draw_sample(2), given=many).light == "for information"


def test_clients_approved_by_hand_who_default_more_often_are_red():
    bad, right = (
        GivenFigures(overrides=OverrideCounts(2_000, 60, 0, 60, defaults, 30.0))
        for defaults in (48, 31)
    )

    assert run_one(TESTS, "outcomes", draw_sample(3), given=bad).light == "red"
    assert run_one(TESTS, "outcomes", draw_sample(3), given=right).light == "green"


def test_score_without_decisions_by_hand_is_not_judged():
    for name in ("rate", "direction", "outcomes"):
        assert run_one(TESTS, name, draw_sample(4)).light == "not judged"
    none = GivenFigures(overrides=OverrideCounts(2_000, 0, 0))
    assert run_one(TESTS, "rate", draw_sample(4), given=none).light == "green"
    assert run_one(TESTS, "direction", draw_sample(4), given=none).light == "not judged"
    assert run_one(TESTS, "outcomes", draw_sample(4), given=none).light == "not judged"


def test_overrides_are_counted_by_what_the_score_and_the_person_said():
    sample = change(
        draw_sample(1, row_count=6),
        default_probability=np.array([0.1, 0.2, 0.4, 0.8, 0.3, 0.5]),
        defaulted=np.array([1.0, 0.0, np.nan, 1.0, 1.0, 1.0]),
        declined=np.array([True, True, True, False, False, True]),
        final_declined=np.array([False, False, False, True, False, True]),
    )

    assert count_overrides(sample) == OverrideCounts(6, 3, 1, 2, 1, pytest.approx(0.3))
    blind = count_overrides(change(sample, defaulted=None))
    assert blind == OverrideCounts(6, 3, 1, 0, 0, 0.0)
    assert count_overrides(change(sample, declined=None)) is None
    assert count_overrides(change(sample, final_declined=None)) is None


@pytest.mark.parametrize(("known", "light"), [(20, "green"), (19, "not judged")])
def test_twenty_known_outcomes_of_approved_clients_are_judged(known, light):
    given = GivenFigures(overrides=OverrideCounts(1_000, 30, 10, known, 4, 5.0))

    found = run_one(TESTS, "outcomes", draw_sample(1), given=given)

    assert found.light == light
    if light == "green":
        above = binom.sf(3, 20, 0.25) - binom.pmf(4, 20, 0.25) / 2
        assert (found.statistic, found.p_value) == pytest.approx((0.8, above))


def test_rate_and_direction_are_binomial_tests_of_the_changes():
    given = GivenFigures(overrides=OverrideCounts(1_000, 40, 20))

    rate = run_one(TESTS, "rate", draw_sample(1), given=given)
    direction = run_one(TESTS, "direction", draw_sample(1), given=given)

    above = binom.sf(59, 1_000, 0.05) - binom.pmf(60, 1_000, 0.05) / 2
    assert (rate.statistic, rate.p_value) == pytest.approx((0.06, above))
    assert direction.statistic == pytest.approx(2 / 3)
    assert direction.p_value == pytest.approx(binomtest(40, 60).pvalue)
    none = GivenFigures(overrides=OverrideCounts(1_000, 0, 0))
    assert run_one(TESTS, "direction", draw_sample(1), given=none).light == "not judged"
    empty = GivenFigures(overrides=OverrideCounts(0, 0, 0))
    assert run_one(TESTS, "rate", draw_sample(1), given=empty).light == "not judged"


def test_clients_of_whom_no_default_was_expected_have_no_ratio():
    given = GivenFigures(overrides=OverrideCounts(2_000, 60, 0, 60, 0, 0.0))

    assert run_one(TESTS, "outcomes", draw_sample(3), given=given).statistic == 0.0
