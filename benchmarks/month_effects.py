"""Measure the monitors that judge a month by its defaults, where months differ by more than chance.

    python benchmarks/month_effects.py [--months 400] [--row-count 4000]

A right model knows the log odds of each client; every month shifts them all by an effect of its own. The first table tells
how often the performance gate raises an alarm on a right model (its size; nominally .3 %, what 3 standard deviations leave)
and on a wrong one (its power), with 0, 3 and 12 earlier months to learn the size of month effects from. The second tells in
how many months the realised value was inside the 95 % interval of the estimate without outcomes.
"""

import argparse
from dataclasses import dataclass
from itertools import product

import numpy as np

from credit_default.gates.monitoring.performance import judge_performance
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.month_effects import MonthDeviation
from credit_default.model.statistics.auc_placements import RocAuc, measure_roc_auc_error

EFFECT_SDS = (0.0, 0.12, 0.2)
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
                resample_count=100,
            ),
            test_roc_auc=draw_reference(generator),
            past=past,
        )
        alarm_count += verdict.level == "alarm"
    return alarm_count


def draw_reference(generator: np.random.Generator) -> RocAuc:
    """Return the AUC of the same model on a test side."""
    month = draw_month(generator, REFERENCE_ROWS, effect_sd=0.0)
    return measure_roc_auc_error(month.defaulted, month.probability)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--months", type=int, default=400)
    parser.add_argument("--row-count", type=int, default=4_000)
    asked = parser.parse_args()
    print(f"performance gate, {asked.row_count:,} rows, {asked.months:,} months each: alarms")
    print(f"{'month SD':>8} {'past':>5}  " + "  ".join(f"{name:>16}" for name in FAULTS))
    for effect_sd, past_count in product(EFFECT_SDS, PAST_COUNTS):
        shares = [
            count_alarms(
                fault,
                effect_sd=effect_sd,
                past_count=past_count,
                months=asked.months,
                row_count=asked.row_count,
            )
            / asked.months
            for fault in FAULTS.values()
        ]
        row = "  ".join(f"{share:>16.1%}" for share in shares)
        print(f"{effect_sd:>8.2f} {past_count:>5}  {row}", flush=True)


if __name__ == "__main__":
    main()
