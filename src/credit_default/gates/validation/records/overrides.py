"""How often are decisions changed by hand, in which direction, and did it turn out well?"""

from typing import Final

import numpy as np
from scipy.stats import binomtest

from credit_default.gates.validation.calibration.default_counts import measure_binomial_p_value
from credit_default.gates.validation.given_figures import OverrideCounts
from credit_default.gates.validation.judgement import (
    Measured,
    judge_p_value,
    leave_unjudged,
    show_official,
)
from credit_default.gates.validation.result import Finding
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import ValidationInput, ValidationTest

_NONE: Final = "no decisions beside those of the score"


def count_overrides(sample: ScoredSample) -> OverrideCounts | None:
    """Return the sample's overrides; None where it has no decisions."""
    if sample.declined is None or sample.final_declined is None:
        return None
    approved = sample.declined & ~sample.final_declined
    outcomes = sample.outcomes if sample.defaulted is not None else np.full(len(approved), np.nan)
    known = approved & ~np.isnan(outcomes)
    return OverrideCounts(
        decision_count=sample.row_count,
        approved_count=int(approved.sum()),
        declined_count=int((~sample.declined & sample.final_declined).sum()),
        known_count=int(known.sum()),
        default_count=int(outcomes[known].sum()),
        expected_default_count=float(sample.default_probability[known].sum()),
    )


def _find_counts(inputs: ValidationInput) -> OverrideCounts | None:
    counts = inputs.given.overrides or count_overrides(inputs.sample)
    return counts if counts and counts.decision_count else None


def _judge_rate(inputs: ValidationInput) -> tuple[Finding, ...]:
    counts, limit = _find_counts(inputs), inputs.policy.highest_override_share
    if counts is None:
        return (leave_unjudged(_NONE),)
    changed = counts.approved_count + counts.declined_count
    share = changed / counts.decision_count
    p_value = measure_binomial_p_value(counts.decision_count, changed, limit, mid=True)
    words = f"{changed:,} of {counts.decision_count:,} decisions were changed by hand ({share:.1%})"
    return (
        judge_p_value(Measured(share, p_value, words, figures={"limit": limit}), inputs.policy),
    )


def _show_direction(inputs: ValidationInput) -> tuple[Finding, ...]:
    counts = _find_counts(inputs)
    if counts is None:
        return (leave_unjudged(_NONE),)
    changed = counts.approved_count + counts.declined_count
    if not changed:
        return (leave_unjudged("no decision was changed by hand"),)
    share = counts.approved_count / changed
    p_value = float(binomtest(counts.approved_count, changed).pvalue)
    words = f"{counts.approved_count:,} of {changed:,} changes approve a client"
    return (show_official(Measured(share, p_value, words)),)


def _judge_outcomes(inputs: ValidationInput) -> tuple[Finding, ...]:
    counts = _find_counts(inputs)
    if counts is None:
        return (leave_unjudged(_NONE),)
    if counts.known_count < inputs.policy.fewest_band_rows:
        return (leave_unjudged(f"{counts.known_count} clients approved by hand have an outcome"),)
    defaults, expected = counts.default_count, counts.expected_default_count
    mean = expected / counts.known_count
    p_value = measure_binomial_p_value(counts.known_count, defaults, mean, mid=True)
    words = f"{defaults:,} of {counts.known_count:,} clients approved by hand defaulted where {expected:.1f} were expected"
    return (
        judge_p_value(
            Measured(defaults / expected if expected else 0.0, p_value, words), inputs.policy
        ),
    )


TESTS: Final = (
    ValidationTest(
        "overrides.rate",
        "overrides",
        "Share of decisions changed by hand",
        "share",
        "No more decisions are changed by hand than the policy's limit.",
        "binomial, mid-p by Lancaster 1961",
        _judge_rate,
    ),
    ValidationTest(
        "overrides.direction",
        "overrides",
        "Direction of the changes",
        "share that approves",
        "As many changes approve as decline.",
        "scipy.stats.binomtest",
        _show_direction,
    ),
    ValidationTest(
        "overrides.outcomes",
        "overrides",
        "Outcomes of clients approved by hand",
        "observed over expected defaults",
        "Clients approved by hand default no more often than their score says.",
        "binomial with the mean probability, mid-p by Lancaster 1961",
        _judge_outcomes,
    ),
)
