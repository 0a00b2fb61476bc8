"""Measure how often each printed 95 % interval holds the truth, and print the table.

    python benchmarks/interval_coverage.py [--part metrics] [--row-count 2000] [--kind calibrated] [--sample-count 1000]

Clients' true log odds are normal; a model sees them as they are, too flat (slope .8), too high (level +.2), or too high in one
segment and too low in the other. The truth is measured on a population without chance: log odds at even quantiles, outcomes in
systematic order. `tests/benchmarks/test_interval_coverage.py` runs it in short, `make nightly` in long.
"""

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.special import expit
from scipy.stats import norm

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.gates.promotion.paired_gains import PairedScores, measure_gains
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.economics import EconomicsPolicy, measure_economics
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.threshold_search import LabelledScores
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.report import measure_fairness

MEAN, DEVIATION, SEGMENT_SHARE = -1.55, 1.15, 0.3  # of the true log odds; .224 default
POPULATION_COUNT = 400_000
ROW_COUNTS, LOW, HIGH = (2_000, 6_000), 0.93, 0.97
# What the model sees of the true log odds, by whether the client is in the segment.
KINDS: Mapping[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "calibrated": lambda odds, _inside: odds,
    "slope .8": lambda odds, _inside: 0.8 * odds,
    "level +.2": lambda odds, _inside: odds + 0.2,
    "segment": lambda odds, inside: odds + np.where(inside, 0.4, -0.15),
}
_POLICY = DecisionPolicy()
_SEX = {"name": "sex", "kind": "code", "codes": {"1": "large", "2": "small"}, "protected": True}
_SCHEMA = parse_schema(
    {
        "name": "two groups",
        "version": "1",
        "columns": [{**_SEX, "description": "group"}],
        "outcome": {"description": "default"},
    }
)


@dataclass(frozen=True)
class Clients:
    """Outcomes (0/1), true log odds, and whether each client is in the segment."""

    defaulted: np.ndarray
    odds: np.ndarray
    inside: np.ndarray

    def score(self, kind: str) -> np.ndarray:
        """Return the default probabilities of a model of that kind."""
        return expit(KINDS[kind](self.odds, self.inside))


@dataclass(frozen=True)
class Coverage:
    """How many samples' intervals lay below, around and above the truth."""

    name: str
    truth: float
    sample_count: int
    below_count: int  # the whole interval is below the truth
    above_count: int

    @property
    def share(self) -> float:
        """Return the share of the samples whose interval holds the truth."""
        return 1 - (self.below_count + self.above_count) / self.sample_count

    @property
    def error(self) -> float:
        """Return the Monte Carlo standard error of the share."""
        return float(np.sqrt(max(self.share * (1 - self.share), 1e-4) / self.sample_count))

    def is_within(self) -> bool:
        """Return whether the share is 93 to 97 %, or not further off than two Monte Carlo errors."""
        return LOW - 2 * self.error <= self.share <= HIGH + 2 * self.error


def draw_clients(generator: np.random.Generator, row_count: int) -> Clients:
    """Return a random sample of clients."""
    odds = generator.normal(MEAN, DEVIATION, row_count)
    inside = generator.random(row_count) < SEGMENT_SHARE
    return Clients((generator.random(row_count) < expit(odds)).astype(int), odds, inside)


