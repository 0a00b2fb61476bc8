"""Measure how often the monitors raise an alarm when nothing has happened, by column and for each verdict.

    python benchmarks/false_alarms.py [--batches 200] [--seeds 5] [--months 24]

A/A: a reference and batches of several lengths, drawn repeatedly from one simulated month, so that they differ by chance only.
Calm months: portfolios that continue without any scenario, each month judged against the reference of a model that learned
from the first three. Ends with 1 when more than one in a thousand A/A batches, or more than one calm month of a portfolio,
raises an alarm.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import polars as pl

from credit_default.data.contract.schema import Schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.data.splitting import split
from credit_default.gates.monitoring.column_drift import DriftReport
from credit_default.gates.monitoring.drift import DriftPolicy, judge_drift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.monitoring.feed import BatchState, judge_feed
from credit_default.gates.monitoring.feed_measurement import measure_feed
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle, measure_input_importance
from credit_default.model.estimator.decision import DecisionPolicy, decide
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES
from credit_default.model.profile.column_counts import Profile, profile_rows
from credit_default.model.profile.plan import ProfilePlan, plan_profile
from credit_default.model.profile.shift_attribution import measure_score_shift

REFERENCE_ROWS, POOL_ROWS, HISTORY_MONTHS, PORTFOLIO_ROWS = 6_000, 40_000, 3, 4_000
LENGTHS = (200, 500, 1_500, 5_000)
KEY = ["client_id", "statement_month"]
METHODS = {  # each method the schema knows, with a threshold that a person would set
    "psi": ("psi", 0.1, "psi", 0.1),
    "jensenshannon": ("jensenshannon", 0.1, "jensenshannon", 0.1),
    "wasserstein, chisquare": ("wasserstein", 0.1, "chisquare", 0.001),
    "ks, chisquare": ("ks", 0.001, "chisquare", 0.001),
}


def declare(numbers: str, number_threshold: float, codes: str, code_threshold: float) -> Schema:
    """Return the credit-card schema with these methods for its numbers and its codes."""
    columns = tuple(
        replace(column, drift_method=codes if column.codes else numbers)
        if column.name in KEY
        else replace(
            column,
            drift_method=codes if column.codes else numbers,
            drift_threshold=code_threshold if column.codes else number_threshold,
        )
        for column in CREDIT_CARD.columns
    )
    return replace(CREDIT_CARD, columns=columns)


def train(months: list[pl.DataFrame]) -> ModelBundle:
    """Train a small champion, with its reference."""
    sides = split(pl.concat(months))
    bundle = fit(
        Recipe(tree_count=30),
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=DecisionPolicy(),
    )
    return attach_reference(bundle, sides.test)


def score(bundle: ModelBundle, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with score and decision."""
    probability = score_probability(bundle, rows)
    decision = decide(probability, bundle.decision_policy).tolist()
    return rows.with_columns(
        pl.Series("default_probability", probability), pl.Series("decision", decision)
    )


def live(seed: int, month_count: int) -> Iterator[pl.DataFrame]:
    """Yield calm months of one portfolio, with outcomes."""
    for month in simulate(client_count=PORTFOLIO_ROWS, month_count=month_count, seed=seed):
        labels = month.outcomes.select(*KEY, "defaulted")
        yield month.statements.join(labels, on=KEY, how="left", maintain_order="left")


def judge_pair(
    plan: ProfilePlan,
    reference: Profile,
    current: Profile,
    *,
    schema: Schema,
    importance: dict[str, float],
) -> tuple[DriftReport, Verdict]:
    """Return the drift report and the verdict on a batch."""
    report = measure_drift(plan, reference, current, schema=schema, policy=DriftPolicy())
    telling = [column for column in schema.inputs if column.name in list(importance)[:5]]
    shift = measure_score_shift(plan, reference, current, columns=telling)
    return report, judge_drift(
        report, row_count=current.row_count, importance=importance, shift=shift
    )


