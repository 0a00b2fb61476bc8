"""What a validation test gives: its figures, what they are judged against, and a light.

Tests measure and return findings; `battery` adds to each what its test stands for and makes the
result of it, so that no result lacks its null hypothesis, source, policy or digest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Light = Literal["green", "amber", "red", "not judged", "for information"]
Chapter = Literal[
    "discrimination",
    "calibration",
    "stability",
    "data quality",
    "representativeness",
    "variables",
    "overrides",
    "fairness",
    "benchmark",
    "robustness",
    "back-testing",
]

CHAPTERS: Final[tuple[Chapter, ...]] = (
    "discrimination",
    "calibration",
    "stability",
    "data quality",
    "representativeness",
    "variables",
    "overrides",
    "fairness",
    "benchmark",
    "robustness",
    "back-testing",
)
LIGHTS: Final[tuple[Light, ...]] = ("red", "amber", "green", "for information", "not judged")
WHOLE_SAMPLE: Final = "whole sample"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one test found about one subject.

    Attributes:
        light: The judgement.
        reason: One sentence in plain words: what was found, or why it was not judged.
        statistic: The value of the statistic; None where there is none.
        p_value: Of the null hypothesis, 0-1, before any correction for many subjects.
        subject: What it is about: the whole sample, or a band, segment, month or variable.
        figures: The figures behind the statistic by name.
    """

    light: Light
    reason: str
    statistic: float | None = None
    p_value: float | None = None
    subject: str = WHOLE_SAMPLE
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """One test's finding about one subject, with everything that a reader needs to check it.

    Attributes:
        test_id: Chapter and name of the test, as in `calibration.spiegelhalter`.
        chapter: One of `CHAPTERS`.
        title: The test's name in words.
        subject: What it is about: the whole sample, or a band, segment, month or variable.
        statistic: The value of the statistic; None where the test was not judged or has none.
        statistic_name: What the statistic is.
        p_value: Of the null hypothesis, 0-1; None where there is none. Where a test has several
            subjects it is this subject's own, and `figures["adjusted_p_value"]` is Holm's, by
            which the light is chosen.
        null_hypothesis: What a small p-value speaks against, in words.
        source: Where the test's formula is from.
        light: `green`, `amber` or `red` by the policy; `for information` where an official form
            stands beside ours without a judgement; `not judged` where there was too little.
        reason: One sentence in plain words: what was found, or why it was not judged.
        policy_id: Digest of the policy that chose the light.
        input_digest: Digest of the input, as the caller gave it.
        figures: The figures behind the statistic by name.
    """

    test_id: str
    chapter: Chapter
    title: str
    subject: str
    statistic: float | None
    statistic_name: str
    p_value: float | None
    null_hypothesis: str
    source: str
    light: Light
    reason: str
    policy_id: str
    input_digest: str
    figures: Mapping[str, float] = field(default_factory=dict)
