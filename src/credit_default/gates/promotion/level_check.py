"""Check the level of the probabilities: how many defaults they expect against how many there were.

Ranking and the calibration slope do not see a model that expects too many or too few defaults. The
level is judged as a whole and in every slice. As with the slope, the change is judged where there
is a champion: no challenger is refused for a level that the champion has too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.gates.promotion.slice_sums import select_by_holm, sum_slices
from credit_default.model.evaluation.level import measure_level, measure_level_p_value
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

WHOLE: Final = "all rows"
_SHOWN_COUNT: Final = 3


@dataclass(frozen=True, slots=True, eq=False)
class ScoredRows:
    """Outcomes (0 or 1) and one model's probabilities (0-1) of the same rows, in one order.

    `groups` divide the same rows into slices, each by one label for every row.
    """

    defaulted: Any
    probability: Any
    groups: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SliceLevel:
    """Expected and observed defaults of one slice or of all rows, and the champion's expectation.

    The champion's is None where there is no champion.
    """

    name: str
    row_count: int
    default_count: int
    expected_count: float
    variance: float  # of the default count if the probabilities are right
    champion_count: float | None

    @property
    def ratio(self) -> float:
        """Return expected over observed defaults: above 1 too many are expected."""
        return self.expected_count / self.default_count

    @property
    def p_value(self) -> float:
        """Return the probability (0-1) of a count so far off if the probabilities were right."""
        return measure_level_p_value(
            self.expected_count, self.default_count, variance=self.variance
        )

    def is_further_than_champion(self, margin: float) -> bool:
        """Return whether the champion's level is closer, by more than the margin as a share."""
        if self.champion_count is None:
            return True
        champion = _measure_distance(self.champion_count / self.default_count)
        return _measure_distance(self.ratio) > champion + math.log1p(margin)


def check_level(
    scores: PairedScores, *, policy: PromotionPolicy, rows_label: str = "", figure_prefix: str = ""
) -> Check:
    """Check the challenger's level on all rows and in every slice that is large enough.

    Args:
        scores: Both models' probabilities.
        policy: The gate's numbers.
        rows_label: Which rows these are, where they are not those of the comparison.
        figure_prefix: Before the names of the figures.

    Returns:
        A fault where the level is off by more than `largest_level_error`, beyond binomial noise,
        and further off than the champion's by more than `level_margin`.
    """
    scored = ScoredRows(scores.defaulted, scores.challenger, scores.groups)
    levels = list(measure_slice_levels(scored, champion=scores.champion, policy=policy))
    return _build_check(
        levels,
        scored,
        policy=policy,
        setting="largest_level_error",
        rows_label=rows_label,
        figure_prefix=figure_prefix,
    )


def check_test_level(test: PairedScores, policy: PromotionPolicy, *, rows_label: str) -> Check:
    """Return a fault where the test side contradicts the level, with the confidence that takes."""
    surer = replace(policy, objection_confidence=policy.confidence)
    return check_level(test, policy=surer, rows_label=rows_label, figure_prefix="test_")


def check_first_level(scored: ScoredRows, *, policy: PromotionPolicy) -> Check:
    """Check a first model's level on all rows and in every slice that is large enough.

    Returns:
        A fault where the level is off by more than `largest_first_level_error`, beyond binomial
        noise.
    """
    levels = list(measure_slice_levels(scored, policy=policy))
    return _build_check(levels, scored, policy=policy, setting="largest_first_level_error")


def measure_slice_levels(
    scored: ScoredRows, *, policy: PromotionPolicy, champion: Any = None
) -> Iterator[SliceLevel]:
    """Yield the level of all rows, then of every slice with enough rows of both outcomes."""
    defaulted = np.asarray(scored.defaulted, dtype=np.int64)
    probability = np.asarray(scored.probability, dtype=np.float64)
    columns = [probability, probability * (1 - probability)]
    if champion is not None:
        columns.append(np.asarray(champion, dtype=np.float64))
    terms = np.column_stack(columns)
    yield _build_level(WHOLE, len(defaulted), int(defaulted.sum()), terms.sum(axis=0))
    for part in sum_slices(scored.groups, defaulted=defaulted, terms=terms, policy=policy):
        yield _build_level(part.name, part.row_count, part.default_count, part.sums)


