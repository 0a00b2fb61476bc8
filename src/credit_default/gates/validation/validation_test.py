"""A test of the battery as a value: what it stands for, what it needs and how it measures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from credit_default.gates.validation.given_figures import GivenFigures
from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.result import Chapter, Finding
from credit_default.gates.validation.sample import ScoredSample

Need = Literal[
    "outcomes",
    "months",
    "clients",
    "bands",
    "segments",
    "variables",
    "benchmark",
    "reference",
    "reference outcomes",
    "reference bands",
]


@dataclass(frozen=True, slots=True)
class ValidationInput:
    """All that a test may look at.

    Attributes:
        sample: The rows to be judged.
        reference: The development sample that they are compared with.
        given: Figures measured elsewhere.
        policy: The battery's numbers.
    """

    sample: ScoredSample
    reference: ScoredSample | None = None
    given: GivenFigures = field(default_factory=GivenFigures)
    policy: ValidationPolicy = field(default_factory=ValidationPolicy)


@dataclass(frozen=True, slots=True)
class ValidationTest:
    """A test: `measure` is called where everything that it needs is there.

    Attributes:
        test_id: Chapter and name.
        chapter: One of `CHAPTERS`.
        title: The test's name in words.
        statistic_name: What its statistic is.
        null_hypothesis: In words.
        source: Where the formula is from.
        measure: Returns at least one finding.
        needs: What must be there, beside enough rows.
    """

    test_id: str
    chapter: Chapter
    title: str
    statistic_name: str
    null_hypothesis: str
    source: str
    measure: Callable[[ValidationInput], Sequence[Finding]]
    needs: tuple[Need, ...] = ()
