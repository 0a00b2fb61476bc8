import numpy as np
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
