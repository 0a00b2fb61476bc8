"""Measure how often the promotion gate promotes a tie, and how often it finds a real gain.

    python benchmarks/promotion_ties.py [--row-counts 2000 6000 24000] [--trial-count 4000] [--gate refresh]

Ties of five kinds have equal expected log loss, solved numerically: both models see the true log odds through noise of their
own; at another level; with another slope; with an error in one of two segments each; with noise in one of two segments each.
Real gains are champions that see through noise where the challenger does not. The four measures alone are judged by the
errors that the gate's bootstrap converges to, so that thousands of contests take minutes; `--gate refresh` or `recipe` puts
contests through the whole gate, with all its checks. Columns: the whole risk spent at once, then attempts 1, 3 and 10 on the
same rows, each with its Monte Carlo error.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from statistics import NormalDist

import numpy as np
from scipy.optimize import brentq

from credit_default.gates.promotion.delong import measure_auc_difference
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.promotion_verdict import judge_recipe, judge_refresh
from credit_default.model.estimator.decision import DecisionPolicy

COSTS, POLICY = DecisionPolicy(), PromotionPolicy()
MEAN, SPREAD = -1.55, 1.15  # of the true log odds
LEVEL, SLOPE, SEGMENT, NOISE = 0.1, 0.92, 0.2, 0.3  # the champion's errors on the log odds
GAINS = {"small gain": 0.15, "middling gain": 0.25, "large gain": 0.4}  # noise of the champion
QUANTILES = MEAN + SPREAD * np.array(
    [NormalDist().inv_cdf((place + 0.5) / 4_000) for place in range(4_000)]
)
Errors = Callable[[np.random.Generator, np.ndarray], tuple[np.ndarray, np.ndarray]]


def score(odds: np.ndarray) -> np.ndarray:
    """Return the probabilities of these log odds."""
    return 1 / (1 + np.exp(-odds))


def expect_log_loss(odds: np.ndarray) -> float:
    """Return the expected log loss of a model that sees the true `QUANTILES` as these log odds."""
    return float(np.mean(np.logaddexp(0, odds) - score(QUANTILES) * odds))


def stretch(odds: np.ndarray, slope: float) -> np.ndarray:
    """Return the log odds with another slope about their mean."""
    return MEAN + slope * (odds - MEAN)


def solve(
    champion: np.ndarray, see: Callable[[float], np.ndarray], *, low: float, high: float
) -> float:
    """Return the challenger's error between `low` and `high` that makes its expected log loss the champion's."""
    target = expect_log_loss(champion)
    return float(brentq(lambda error: expect_log_loss(see(error)) - target, low, high))


def list_ties() -> dict[str, Errors]:
    """Return the five kinds of tie: from true log odds, the log odds that champion and challenger say."""
    level = solve(QUANTILES - LEVEL, lambda error: QUANTILES + error, low=0, high=1)
    slope = solve(
        stretch(QUANTILES, SLOPE), lambda error: stretch(QUANTILES, error), low=1, high=1.5
    )
    segment = solve(QUANTILES + SEGMENT, lambda error: QUANTILES - error, low=0, high=1)

    def see_noisily(generator: np.random.Generator, odds: np.ndarray, spread: np.ndarray | float):  # noqa: ANN202
        return odds + spread * generator.normal(size=odds.size)

    def cut(odds: np.ndarray) -> np.ndarray:
        return np.arange(odds.size) % 2 == 0

    return {
        "noise": lambda g, odds: (see_noisily(g, odds, NOISE), see_noisily(g, odds, NOISE)),
        "level": lambda _, odds: (odds - LEVEL, odds + level),
        "slope": lambda _, odds: (stretch(odds, SLOPE), stretch(odds, slope)),
        "segment": lambda _, odds: (odds + SEGMENT * cut(odds), odds - segment * ~cut(odds)),
        "swapped noise": lambda g, odds: (
            see_noisily(g, odds, NOISE * cut(odds)),
            see_noisily(g, odds, NOISE * ~cut(odds)),
        ),
    }


def list_gains() -> dict[str, Errors]:
    """Return three sizes of a real gain, in the form of `list_ties`."""

    def build(spread: float) -> Errors:
        return lambda g, odds: (odds + spread * g.normal(size=odds.size), odds)

    return {name: build(spread) for name, spread in GAINS.items()}


def draw_contest(errors: Errors, *, row_count: int, seed: int) -> PairedScores:
    """Return outcomes of clients with normal log odds, and what both models say of them."""
    generator = np.random.default_rng(seed)
    odds = MEAN + SPREAD * generator.normal(size=row_count)
    defaulted = (generator.random(row_count) < score(odds)).astype(int)
    champion, challenger = errors(generator, odds)
    groups = {"segment": np.where(np.arange(row_count) % 2 == 0, "one", "other")}
    return PairedScores(defaulted, score(champion), score(challenger), groups=groups)


def measure_losses(defaulted: np.ndarray, probability: np.ndarray) -> np.ndarray:
    """Return log loss, squared error and cost per 1,000 of each row, shape (rows, 3)."""
    declined = probability >= COSTS.threshold
    cost = np.where(
        declined, COSTS.false_alarm_cost * (1 - defaulted), COSTS.missed_default_cost * defaulted
    )
    chosen = np.where(defaulted == 1, probability, 1 - probability)
    return np.column_stack([-np.log(chosen), (probability - defaulted) ** 2, 1000 * cost])


def measure_least_cost_error(contest: PairedScores) -> float:
    """Return the error of the difference in cost per 1,000 that both models' probabilities imply."""
    differs = (contest.champion >= COSTS.threshold) != (contest.challenger >= COSTS.threshold)
    probability = (contest.champion + contest.challenger)[differs] / 2
    swing = COSTS.missed_default_cost + COSTS.false_alarm_cost
    return 1000 * swing * float(np.sqrt((probability * (1 - probability)).sum())) / len(differs)