def select_wrong_levels(
    levels: Sequence[SliceLevel], *, policy: PromotionPolicy, largest: float
) -> list[SliceLevel]:
    """Return the levels that are a fault, all rows first.

    The probability of any false one is shared out: half of it is for all rows, half for the slices
    together, by Holm's correction.
    """
    whole, *slices = levels
    half = (1 - policy.objection_confidence) / 2
    surprising = [whole] if whole.p_value <= half else []
    places = select_by_holm([part.p_value for part in slices], level=half)
    surprising += [slices[place] for place in places]
    return [
        part
        for part in surprising
        if _measure_distance(part.ratio) > math.log1p(largest)
        and part.is_further_than_champion(policy.level_margin)
    ]


def _build_level(name: str, row_count: int, default_count: int, sums: FloatArray) -> SliceLevel:
    expected, variance, *champion = map(float, sums)
    return SliceLevel(
        name, row_count, default_count, expected, variance, champion[0] if champion else None
    )


def _build_check(
    levels: Sequence[SliceLevel],
    scored: ScoredRows,
    *,
    policy: PromotionPolicy,
    setting: str,
    rows_label: str = "",
    figure_prefix: str = "",
) -> Check:
    whole, largest = levels[0], getattr(policy, setting)
    wrong = select_wrong_levels(levels, policy=policy, largest=largest)
    defaulted: IntArray = np.asarray(scored.defaulted, dtype=np.int64)
    interval = measure_level(
        int(defaulted.sum()),
        np.asarray(scored.probability, dtype=np.float64),
        confidence=policy.objection_confidence,
    )
    where = f" {rows_label}" if rows_label else ""
    summary = (
        f"level{where}: expects {whole.expected_count:,.0f} defaults where {whole.default_count:,} "
        f"came, {interval.ratio:.2f} ({interval.low:.2f} to {interval.high:.2f})"
        f"{_describe_champion(whole)}{_describe_slices(levels, wrong, largest)}"
    )
    limit = f"at most {largest:.0%} is acceptable (promotion.{setting})"
    fault = f"it expects {_describe_error(wrong[0])}{where}, {limit}" if wrong else ""
    return Check(
        summary,
        fault=fault,
        figures={
            f"{figure_prefix}expected_over_observed": interval.ratio,
            f"{figure_prefix}expected_over_observed_low": interval.low,
            f"{figure_prefix}expected_over_observed_high": interval.high,
        },
    )


def _describe_error(level: SliceLevel) -> str:
    side = "many" if level.ratio > 1 else "few"
    place = "" if level.name == WHOLE else f" for {level.name}"
    return f"{abs(level.ratio - 1):.0%} too {side} defaults{place}"


def _describe_champion(whole: SliceLevel) -> str:
    if whole.champion_count is None:
        return ""
    return f", the champion's {whole.champion_count / whole.default_count:.2f}"


def _describe_slices(
    levels: Sequence[SliceLevel], wrong: Sequence[SliceLevel], largest: float
) -> str:
    if wrong:
        shown = ", ".join(_describe_error(level) for level in wrong[:_SHOWN_COUNT])
        rest = len(wrong) - _SHOWN_COUNT
        return f"; off beyond noise: {shown}{f' and {rest} more' if rest > 0 else ''}"
    slices = f" nor in any of {len(levels) - 1} slices" if len(levels) > 1 else ""
    return f"; not off by more than {largest:.0%} beyond noise{slices}"


def _measure_distance(ratio: float) -> float:
    """Return the distance from 1 as the log of a factor: half is as far as twice."""
    return abs(math.log(ratio)) if ratio > 0 else math.inf
