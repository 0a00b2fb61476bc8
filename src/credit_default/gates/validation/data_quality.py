"""Is the sample what it is taken for: complete, each row once, within the ranges of development?"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, mannwhitneyu

from credit_default.gates.validation.judgement import (
    Measured,
    judge_family,
    judge_limit,
    leave_unjudged,
    measure_both_tails,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest


def _judge_missing(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for name, values in inputs.now.variables.items():
        then = inputs.then.variables.get(name)
        if then is None:
            continue
        now, before = float(np.isnan(values).mean()), float(np.isnan(then).mean())
        n, m = len(values), len(then)
        pooled = (now * n + before * m) / (n + m)
        error = np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        z = float((now - before) / error) if error else 0.0
        words = f"{now:.2%} of values are missing, in development {before:.2%}"
        shares = {"missing_share": now, "development_missing_share": before}
        family.append(Measured(z, measure_both_tails(z), words, name, shares))
    if not family:
        return (leave_unjudged("no variable is in the sample and in development"),)
    return judge_family(family, inputs.policy)


def _judge_ranges(inputs: ValidationInput) -> tuple[Finding, ...]:
    family = []
    for name, values in inputs.now.variables.items():
        then = inputs.then.variables.get(name)
        if then is None or np.isnan(then).all() or np.isnan(values).all():
            continue
        now, before = values[~np.isnan(values)], then[~np.isnan(then)]
        outside = int(((now < before.min()) | (now > before.max())).sum())
        family.append(_measure_outside(name, outside, len(now), len(before)))
    if not family:
        return (leave_unjudged("no variable is in the sample and in development"),)
    return judge_family(family, inputs.policy)


def _measure_outside(name: str, outside: int, count: int, reference_count: int) -> Measured:
    # Of rows drawn alike, the share beyond the development's range follows Beta(2, m - 1).
    p_value = float(betabinom.sf(outside - 1, count, 2, max(1, reference_count - 1)))
    share = outside / count
    words = f"{outside:,} of {count:,} values lie outside the range of development"
    return Measured(share, p_value, words, name, {"outside_share": share})


def _judge_duplicates(inputs: ValidationInput) -> tuple[Finding, ...]:
    assert inputs.sample.client_id is not None
    keys: list[NDArray[Any]] = [inputs.sample.client_id.astype(str)]
    if inputs.sample.month is not None:
        keys.append(inputs.sample.month)
    _, counts = np.unique(np.rec.fromarrays(keys), return_counts=True)
    repeated = int((counts - 1).sum())
    share = repeated / inputs.sample.row_count
    return (
        judge_limit(
            share,
            amber=0.0,
            red=inputs.policy.highest_duplicate_share,
            words=f"{repeated:,} rows repeat a client and month that were there before",
        ),
    )


def _judge_completeness(inputs: ValidationInput) -> tuple[Finding, ...]:
    sample, least = inputs.sample, inputs.policy.least_completeness
    if sample.defaulted is None:
        return (leave_unjudged("no outcomes in the sample"),)
    known = ~np.isnan(sample.defaulted)
    months = np.array(["whole sample"]) if sample.month is None else np.unique(sample.month)
    findings = []
    for month in months:
        rows = known if sample.month is None else known[sample.month == month]
        share = float(rows.mean())
        words = f"{int(rows.sum()):,} of {len(rows):,} outcomes are known ({share:.1%})"
        findings.append(
            judge_limit(share, amber=least, red=2 * least - 1, words=words, subject=str(month))
        )
    return tuple(findings)


def _judge_missing_outcomes(inputs: ValidationInput) -> tuple[Finding, ...]:
    sample, fewest = inputs.sample, inputs.policy.fewest_band_rows
    if sample.defaulted is None:
        return (leave_unjudged("no outcomes in the sample"),)
    known = ~np.isnan(sample.defaulted)
    month = np.full(sample.row_count, "whole sample") if sample.month is None else sample.month
    family = []
    for label in np.unique(month):
        rows = month == label
        here = sample.default_probability[rows & known]
        lacking = sample.default_probability[rows & ~known]
        if min(len(here), len(lacking)) >= fewest:
            found = mannwhitneyu(here, lacking, method="asymptotic")
            words = f"mean score {lacking.mean():.4f} of {len(lacking):,} rows without outcome, {here.mean():.4f} of the others"
            share = float(found.statistic) / (len(here) * len(lacking))
            family.append(Measured(share, float(found.pvalue), words, str(label)))
    if not family:
        return (leave_unjudged(f"no month lacks {fewest} outcomes and has {fewest}"),)
    return judge_family(family, inputs.policy)


def _show_ties(inputs: ValidationInput) -> tuple[Finding, ...]:
    values, counts = np.unique(inputs.sample.default_probability, return_counts=True)
    share = float(counts.max() / counts.sum()) if len(counts) else 0.0
    words = f"{len(values):,} different scores; the most frequent one has {share:.1%} of the rows"
    return (Finding("for information", words, share),)


TESTS: Final = (
    ValidationTest(
        "data_quality.missing_values",
        "data quality",
        "Missing values against development",
        "z, pooled",
        "As large a share of the variable is missing as in development.",
        "two proportions, pooled; Holm over the variables",
        _judge_missing,
        ("variables", "reference"),
    ),
    ValidationTest(
        "data_quality.ranges",
        "data quality",
        "Values outside the range of development",
        "share of the values",
        "Values lie outside the development's range no more often than rows of the same source do.",
        "Wilks 1942, Annals of Mathematical Statistics 13, 400-409; Holm over the variables",
        _judge_ranges,
        ("variables", "reference"),
    ),
    ValidationTest(
        "data_quality.duplicates",
        "data quality",
        "Repeated rows",
        "share of the rows",
        "None: a limit of the policy.",
        "policy",
        _judge_duplicates,
        ("clients",),
    ),
    ValidationTest(
        "data_quality.outcome_completeness",
        "data quality",
        "Completeness of the outcomes",
        "share of the outcomes that are known",
        "None: a limit of the policy.",
        "policy",
        _judge_completeness,
    ),
    ValidationTest(
        "data_quality.outcomes_missing_at_random",
        "data quality",
        "Outcomes missing at random",
        "chance that a row with an outcome has the higher score",
        "Rows with and without an outcome have the same scores.",
        "Mann and Whitney 1947; scipy.stats.mannwhitneyu; Holm over the months",
        _judge_missing_outcomes,
    ),
    ValidationTest(
        "data_quality.equal_scores",
        "data quality",
        "Equal scores",
        "share of the most frequent score",
        "None: a description.",
        "count",
        _show_ties,
    ),
)