def measure_contest(contest: PairedScores) -> np.ndarray:
    """Return the gains in log loss, Brier, cost and AUC: in standard errors, and over the least that counts, shape (2, 4)."""
    old, new = (
        measure_losses(contest.defaulted, scored)
        for scored in (contest.champion, contest.challenger)
    )
    differences = old - new
    area = measure_auc_difference(
        contest.defaulted, contest.champion, challenger=contest.challenger, confidence=0.95
    )
    gains = np.append(differences.mean(axis=0), area.gain)
    errors = np.append(
        differences.std(axis=0) / np.sqrt(len(contest.defaulted)), area.standard_error
    )
    errors[2] = max(errors[2], measure_least_cost_error(contest))
    least_cost = POLICY.least_cost_gain_share * old[:, 2].mean()
    least = [
        POLICY.least_log_loss_gain,
        POLICY.least_brier_gain,
        least_cost,
        POLICY.least_roc_auc_gain,
    ]
    # Models that rank alike have no error, and no gain, in AUC.
    return np.array([gains / np.maximum(errors, 1e-12), gains / np.array(least)])


def judge_measures(measured: np.ndarray, *, attempt: int | None = 1) -> np.ndarray:
    """Return which contests, shape (contests, 2, 4), the four measures decide for the challenger.

    `attempt` is its number on the same rows; None spends the whole risk at once.
    """
    errors, worth = measured[:, 0], measured[:, 1]
    share = 1.0 if attempt is None else 1 / (attempt * (attempt + 1))
    reach, loss = (
        NormalDist().inv_cdf(1 - risk / 2)
        for risk in ((1 - POLICY.confidence) * share, 1 - POLICY.confidence)
    )
    won: np.ndarray = ((errors > reach) & (worth >= 1)).any(axis=1) & ~(errors < -loss).any(axis=1)
    return won


def judge_contests(
    errors: Errors, *, row_count: int, trial_count: int, gate: str
) -> Iterator[bool]:
    """Yield for each contest whether the whole gate promotes the challenger."""
    for seed in range(trial_count):
        contest = draw_contest(errors, row_count=row_count, seed=seed)
        if gate == "refresh":
            yield judge_refresh(contest, decision_policy=COSTS, policy=POLICY).passed
        else:
            test = draw_contest(errors, row_count=row_count // 4, seed=1_000_000 + seed)
            test = replace(test, groups={})
            yield judge_recipe(contest, test, decision_policy=COSTS, policy=POLICY).passed


def describe(won: np.ndarray) -> str:
    """Return the share of contests that were won, with its Monte Carlo error."""
    share = float(won.mean())
    return f"{share:7.2%} ± {np.sqrt(share * (1 - share) / len(won)):.2%}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--row-counts", type=int, nargs="+", default=[2_000, 6_000, 24_000])
    parser.add_argument("--trial-count", type=int, default=4_000)
    parser.add_argument("--gate", choices=["measures", "refresh", "recipe"], default="measures")
    arguments = parser.parse_args()
    count, gate = arguments.trial_count, arguments.gate
    for name, errors in {**list_ties(), **list_gains()}.items():
        for row_count in arguments.row_counts:
            if gate == "measures":
                drawn = (
                    draw_contest(errors, row_count=row_count, seed=seed) for seed in range(count)
                )
                measured = np.array([measure_contest(contest) for contest in drawn])
                columns = [judge_measures(measured, attempt=each) for each in (None, 1, 3, 10)]
            else:
                won = judge_contests(errors, row_count=row_count, trial_count=count, gate=gate)
                columns = [np.array([*won])]
            print(f"{name:14} {row_count:7,} rows", *map(describe, columns), sep="  ", flush=True)


if __name__ == "__main__":
    main()
