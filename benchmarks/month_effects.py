"""Measure the monitors that judge a month by its defaults, where months differ by more than chance.

    python benchmarks/month_effects.py [--months 400] [--row-count 4000]

A right model knows the log odds of each client; every month shifts them all by an effect of its own. The first table tells
how often the performance gate raises an alarm on a right model (its size; nominally .3 %, what 3 standard deviations leave)
and on a wrong one (its power), with 0, 3 and 12 earlier months to learn the size of month effects from. The second tells in
how many months the realised value was inside the 95 % interval of the estimate without outcomes.
"""

import argparse
from collections import Counter
from dataclasses import dataclass
from itertools import product

import numpy as np

from credit_default.gates.monitoring.performance import PerformancePolicy, judge_performance
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.reference_performance import ReferencePerformance
from credit_default.model.months.estimate_intervals import MonthEffects, widen_estimate
from credit_default.model.months.label_free_estimates import (
    ESTIMATED_METRICS,
    ComparedEstimate,
    Estimate,
    compare_estimate,
    estimate_performance,
)
from credit_default.model.months.month_effects import MonthDeviation
from credit_default.model.statistics.auc_placements import RocAuc, measure_roc_auc_error

EFFECT_SDS = (0.0, 0.12)
PAST_COUNTS = (0, 3, 12)
REFERENCE_ROWS = 1_200  # of the model's test side
FAULTS = {  # what the model gets wrong: factor on the expected defaults, noise in the ranking
    "right": (1.0, 0.0),
    "defaults × 1.15": (1.15, 0.0),
    "defaults × 1.3": (1.3, 0.0),
    "defaults × 1.5": (1.5, 0.0),
    "ranking, noise 1": (1.0, 1.0),
    "ranking, noise 2": (1.0, 2.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Month:
    """Outcomes of a month and the probabilities that a model gave before."""

    defaulted: np.ndarray
    probability: np.ndarray

    def measure_deviation(self, number: int) -> MonthDeviation:
        """Return what later months learn from this one."""
        p = self.probability
        surplus, variance = self.defaulted.sum() - p.sum(), (p * (1 - p)).sum()
        return MonthDeviation(f"{number:04d}-01", float(surplus), float(variance))


def draw_month(
    generator: np.random.Generator,
    row_count: int,
    *,
    effect_sd: float,
    factor: float = 1.0,
    noise: float = 0.0,
) -> Month:
    """Return a month with `factor` times the expected defaults; noise exchanges clients' scores."""
    odds = -1.55 + 1.15 * generator.normal(size=row_count)
    probability = 1 / (1 + np.exp(-odds))
    shift = (factor - 1) * probability.mean() / (probability * (1 - probability)).mean()
    shift += effect_sd * generator.normal()
    defaulted = (generator.random(row_count) < 1 / (1 + np.exp(-odds - shift))).astype(np.int64)
    scored = np.empty_like(probability)
    scored[np.argsort(odds + noise * generator.normal(size=row_count))] = np.sort(probability)
    return Month(defaulted, scored)


def count_alarms(
    fault: tuple[float, float], *, effect_sd: float, past_count: int, months: int, row_count: int
) -> int:
    """Return in how many months the performance gate raised an alarm."""
    alarm_count, generator = 0, np.random.default_rng(11)
    for seed in range(months):
        past = [
            draw_month(generator, row_count, effect_sd=effect_sd).measure_deviation(number)
            for number in range(past_count)
        ]
        month = draw_month(
            generator, row_count, effect_sd=effect_sd, factor=fault[0], noise=fault[1]
        )
        verdict = judge_performance(
            evaluate(
                month.defaulted,
                month.probability,
                policy=DecisionPolicy(),
                seed=seed,
                resample_count=30,
            ),
            reference=ReferencePerformance(draw_reference(generator)),
            past=past,
        )
        alarm_count += verdict.level == "alarm"
    return alarm_count


def draw_reference(generator: np.random.Generator) -> RocAuc:
    """Return the AUC of the same model on a test side."""
    month = draw_month(generator, REFERENCE_ROWS, effect_sd=0.0)
    return measure_roc_auc_error(month.defaulted, month.probability)


def estimate_months(
    effect_sd: float, *, months: int, row_count: int
) -> list[tuple[Estimate, tuple[ComparedEstimate, ...]]]:
    """Return the estimate of each month, and the same beside what was realised."""
    generator, found = np.random.default_rng(5), []
    for number in range(months):
        month = draw_month(generator, row_count, effect_sd=effect_sd)
        realised = evaluate(
            month.defaulted, month.probability, policy=DecisionPolicy(), seed=1, resample_count=1
        )
        estimate = estimate_performance(month.probability, policy=DecisionPolicy())
        values = {name: metric.value for name, metric in realised.metrics.items()}
        compared = compare_estimate(estimate.metrics, values, statement_month=f"{number:04d}-01")
        found.append((estimate, compared))
    return found


def count_inside(
    found: list[tuple[Estimate, tuple[ComparedEstimate, ...]]], *, past_count: int
) -> Counter[str]:
    """Return in how many months each metric's realised value was inside its interval."""
    policy, inside = PerformancePolicy(), Counter[str]()
    effects = MonthEffects(policy.month_effect_sd, weight=policy.month_effect_weight)
    for number in range(past_count, len(found)):
        estimate, compared = found[number]
        past = [item for _, items in found[number - past_count : number] for item in items]
        widened = widen_estimate(estimate, past, effects=effects).metrics
        inside.update(
            item.name
            for item in compared
            if widened[item.name].low <= item.realised <= widened[item.name].high
        )
    return inside


def print_coverage(*, months: int, row_count: int) -> None:
    """Print how often the intervals of the estimate without outcomes hold."""
    print("estimate without outcomes: months whose realised value is inside the 95 % interval")
    print(f"{'month SD':>8} {'past':>5}  " + "  ".join(f"{name:>14}" for name in ESTIMATED_METRICS))
    for effect_sd in (0.0, 0.12, 0.15, 0.2):
        found = estimate_months(effect_sd, months=months, row_count=row_count)
        for past_count in (0, 3, 8, 12, 24):
            inside = count_inside(found, past_count=past_count)
            shares = (inside[name] / (months - past_count) for name in ESTIMATED_METRICS)
            row = "  ".join(f"{share:>14.1%}" for share in shares)
            print(f"{effect_sd:>8.2f} {past_count:>5}  {row}", flush=True)


def print_alarms(*, months: int, row_count: int) -> None:
    """Print how often the performance gate raises an alarm."""
    print(f"performance gate, {row_count:,} rows, {months:,} months each: alarms")
    print(f"{'month SD':>8} {'past':>5}  " + "  ".join(f"{name:>16}" for name in FAULTS))
    for effect_sd, past_count in product(EFFECT_SDS, PAST_COUNTS):
        shares = [
            count_alarms(
                fault,
                effect_sd=effect_sd,
                past_count=past_count,
                months=months,
                row_count=row_count,
            )
            / months
            for fault in FAULTS.values()
        ]
        row = "  ".join(f"{share:>16.1%}" for share in shares)
        print(f"{effect_sd:>8.2f} {past_count:>5}  {row}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--months", type=int, default=400)
    parser.add_argument("--row-count", type=int, default=4_000)
    asked = parser.parse_args()
    print_coverage(months=5 * asked.months, row_count=asked.row_count)
    print_alarms(months=asked.months, row_count=asked.row_count)


if __name__ == "__main__":
    main()
