"""Print who is declined and what that costs on the public data: fairness, proxies, costs, expected loss, and times.

    python benchmarks/fairness.py UCI_Credit_Card.csv [--job-count 2] [--pictures FOLDER]

One compact forest without protected attributes and one with them, on the split that a training uses.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import polars as pl
from model_quality import read_rows

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.splitting import Split, split
from credit_default.gates.fairness import judge_fairness
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.expected_loss import LossPolicy, measure_expected_loss
from credit_default.model.estimator.fitting import ModelBundle, cross_validate, fit
from credit_default.model.estimator.recipe_pipeline import COMPACT_RECIPE, Recipe
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.evaluation.economics import Economics, measure_economics
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.metrics import evaluate
from credit_default.model.evaluation.threshold_search import LabelledScores
from credit_default.model.fairness.attribute_flip_test import measure_flip_sensitivity
from credit_default.model.fairness.groupings import choose_attributes
from credit_default.model.fairness.policy import FairnessPolicy
from credit_default.model.fairness.protected_attribute_cost import compare_fairness
from credit_default.model.fairness.proxy_check import measure_proxies
from credit_default.model.fairness.report import FairnessReport, measure_fairness
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

SEED = 7
POLICY = DecisionPolicy()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    parser.add_argument("--job-count", type=int, default=2)
    parser.add_argument("--pictures", type=Path)
    arguments = parser.parse_args()
    sides = split(read_rows(arguments.data, month=arguments.month))
    bundles = [
        fit_recipe(
            replace(COMPACT_RECIPE, include_protected=included),
            sides,
            job_count=arguments.job_count,
        )
        for included in (False, True)
    ]
    report = print_fairness(sides, bundles)
    print_proxies(sides, bundles[0], job_count=arguments.job_count)
    economics = print_economics(sides, bundles[0], job_count=arguments.job_count)
    print_loss(sides, bundles[0])
    if arguments.pictures:
        draw(report, economics, arguments.pictures)


def fit_recipe(recipe: Recipe, sides: Split, *, job_count: int) -> ModelBundle:
    """Fit the recipe on the development side."""
    return fit(
        recipe,
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        decision_policy=POLICY,
        job_count=job_count,
    )


def print_fairness(sides: Split, bundles: list[ModelBundle]) -> FairnessReport:
    """Print both models' acceptance ratios, the gate's verdict, the cost of leaving attributes out, and flip tests."""
    scored = [score_probability(bundle, sides.test) for bundle in bundles]
    reports = []
    for name, probability in zip(
        ("protected attributes out", "protected attributes in"), scored, strict=True
    ):
        report = timed(
            f"fairness, {name}",
            measure_fairness,
            sides.test,
            probability,
            schema=CREDIT_CARD,
            decision_policy=POLICY,
            seed=SEED,
        )
        reports.append(report)
        for group in (group for group in report.groups if group.is_single):
            figures = "  ".join(
                f"{label} {format_metric(getattr(group, figure))}"
                for label, figure in (
                    ("accepted", "accept_share"),
                    ("ratio", "acceptance_ratio"),
                    ("caught gap", "caught_gap"),
                    ("alarm gap", "false_alarm_gap"),
                    ("calibration", "calibration_gap"),
                    ("AUC", "roc_auc"),
                )
            )
            print(f"  {group.attribute:10s} {group.group:34s} {group.row_count:5d} rows  {figures}")
        for headline in report.headlines:
            lowest = headline.lowest_ratio
            if lowest is not None:
                print(
                    f"  lowest ratio by {headline.attribute:24s} {format_metric(lowest.acceptance_ratio)}  {lowest.group}"
                    f" (reference {headline.reference}; {headline.judged_count} groups judged,"
                    f" {headline.too_small_count} too small)"
                )
        verdict = judge_fairness(report)
        print(f"  gate: {verdict.level}")
        for reason in verdict.reasons:
            print(f"    {reason}")
    comparison = timed(
        "comparison",
        compare_fairness,
        sides.test,
        without_protected=scored[0],
        with_protected=scored[1],
        schema=CREDIT_CARD,
        decision_policy=POLICY,
        seed=SEED,
    )
    print(
        f"  AUC {comparison.roc_auc_without:.4f} without, {comparison.roc_auc_with:.4f} with:"
        f" leaving out costs {format_metric(comparison.roc_auc_cost, digits=4)}"
    )
    for change in comparison.changes:
        print(
            f"  {change.attribute:10s} {change.group:20s} ratio {change.ratio_without:.3f} -> {change.ratio_with:.3f}"
            f"  change {format_metric(change.change)}"
        )
    for bundle in bundles:
        for flip in timed("flips", measure_flip_sensitivity, bundle, sides.test, CREDIT_CARD):
            print(f"  flip {flip}")
    return reports[0]


def print_proxies(sides: Split, bundle: ModelBundle, *, job_count: int) -> None:
    """Print how well the inputs reveal each attribute."""
    attributes = choose_attributes(CREDIT_CARD, named=FairnessPolicy().attributes)
    found = timed(
        "proxies",
        measure_proxies,
        bundle,
        sides.development,
        schema=CREDIT_CARD,
        attributes=attributes,
        seed=SEED,
        job_count=job_count,
    )
    for proxy in found:
        inputs = ", ".join(f"{item.name} {item.share:.0%}" for item in proxy.strongest_inputs)
        print(
            f"  {proxy.attribute:10s} {proxy.group:16s} AUC {format_metric(proxy.roc_auc)}  {inputs}"
        )


def print_economics(sides: Split, bundle: ModelBundle, *, job_count: int) -> Economics:
    """Print costs, sensitivity and capacity; held-out probabilities come from five folds of the development side."""
    held_out = cross_validate(
        bundle.recipe,
        sides.development,
        schema=CREDIT_CARD,
        features=CREDIT_CARD_FEATURES,
        job_count=job_count,
    )
    development = LabelledScores(
        sides.development["defaulted"].to_numpy(), held_out.default_probability
    )
    judged = LabelledScores(
        sides.test["defaulted"].to_numpy(), score_probability(bundle, sides.test)
    )
    timed(
        "evaluation",
        evaluate,
        judged.defaulted,
        judged.default_probability,
        policy=POLICY,
        seed=SEED,
    )
    economics: Economics = timed(
        "economics", measure_economics, development, judged, decision_policy=POLICY, seed=SEED
    )
    rows = [("in force", economics.in_force), ("cheapest", economics.cheapest)]
    rows += [(f"{point.cost_ratio:g} : 1", point) for point in economics.sensitivity]
    rows += [
        (f"{item.capacity_share:.0%}, {item.capacity_count:,}", item.reached)
        for item in economics.capacity
    ]
    for name, point in rows:
        print(
            f"  {name:12s} threshold {point.threshold:.4f} declined {format_metric(point.declined_share)} caught"
            f" {point.caught_default_count:,} {format_metric(point.caught_share)} precision {format_metric(point.precision)}"
            f" cost {format_metric(point.cost_per_1000, digits=0)} (all {point.decline_all_cost:.0f},"
            f" nobody {point.decline_nobody_cost:.0f})"
        )
    print(
        f"  the cheapest on development rows saves {format_metric(economics.cheapest_saving, digits=1)} per 1,000"
    )
    return economics


def print_loss(sides: Split, bundle: ModelBundle) -> None:
    """Print the expected loss of the test side as a portfolio."""
    probability = score_probability(bundle, sides.test)
    losses = timed(
        "expected loss", measure_expected_loss, sides.test, probability, policy=LossPolicy()
    )
    accepted = losses.filter(pl.Series(probability < POLICY.threshold))
    limit = float(sides.test["credit_limit"].sum())
    print(
        f"  {losses.sum():,.0f} NT dollars of {limit:,.0f} granted; accepted clients {accepted.sum():,.0f}"
    )


def draw(report: FairnessReport, economics: Economics, folder: Path) -> None:
    """Write the charts as files."""
    from credit_default.views.figures.cost_figures import draw_capacity, draw_cost_sensitivity
    from credit_default.views.figures.fairness_figure import draw_fairness

    subtitle = f"{report.row_count:,} clients that the model never saw"
    folder.mkdir(parents=True, exist_ok=True)
    draw_fairness(report, lowest_ratio=0.8, subtitle=subtitle).savefig(folder / "fairness.png")
    draw_cost_sensitivity(economics, subtitle=subtitle).savefig(folder / "cost_sensitivity.png")
    draw_capacity(economics, subtitle=subtitle).savefig(folder / "capacity.png")


def timed(name: str, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Return the result of the call, after printing its wall-clock and processor time: other processes may be running."""
    start, worked = time.perf_counter(), time.process_time()
    result = act(*arguments, **named)
    print(
        f"{name}: {time.perf_counter() - start:.2f} s, {time.process_time() - worked:.2f} s of processor"
    )
    return result


def format_metric(metric: Metric | None, *, digits: int = 3) -> str:
    """Return the value and its interval as text."""
    if metric is None:
        return "-"
    return f"{metric.value:.{digits}f} [{metric.low:.{digits}f} {metric.high:.{digits}f}]"


if __name__ == "__main__":
    main()
