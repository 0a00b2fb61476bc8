"""How often a batch that is drawn like the training rows raises an alarm on drift or performance.

    python benchmarks/identical_batches.py examples/portfolios/hmeq.toml hmeq.csv [--splits 20] [--rows 2500]

The rows are halved at random, again and again: a model of the portfolio's recipe (with few trees) is trained and tested on one
half as `train` does it, and the other half is the batch, with its outcomes. At most 1 of 20 splits may raise an alarm.
"""

import argparse
from collections import Counter
from dataclasses import replace

import polars as pl
from recipe_size import read_rows

from credit_default.data.contract.schema import OUTCOME
from credit_default.data.splitting import split
from credit_default.gates.monitoring.drift import judge_drift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.monitoring.performance import judge_performance
from credit_default.gates.verdict import Verdict
from credit_default.model.estimator.bundle import ModelBundle, measure_input_importance
from credit_default.model.estimator.decision import decide
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.profile.column_counts import profile_rows
from credit_default.model.profile.plan import plan_profile
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring.batch_performance import measure_reference


def train(wiring: Wiring, rows: pl.DataFrame, *, tree_count: int) -> ModelBundle:
    """Return a model of these rows with its test side as reference."""
    settings, sides = wiring.settings, split(rows)
    default_count = int(sides.development[OUTCOME].sum())
    recipe = settings.find_recipe(sides.development.height, default_count=default_count).recipe
    bundle = fit(
        replace(recipe, tree_count=tree_count),
        sides.development,
        schema=wiring.schema,
        features=wiring.portfolio.features,
        decision_policy=settings.decision,
    )
    return attach_reference(bundle, sides.test)


def judge(wiring: Wiring, bundle: ModelBundle, batch: pl.DataFrame) -> list[Verdict]:
    """Return the verdicts on the batch's performance and on its drift."""
    settings, probability = wiring.settings, score_probability(bundle, batch)
    decided = decide(probability, settings.decision).tolist()
    scored = batch.with_columns(default_probability=probability, decision=pl.Series(decided))
    plan = plan_profile(bundle.reference, schema=wiring.schema, decision_policy=settings.decision)
    report = measure_drift(
        plan,
        profile_rows(plan, bundle.reference),
        profile_rows(plan, scored),
        schema=wiring.schema,
        policy=settings.drift,
    )
    outcome = batch[OUTCOME].to_numpy()
    evaluation = evaluate(
        outcome, probability, policy=settings.decision, seed=1, resample_count=100
    )
    reference = measure_reference(bundle)
    return [
        judge_performance(evaluation, policy=settings.performance, reference=reference),
        judge_drift(
            report,
            row_count=batch.height,
            importance=measure_input_importance(bundle),
            policy=settings.drift,
        ),
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("portfolio")
    parser.add_argument("data")
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--rows", type=int, default=2_500)
    parser.add_argument("--trees", type=int, default=20)
    asked = parser.parse_args()
    wiring, rows = read_rows(asked.portfolio, asked.data)
    rows = rows.sample(min(asked.rows, rows.height), seed=0)
    levels = Counter[tuple[str, str]]()
    for seed in range(asked.splits):
        shuffled = rows.sample(fraction=1.0, shuffle=True, seed=seed)
        learned, batch = shuffled[: rows.height // 2], shuffled[rows.height // 2 :]
        bundle = train(wiring, learned, tree_count=asked.trees)
        levels.update((v.gate, v.level) for v in judge(wiring, bundle, batch))
    for (gate, level), count in sorted(levels.items()):
        print(f"{gate:12} {level:10} {count} of {asked.splits} splits")


if __name__ == "__main__":
    main()
