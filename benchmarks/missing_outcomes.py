"""Measure size and power of the test whether missing outcomes are missing at random by score.

Run `python benchmarks/missing_outcomes.py`; a table like the one in docs/adr/0022 is printed. A month
has the scores of a calibrated model, outcomes drawn from them, and an arrival pattern: `random` (the
null), `payers late` (all defaults and a share of the payers are known), `defaults late` (the reverse),
and `risk` (riskier clients report first, by score alone).

"rejected" is the share of months whose test has p below the policy's limit, "left out" the share that
the gate leaves out, since the bias is large as well. "bias" is the mean true relative error of the known
default share, "estimated" the mean of its estimate.
"""

import argparse
from math import sqrt

import numpy as np

from credit_default.gates.completeness import CoveragePolicy, OutcomeCounts, judge_completeness
from credit_default.model.months.missing_outcomes import measure_missing_outcomes

_USUAL_LEVEL = 0.05
PATTERNS = ("random", "payers late", "defaults late", "risk")


def draw_month(
    generator: np.random.Generator, *, row_count: int, known_share: float, pattern: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores (0-1), true outcomes (0/1) and which are known, one element a client."""
    score = 1 / (1 + np.exp(-generator.normal(-1.55, 1.15, row_count)))
    outcome = (generator.random(row_count) < score).astype(np.int64)
    missing = 1 - known_share
    if pattern == "random":
        lost = np.full(row_count, missing)
    elif pattern == "risk":
        lost = np.clip(missing * (1 - score) / (1 - score).mean() * (1.5 - score) / 1.25, 0, 1)
    else:
        late = outcome == (0 if pattern == "payers late" else 1)
        lost = np.where(late, min(1.0, missing / late.mean()), 0.0)
    return score, outcome, generator.random(row_count) >= lost


def measure_rates(
    *, row_count: int, known_share: float, pattern: str, repetitions: int, seed: int
) -> dict[str, float]:
    """Return the shares of months rejected at 5 %, rejected at the policy's limit, and left out, and the mean biases."""
    generator, policy = np.random.default_rng(seed), CoveragePolicy()
    found = []
    for _ in range(repetitions):
        score, outcome, known = draw_month(
            generator, row_count=row_count, known_share=known_share, pattern=pattern
        )
        measured = measure_missing_outcomes(score, np.where(known, outcome, -1))
        if measured is None:
            continue
        counts = OutcomeCounts(row_count, int(known.sum()), is_due=True)
        judged = judge_completeness(counts, missing=measured, policy=policy)
        enough = counts.known_share >= policy.lowest_share
        found.append(
            (
                measured.p_value < _USUAL_LEVEL,
                measured.p_value < policy.missing_p_value,
                enough and judged.state != "complete",
                1 - outcome.mean() / outcome[known].mean() if outcome[known].any() else np.nan,
                measured.relative_bias or 0.0,
            )
        )
    names = ("at 5 %", "rejected", "left out", "bias", "estimated")
    return dict(zip(names, np.nanmean(found, axis=0), strict=True))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Size and power of the test of missing outcomes.")
    parser.add_argument("--repetitions", type=int, default=2_000)
    parser.add_argument("--rows", type=int, nargs="+", default=[500, 2_000, 6_000])
    parser.add_argument("--known", type=float, nargs="+", default=[0.61, 0.85, 0.95])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    error = 100 * sqrt(_USUAL_LEVEL * (1 - _USUAL_LEVEL) / given.repetitions)
    print(f"{given.repetitions:,} months a line; Monte Carlo error of 5 %: {error:.1f} points")
    print(
        f"{'arrival':14} {'rows':>6} {'known':>6} {'p < .05':>8} {'p < limit':>10} {'left out':>9} {'bias':>7} {'estimated':>10}"
    )
    for pattern in PATTERNS:
        for rows in given.rows:
            for known in given.known:
                rates = measure_rates(
                    row_count=rows,
                    known_share=known,
                    pattern=pattern,
                    repetitions=given.repetitions,
                    seed=given.seed,
                )
                print(
                    f"{pattern:14} {rows:>6,} {known:>6.0%} {rates['at 5 %']:>8.1%} {rates['rejected']:>10.1%} {rates['left out']:>9.1%} {rates['bias']:>+7.1%} {rates['estimated']:>+10.1%}"
                )


if __name__ == "__main__":
    main()
