import numpy as np
import pytest

from credit_default.gates.shadow.backtest import BacktestPolicy, backtest_promotion, format_gain
from credit_default.model.comparison.version_difference import Difference, PairedOutcomes
from credit_default.model.estimator.decision import DecisionPolicy

COSTS = DecisionPolicy()
MONTHS = ("2006-01", "2006-02")


def expit(odds):
    return 1 / (1 + np.exp(-odds))


def draw(seed, *, old_noise=0.0, new_noise=0.0, count=4_000):
    """Rows on which each version sees the true log odds through noise of its own."""
    generator = np.random.default_rng(seed)
    odds = generator.normal(-1.55, 1.15, size=count)
    defaulted = (generator.random(count) < expit(odds)).astype(int)
    seen = (expit(odds + noise * generator.normal(size=count)) for noise in (old_noise, new_noise))
    return PairedOutcomes(defaulted, *seen, np.arange(count))


def judge(rows, months=MONTHS):
    return backtest_promotion(rows, months=months, thresholds=(0.16, 0.16), costs=COSTS)


def test_a_better_version_is_said_to_be_better_with_its_interval():
    differences, verdict = judge(draw(1, old_noise=0.8))

    gain = differences["log_loss"]
    assert verdict.level == "ok"
    assert verdict.reasons[0] == (
        f"on the 2 months (2006-01 to 2006-02) that followed it was better by {gain.gain:.4f} "
        f"log loss ({gain.low:.4f} to {gain.high:.4f})"
    )


def test_a_worse_version_is_an_alarm():
    _, verdict = judge(draw(2, new_noise=0.8), months=("2006-01",))

    assert verdict.level == "alarm"
    assert verdict.reasons[0].startswith("on the month (2006-01) that followed it was worse by")


def test_an_equal_version_is_not_said_to_be_better_more_often_than_chance_allows():
    levels = [judge(draw(seed, old_noise=0.3, new_noise=0.3))[1].level for seed in range(300)]

    # 2.5 % on either side; of 300 the standard error is .9 points
    assert levels.count("ok") / 300 <= 0.055
    assert levels.count("alarm") / 300 <= 0.055
    assert set(levels) == {"ok", "watch", "alarm"}


def test_a_real_gain_is_found_in_most_cases():
    levels = [judge(draw(seed, old_noise=0.5))[1].level for seed in range(100)]

    assert levels.count("ok") >= 95


def test_no_complete_month_and_too_few_rows_are_not_judged():
    _, nothing = judge(None, months=())
    _, few = judge(draw(1, count=150))

    assert [nothing.level, few.level] == ["not judged", "not judged"]
    assert "150 rows" in few.reasons[0]


def test_few_defaults_are_not_judged_however_many_rows():
    rows = PairedOutcomes([1] * 19 + [0] * 981, [0.02] * 1_000, [0.01] * 1_000, range(1_000))

    assert judge(rows)[1].level == "not judged"


def test_gains_by_the_other_measures_stand_behind_the_first_one():
    _, verdict = judge(draw(1, old_noise=0.8))

    assert any(reason.startswith("ROC AUC +0.") for reason in verdict.reasons)
    assert verdict.figures["roc_auc_gain"] > verdict.figures["roc_auc_low"] > 0
    assert verdict.figures["row_count"] == pytest.approx(4_000)


@pytest.mark.parametrize(
    ("defaults", "payers", "is_judged"),
    [(20, 180, True), (19, 181, False), (180, 20, True), (181, 19, False), (20, 179, False)],
)
def test_two_hundred_rows_with_twenty_of_either_outcome_are_judged(defaults, payers, is_judged):
    outcomes = [1] * defaults + [0] * payers
    scores = np.linspace(0.1, 0.9, len(outcomes))
    rows = PairedOutcomes(outcomes, scores, scores[::-1], range(len(outcomes)))

    _, verdict = judge(rows)

    assert (verdict.level != "not judged") == is_judged
    assert verdict.figures["default_count"] == defaults


@pytest.mark.parametrize(
    ("gain", "told"),
    [
        (0.99994, "+0.9999 (0.5000 to 1.5000)"),
        (1.0, "+1.0 (0.5 to 1.5)"),
        (-25.04, "-25.0 (0.5 to 1.5)"),
        (-0.5, "-0.5000 (0.5000 to 1.5000)"),
    ],
)
def test_gains_of_one_and_more_are_told_with_one_digit(gain, told):
    assert format_gain(Difference(0.0, 0.0, gain, 0.5, 1.5)) == told


def test_three_months_are_named_by_the_first_and_the_last():
    _, verdict = judge(draw(1, old_noise=0.8), months=("2006-01", "2006-02", "2006-03"))

    assert verdict.reasons[0].startswith("on the 3 months (2006-01 to 2006-03) that followed")


@pytest.mark.parametrize(
    ("low", "high", "better", "worse"),
    [
        (0.0, 1.0, False, False),
        (0.1, 1.0, True, False),
        (-1.0, 0.0, False, False),
        (-1, -0.1, False, True),
    ],
)
def test_an_interval_that_ends_at_nought_is_on_neither_side(low, high, better, worse):
    found = Difference(0.0, 0.0, 0.0, low, high)

    assert (found.is_better, found.is_worse) == (better, worse)


def test_the_given_policy_says_how_many_rows_are_needed_and_nothing_known_is_no_row():
    _, nothing = backtest_promotion(None, months=(), thresholds=(0.16, 0.16), costs=COSTS)
    _, enough = backtest_promotion(
        draw(1, count=150),
        months=MONTHS,
        thresholds=(0.16, 0.16),
        costs=COSTS,
        policy=BacktestPolicy(fewest_rows=150, fewest_defaults=1),
    )

    assert nothing.figures == {"row_count": 0.0}
    assert nothing.reasons == ("no complete month that both versions scored has followed yet",)
    assert enough.level != "not judged"
