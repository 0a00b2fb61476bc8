"""From a p-value, a limit or a family of p-values to a finding with its light."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from scipy.stats import norm

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import WHOLE_SAMPLE, Finding, Light

_LEAST_SHOWN: Final = 0.0005


@dataclass(frozen=True, slots=True)
class Measured:
    """A statistic and its p-value before they are judged.

    Attributes:
        statistic: The value of the statistic.
        p_value: Of the null hypothesis, 0-1.
        words: What was found, as the beginning of a sentence.
        subject: What it is about.
        figures: The figures behind it by name.
        psi: Of a change of shares, its PSI; below the policy's least one it is too small to matter,
            however significant it is. None where nothing but the p-value decides.
    """

    statistic: float
    p_value: float
    words: str
    subject: str = WHOLE_SAMPLE
    figures: Mapping[str, float] = field(default_factory=dict)
    psi: float | None = None

    def find_light(self, p_value: float, policy: ValidationPolicy) -> Light:
        """Return the light of this p-value, such as the one adjusted for the number of subjects."""
        return "green" if self.is_too_small(policy) else light_up(p_value, policy)

    def is_too_small(self, policy: ValidationPolicy) -> bool:
        """Return whether the change is below the least PSI that matters."""
        return self.psi is not None and self.psi < policy.least_psi


def leave_unjudged(reason: str, *, subject: str = WHOLE_SAMPLE) -> Finding:
    """Return a finding that is not judged, with its reason."""
    return Finding("not judged", reason, subject=subject)


def judge_p_value(measured: Measured, policy: ValidationPolicy) -> Finding:
    """Return a finding whose light is worse the smaller the p-value."""
    finding = _build_finding(measured, measured.find_light(measured.p_value, policy))
    return replace(finding, reason=finding.reason + _describe_size(measured, policy))


def judge_wanted_rejection(measured: Measured, policy: ValidationPolicy) -> Finding:
    """Return a finding that is green where the null hypothesis is rejected, as a good model's is."""
    p_value = measured.p_value
    light: Light = "red"
    if p_value < policy.amber_level:
        light = "green" if p_value < policy.red_level else "amber"
    return _build_finding(measured, light)


def show_official(measured: Measured) -> Finding:
    """Return a finding without a judgement: an official form beside ours."""
    return _build_finding(measured, "for information")


def judge_family(family: Sequence[Measured], policy: ValidationPolicy) -> tuple[Finding, ...]:
    """Return one finding for each subject, judged together.

    Lights follow Holm's adjusted p-values (Holm 1979, Scandinavian Journal of Statistics 6, 65-70):
    that any subject of a right model is amber has the chance of the amber level, however many
    subjects there are.
    """
    if not family:
        return (leave_unjudged(f"no part has {policy.fewest_band_rows} rows"),)
    adjusted = adjust_by_holm([measured.p_value for measured in family])
    return tuple(
        Finding(
            light=measured.find_light(p_value, policy),
            reason=f"{measured.words}; {_describe_p_value(measured.p_value)}"
            f"{_describe_adjusted(p_value, len(family))}{_describe_size(measured, policy)}",
            statistic=measured.statistic,
            p_value=measured.p_value,
            subject=measured.subject,
            figures={**measured.figures, "adjusted_p_value": p_value},
        )
        for measured, p_value in zip(family, adjusted, strict=True)
    )


def judge_limit(
    value: float, *, amber: float, red: float, words: str, subject: str = WHOLE_SAMPLE
) -> Finding:
    """Return a finding that is amber beyond one limit and red beyond the other.

    Args:
        value: The statistic.
        amber: The first limit.
        red: The second; above `amber` where large values are bad, else below.
        words: What was found.
        subject: What it is about.
    """
    sign = 1 if red >= amber else -1
    light: Light = "green"
    if sign * value > sign * amber:
        light = "red" if sign * value > sign * red else "amber"
    figures = {"amber_limit": amber, "red_limit": red}
    return Finding(light, words, statistic=value, subject=subject, figures=figures)


def light_up(p_value: float, policy: ValidationPolicy) -> Light:
    """Return the light of a p-value."""
    if p_value < policy.red_level:
        return "red"
    return "amber" if p_value < policy.amber_level else "green"


def adjust_by_holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order given."""
    count, order = len(p_values), np.argsort(p_values, kind="stable")
    factors = np.arange(count, 0, -1)
    rising = np.maximum.accumulate(np.minimum(1.0, factors * np.asarray(p_values)[order]))
    adjusted = np.empty(count)
    adjusted[order] = rising
    return [float(p_value) for p_value in adjusted]


def measure_upper_tail(z: float) -> float:
    """Return the chance that a standard normal variable exceeds z."""
    return float(norm.sf(z))


def measure_both_tails(z: float) -> float:
    """Return the chance that a standard normal variable is further from 0 than z."""
    return float(2 * norm.sf(abs(z)))


def _build_finding(measured: Measured, light: Light) -> Finding:
    return Finding(
        light=light,
        reason=f"{measured.words}; {_describe_p_value(measured.p_value)}",
        statistic=measured.statistic,
        p_value=measured.p_value,
        subject=measured.subject,
        figures=measured.figures,
    )


def _describe_p_value(p_value: float) -> str:
    return "p < 0.001" if p_value < _LEAST_SHOWN else f"p = {p_value:.3f}"


def _describe_adjusted(p_value: float, count: int) -> str:
    return f", corrected for {count} {_describe_p_value(p_value)}" if count > 1 else ""


def _describe_size(measured: Measured, policy: ValidationPolicy) -> str:
    if not measured.is_too_small(policy):
        return ""
    return f"; a PSI below {policy.least_psi:g} is too small to matter"