def build_population() -> Clients:
    """Return clients in whom every share and mean is, but for rounding, what it is expected to be."""
    parts = []
    for is_inside, share in ((True, SEGMENT_SHARE), (False, 1 - SEGMENT_SHARE)):
        count = round(share * POPULATION_COUNT)
        odds = norm.ppf((np.arange(count) + 0.5) / count, MEAN, DEVIATION)
        expected = np.floor(np.cumsum(expit(odds)) + 0.5)
        defaulted = np.diff(expected, prepend=0).astype(int)
        parts.append((defaulted, odds, np.full(count, is_inside)))
    return Clients(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def measure_metrics(
    clients: Clients, kind: str, seed: int, resample_count: int
) -> dict[str, Metric]:
    """Return the metrics of a card."""
    return dict(
        evaluate(
            clients.defaulted,
            clients.score(kind),
            policy=_POLICY,
            seed=seed,
            resample_count=resample_count,
        ).metrics
    )


def measure_costs(clients: Clients, kind: str, seed: int, resample_count: int) -> dict[str, Metric]:
    """Return the operating points, with thresholds found on the same development clients each time."""
    development = draw_clients(np.random.default_rng(99), 4_000)
    found = measure_economics(
        LabelledScores(development.defaulted, development.score(kind)),
        LabelledScores(clients.defaulted, clients.score(kind)),
        decision_policy=_POLICY,
        seed=seed,
        policy=EconomicsPolicy(resample_count=resample_count),
    )
    points = {"cheapest": found.cheapest, "3 : 1": found.sensitivity[0]}
    points |= {f"{p.capacity_share:.0%} capacity": p.reached for p in found.capacity}
    fields = ("declined_share", "caught_share", "precision", "cost_per_1000")
    figures = {
        f"{name} {field}": getattr(point, field)
        for name, point in points.items()
        for field in fields
    }
    figures["cheapest_saving"] = found.cheapest_saving
    return {name: figure for name, figure in figures.items() if figure is not None}


def measure_groups(
    clients: Clients, kind: str, seed: int, resample_count: int
) -> dict[str, Metric]:
    """Return the fairness of two groups, one of which is small: a third of the segment."""
    small = clients.inside & (np.arange(len(clients.odds)) % 3 == 0)
    rows = pl.DataFrame({"defaulted": clients.defaulted, "sex": 1 + small.astype(int)})
    report = measure_fairness(
        rows,
        clients.score(kind),
        schema=_SCHEMA,
        decision_policy=_POLICY,
        seed=seed,
        policy=FairnessPolicy(attributes=(), bands=(), resample_count=resample_count),
    )
    fields = ("accept_share", "caught_share", "false_alarm_share", "calibration_gap", "roc_auc")
    fields = (*fields, "acceptance_ratio", "caught_gap", "false_alarm_gap")
    return {
        f"{group.group} {field}": figure
        for group in report.groups
        for field in fields
        if (figure := getattr(group, field)) is not None and figure.low < figure.high
    }


def measure_paired_gains(
    clients: Clients, kind: str, seed: int, resample_count: int
) -> dict[str, Metric]:
    """Return the gains of a model of the kind over one that sees the log odds too low by .1."""
    gains = measure_gains(
        PairedScores(clients.defaulted, expit(clients.odds - 0.1), clients.score(kind)),
        decision_policy=_POLICY,
        confidence=0.95,
        resample_count=resample_count,
        seed=seed,
    )
    return {
        gain.measure: Metric(gain.gain, gain.low, gain.high)
        for gain in gains
        if gain.measure != "roc_auc" or kind == "segment"  # the others rank alike
    }


PARTS = {
    "metrics": measure_metrics,
    "costs": measure_costs,
    "groups": measure_groups,
    "gains": measure_paired_gains,
}


def measure_coverage(
    part: str,
    kind: str,
    *,
    row_count: int,
    sample_count: int,
    seed: int = 1,
    resample_count: int = 300,
) -> Iterator[Coverage]:
    """Yield the coverage of each interval of a part, in the part's order."""
    measure = PARTS[part]
    truth = {n: m.value for n, m in measure(build_population(), kind, 0, 2).items()}
    below, above = dict.fromkeys(truth, 0), dict.fromkeys(truth, 0)
    counts = dict.fromkeys(truth, 0)
    generator = np.random.default_rng(seed)
    for number in range(sample_count):
        clients = draw_clients(generator, row_count)
        for name, metric in measure(clients, kind, number, resample_count).items():
            if name in truth:
                counts[name] += 1
                below[name] += metric.high < truth[name]
                above[name] += metric.low > truth[name]
    for name, count in counts.items():
        if count:
            yield Coverage(name, truth[name], count, below[name], above[name])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--part", choices=PARTS, action="append")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--row-count", type=int, action="append")
    parser.add_argument("--sample-count", type=int, default=1_000)
    arguments = parser.parse_args()
    print("| part | rows | model | figure | truth | held | error | below | above | |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for part in arguments.part or PARTS:
        for row_count in arguments.row_count or ROW_COUNTS:
            for kind in arguments.kind or KINDS:
                for found in measure_coverage(
                    part, kind, row_count=row_count, sample_count=arguments.sample_count
                ):
                    count = found.sample_count
                    mark = "" if found.is_within() else "outside"
                    print(
                        f"| {part} | {row_count:,} | {kind} | {found.name} | {found.truth:.4f} | {found.share:.1%} | "
                        f"{found.error:.1%} | {found.below_count / count:.1%} | {found.above_count / count:.1%} | {mark} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
