"""Judge all results of the battery together.

Of forty tests at a level of 1 % some are red of a right model too. So the whole is an alarm only where a red result remains
after Holm's correction (1979, "A simple sequentially rejective multiple test procedure") over all tests with a p-value, or
where a limit without an error rate is broken; the chance of a false alarm from p-values is then at most the amber level.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import WHOLE_SAMPLE, ValidationResult
from credit_default.gates.verdict import Level, Verdict

GATE: Final = "validation"
_JUDGED: Final = ("red", "amber", "green")
_ESSENTIAL: Final = ("discrimination", "calibration")  # without these nothing is said of the model
_SHOWN_COUNT: Final = 12


def judge_results(results: Sequence[ValidationResult], *, policy: ValidationPolicy) -> Verdict:
    """Return the verdict on the battery: `alarm`, `watch`, `ok`, or `not judged` where no test could be.

    Args:
        results: Every result.
        policy: The policy that they were judged by; its amber level bounds the chance of a false alarm.
    """
    judged = [result for result in results if result.light in _JUDGED]
    if not any(result.chapter in _ESSENTIAL or result.light != "green" for result in judged):
        return _build_unjudged_verdict(results)
    adjusted = _adjust_by_holm(judged, policy=policy)
    red = [result for result in judged if result.light == "red"]
    amber = [result for result in judged if result.light == "amber"]
    lasting = [r for r in red if adjusted.get(r.test_id, 0.0) <= policy.amber_level]
    level: Level = "alarm" if lasting else "watch" if red or amber else "ok"
    summary = (
        f"{len(judged)} result{'s' * (len(judged) != 1)} judged: {len(red)} red, {len(amber)} amber,"
        f" {len(judged) - len(red) - len(amber)} green{_describe_chance(len(adjusted), policy)}"
    )
    shown = [_describe_result(result) for result in (*red, *amber)]
    more = [f"… and {len(shown) - _SHOWN_COUNT} more"] if len(shown) > _SHOWN_COUNT else []
    figures = {
        "red_count": float(len(red)),
        "lasting_red_count": float(len(lasting)),
        "amber_count": float(len(amber)),
        "judged_count": float(len(judged)),
    }
    return Verdict(GATE, level, (summary, *shown[:_SHOWN_COUNT], *more), figures)


def _describe_chance(tested_count: int, policy: ValidationPolicy) -> str:
    """Return how many of the tests with a p-value to expect amber or red; nothing where there is none."""
    if not tested_count:
        return ""
    return (
        f"; of {tested_count} tests with a p-value, chance alone turns about"
        f" {tested_count * policy.amber_level:.1f} amber or red in a right model"
    )


def _build_unjudged_verdict(results: Sequence[ValidationResult]) -> Verdict:
    essential = [result.reason for result in results if result.chapter in _ESSENTIAL]
    reasons = dict.fromkeys(essential or [result.reason for result in results])
    first = "neither the ranking nor the calibration could be judged"
    return Verdict(GATE, "not judged", (first, *reasons)[:_SHOWN_COUNT])


def _adjust_by_holm(
    results: Sequence[ValidationResult], *, policy: ValidationPolicy
) -> Mapping[str, float]:
    """Return each test's p-value adjusted for all tests; of a test with several subjects the smallest counts.

    A test whose null hypothesis a good model rejects (that it ranks no better than chance) is not among them: of it a
    small p-value is green.
    """
    smallest: dict[str, float] = {}
    for result in results:
        if result.p_value is None:
            continue
        own = float(result.figures.get("adjusted_p_value", result.p_value))
        if (own < policy.amber_level) == (result.light in {"red", "amber"}):
            smallest[result.test_id] = min(own, smallest.get(result.test_id, 1.0))
    adjusted, highest = {}, 0.0
    for place, (test_id, value) in enumerate(sorted(smallest.items(), key=lambda item: item[1])):
        highest = max(highest, min(1.0, (len(smallest) - place) * value))
        adjusted[test_id] = highest
    return adjusted


def _describe_result(result: ValidationResult) -> str:
    subject = "" if result.subject == WHOLE_SAMPLE else f", {result.subject}"
    return f"{result.light}: {result.title}{subject}: {result.reason}"
