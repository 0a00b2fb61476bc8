import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from credit_default.model.months.missing_outcomes import measure_missing_outcomes

REPETITIONS, ROW_COUNT = 400, 1_000


def draw(generator, *, late=None, missing_share=0.15):
    score = 1 / (1 + np.exp(-generator.normal(-1.55, 1.15, ROW_COUNT)))
    outcome = (generator.random(ROW_COUNT) < score).astype(np.int64)
    able = np.ones(ROW_COUNT, dtype=bool) if late is None else outcome == late
    lost = able & (generator.random(ROW_COUNT) < missing_share / able.mean())
    return score, np.where(lost, -1, outcome), outcome


def measure_many(*, late, missing_share=0.15):
    generator = np.random.default_rng(11)
    months = [draw(generator, late=late, missing_share=missing_share) for _ in range(REPETITIONS)]
    found = [measure_missing_outcomes(score, known) for score, known, _ in months]
    true = [1 - outcome.mean() / known[known >= 0].mean() for _, known, outcome in months]
    p_values = np.array([measured.p_value for measured in found])
    return p_values, np.array([measured.relative_bias for measured in found]), np.array(true)


@pytest.mark.parametrize(("level", "most"), [(0.05, 0.07), (0.01, 0.03)])
def test_size_is_nominal_while_outcomes_are_missing_at_random(level, most):
    p_values, bias, _ = measure_many(late=None)

    error = np.sqrt(level * (1 - level) / REPETITIONS)
    assert (p_values < level).mean() <= most + 2 * error
    assert abs(bias.mean()) < 0.01


@pytest.mark.parametrize(
    ("late", "missing_share", "power"), [(0, 0.39, 0.99), (0, 0.15, 0.55), (1, 0.1, 0.99)]
)
def test_power_where_one_kind_of_outcome_arrives_late(late, missing_share, power):
    p_values, bias, true = measure_many(late=late, missing_share=missing_share)

    assert (p_values < 0.01).mean() >= power
    assert bias.mean() == pytest.approx(true.mean(), abs=0.05)


def test_order_of_clients_changes_nothing():
    score, known, _ = draw(np.random.default_rng(3), late=0)
    order = np.random.default_rng(4).permutation(ROW_COUNT)

    assert measure_missing_outcomes(score, known) == measure_missing_outcomes(
        score[order], known[order]
    )


@pytest.mark.parametrize("missing_count", [0, 9, 995])
def test_few_clients_on_one_side_are_not_compared(missing_count):
    known = np.where(np.arange(1_000) < missing_count, -1, 1)

    assert measure_missing_outcomes(np.linspace(0.1, 0.9, 1_000), known) is None


def test_scores_that_are_all_alike_tell_nothing_apart():
    known = np.array([1, 0, -1] * 100)

    found = measure_missing_outcomes(np.full(300, 0.2), known)

    assert (found.p_value, found.known_above_missing, found.relative_bias) == (1.0, 0.5, None)


def test_figures_are_those_of_scipy_and_of_the_mixture_worked_out_by_hand():
    generator = np.random.default_rng(7)
    score = np.round(generator.beta(2, 6, 90), 2)
    outcome = np.array([1] * 20 + [0] * 40 + [-1] * 30)
    score[:20] += 0.1

    found = measure_missing_outcomes(score, outcome)

    test = mannwhitneyu(score[:60], score[60:], method="asymptotic")
    assert (found.known_count, found.missing_count) == (60, 30)
    assert found.p_value == pytest.approx(test.pvalue, rel=1e-12)
    assert found.known_above_missing == pytest.approx(test.statistic / 1_800, rel=1e-12)
    defaults, payers, missing = score[:20].mean(), score[20:60].mean(), score[60:].mean()
    implied = np.clip((missing - payers) / (defaults - payers), 0, 1)
    assert found.relative_bias == pytest.approx((30 / 90) * (1 / 3 - implied) / (1 / 3))


@pytest.mark.parametrize(
    ("missing_score", "bias"),
    [(0.05, 1 / 3), (0.2, 1 / 3), (0.3, 1 / 6), (0.6, -1 / 3), (0.9, -1 / 3)],
)
def test_what_is_missing_is_taken_for_a_mixture_of_defaulters_and_payers(missing_score, bias):
    # half of the known defaulted at .6, half paid at .2; a third of all are missing
    score = np.array([0.6] * 10 + [0.2] * 10 + [missing_score] * 10)
    outcome = np.array([1] * 10 + [0] * 10 + [-1] * 10)

    assert measure_missing_outcomes(score, outcome).relative_bias == pytest.approx(bias)


@pytest.mark.parametrize(("known_count", "missing_count"), [(10, 10), (9, 10), (10, 9)])
def test_ten_clients_on_either_side_are_enough(known_count, missing_count):
    outcome = np.array([1, 0] * 5 + [-7] * 10)[10 - known_count : 10 + missing_count]

    found = measure_missing_outcomes(np.linspace(0.1, 0.9, len(outcome)), outcome)

    assert (found is not None) == (known_count == missing_count == 10)


@pytest.mark.parametrize("outcomes", [[1] * 10, [0] * 10, [1, 0] * 5])
def test_known_outcomes_that_are_alike_or_not_ranked_tell_no_bias(outcomes):
    score = np.array([0.3] * 10 + [0.1] * 10)

    assert measure_missing_outcomes(score, np.array(outcomes + [-1] * 10)).relative_bias is None