def run_resamples(bundle: ModelBundle, batch_count: int, seed: int) -> int:
    """Print what moved by chance; return how many A/A batches raised an alarm."""
    pool = score(
        bundle, next(simulate(client_count=POOL_ROWS, month_count=1, seed=seed)).statements
    )
    rng, importance, alarm_count = np.random.default_rng(seed), measure_input_importance(bundle), 0
    for name, methods in METHODS.items():
        schema = declare(*methods)
        for length in LENGTHS:
            levels: Counter[str] = Counter()
            moved: Counter[str] = Counter()
            for _ in range(batch_count):
                rows = pool[rng.permutation(POOL_ROWS)[: REFERENCE_ROWS + length]]
                plan = plan_profile(
                    rows[:REFERENCE_ROWS], schema=schema, decision_policy=bundle.decision_policy
                )
                sides = (
                    profile_rows(plan, rows[:REFERENCE_ROWS]),
                    profile_rows(plan, rows[REFERENCE_ROWS:]),
                )
                _, verdict = judge_pair(plan, *sides, schema=schema, importance=importance)
                levels[verdict.level] += 1
                moved.update(
                    reason.split(" moved")[0] for reason in verdict.reasons if " moved: " in reason
                )
            alarm_count += levels["alarm"]
            worst = (
                ", ".join(f"{column} {count}" for column, count in moved.most_common(3)) or "none"
            )
            shares = ", ".join(
                f"{level} {levels[level] / batch_count:.1%}" for level in ("ok", "watch", "alarm")
            )
            by_column = sum(moved.values()) / (batch_count * len(schema.inputs))
            print(
                f"{name:<24} {length:>6,} rows  {shares:<36} a column {by_column:.3%}  moved: {worst}"
            )
    return alarm_count


def run_calm_months(seed: int, month_count: int) -> int:
    """Print a calm portfolio's verdicts; return how many alarms it raised."""
    months = list(live(seed, HISTORY_MONTHS + month_count))
    bundle = train(months[:HISTORY_MONTHS])
    importance = measure_input_importance(bundle)
    assert bundle.reference is not None
    plan = plan_profile(
        bundle.reference, schema=CREDIT_CARD, decision_policy=bundle.decision_policy
    )
    reference = profile_rows(plan, bundle.reference)
    levels: Counter[str] = Counter()
    lines, fingerprints = [], {}
    for rows in months[HISTORY_MONTHS:]:
        current = profile_rows(plan, score(bundle, rows))
        _, drift = judge_pair(plan, reference, current, schema=CREDIT_CARD, importance=importance)
        columns = measure_feed(
            plan, reference, current, schema=CREDIT_CARD, fingerprints=fingerprints
        )
        feed = judge_feed(
            BatchState(
                current.row_count,
                reference.row_count,
                columns,
                current.identical_share,
                reference.identical_share,
            )
        )
        fingerprints = {name: column.fingerprint for name, column in current.columns.items()}
        levels.update(f"{verdict.gate} {verdict.level}" for verdict in (drift, feed))
        lines += [
            f"{v.gate} {v.level}: {'; '.join(v.reasons[:3])}"
            for v in (drift, feed)
            if v.level != "ok"
        ]
    print(
        f"seed {seed}, {month_count} calm months: "
        + ", ".join(f"{n} {level}" for level, n in sorted(levels.items()))
    )
    for line, count in Counter(lines).most_common(6):
        print(f"    {count} x {line}")
    return levels["drift alarm"] + levels["feed alarm"]


def main() -> int:
    """Print the tables; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--batches", type=int, default=200, help="A/A batches of each length and method"
    )
    parser.add_argument("--seeds", type=int, default=5, help="calm portfolios")
    parser.add_argument("--months", type=int, default=24, help="calm months of each")
    asked = parser.parse_args()
    alarm_count = (
        run_resamples(train(list(live(1, HISTORY_MONTHS))), asked.batches, seed=2)
        if asked.batches
        else 0
    )
    tried = asked.batches * len(LENGTHS) * len(METHODS)
    print(f"A/A: {alarm_count} of {tried:,} batches raised an alarm")
    alarms = [run_calm_months(seed, asked.months) for seed in range(asked.seeds)]
    print(f"calm months: {alarms} alarms by portfolio (bound: 1 each)")
    return int(alarm_count > tried / 1_000 or max(alarms, default=0) > 1)


if __name__ == "__main__":
    sys.exit(main())
