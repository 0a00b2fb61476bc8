"""A test of the battery as a value: what it stands for, what it needs and how it measures."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

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


@dataclass(frozen=True, slots=True, eq=False)
class ValidationInput:
    """All that a test may look at.

    Attributes:
        sample: The rows to be judged.
        known: Those of them whose outcome is known.
        reference: The development sample that they are compared with; empty if there is none.
        known_reference: The rows of it whose outcome is known.
        now: The newest row of each client of the sample, for comparisons with development.
        known_now: The newest row of each client whose outcome is known.
        then: The newest row of each client of the development sample.
        known_then: The newest row of each client of it whose outcome is known.
        given: Figures measured elsewhere.
        policy: The battery's numbers.
    """

    sample: ScoredSample
    known: ScoredSample
    reference: ScoredSample
    known_reference: ScoredSample
    now: ScoredSample
    known_now: ScoredSample
    then: ScoredSample
    known_then: ScoredSample
    given: GivenFigures
    policy: ValidationPolicy


@dataclass(frozen=True, slots=True)
class ValidationTest:
    """A test: `measure` is called where everything that it needs is there.

    Attributes:
        test_id: Chapter and name.
        chapter: One of `CHAPTERS`.
        title: The test's name in words.
        statistic_name: What its statistic is.
        null_hypothesis: What a small p-value speaks against, in words.
        source: Where the formula is from.
        measure: Returns at least one finding.
        needs: What must be there.
    """

    test_id: str
    chapter: Chapter
    title: str
    statistic_name: str
    null_hypothesis: str
    source: str
    measure: Callable[[ValidationInput], Sequence[Finding]]
    needs: tuple[Need, ...] = ()


def build_input(
    sample: ScoredSample,
    reference: ScoredSample | None,
    *,
    policy: ValidationPolicy,
    given: GivenFigures | None = None,
) -> ValidationInput:
    """Return the input of a battery's tests, the rows with a known outcome picked once."""
    development = reference or ScoredSample(np.empty(0))
    known, known_development = sample.take_known(), development.take_known()
    return ValidationInput(
        sample=sample,
        known=known,
        reference=development,
        known_reference=known_development,
        now=sample.take_newest(),
        known_now=known.take_newest(),
        then=development.take_newest(),
        known_then=known_development.take_newest(),
        given=given or GivenFigures(),
        policy=policy,
    )


def find_lack(inputs: ValidationInput, needs: Sequence[Need]) -> str | None:
    """Return why a test with these needs cannot be judged; None if it can."""
    policy = inputs.policy
    for need in needs:
        lack = _LACKS[need](inputs)
        if lack:
            return lack
    if needs and inputs.sample.row_count < policy.fewest_rows:
        return f"{inputs.sample.row_count:,} rows: at least {policy.fewest_rows:,} are needed"
    return None


def _find_lack_of_outcomes(
    rows: ScoredSample, newest: ScoredSample, policy: ValidationPolicy, whose: str
) -> str | None:
    if not rows.row_count:
        return f"no outcomes {whose}"
    if rows.row_count < policy.fewest_rows:
        return f"{rows.row_count:,} rows {whose} have an outcome: at least {policy.fewest_rows:,} are needed"
    if newest.row_count < policy.fewest_clients:
        return f"{newest.row_count:,} clients {whose} have an outcome: at least {policy.fewest_clients:,} are needed"
    default_count = int(rows.outcomes.sum())
    fewest = min(default_count, rows.row_count - default_count)
    if fewest < policy.fewest_outcomes:
        return (
            f"{default_count:,} defaults in {rows.row_count:,} rows {whose}: "
            f"at least {policy.fewest_outcomes} of each outcome are needed"
        )
    return None


def _find_lack_of_reference(inputs: ValidationInput) -> str | None:
    if not inputs.reference.row_count:
        return "no development sample to compare with"
    fewest = inputs.policy.fewest_rows
    for rows, newest, whose in (
        (inputs.sample, inputs.now, "the sample"),
        (inputs.reference, inputs.then, "development"),
    ):
        if newest.row_count < fewest:
            what = "rows" if newest.row_count == rows.row_count else "clients"
            return f"{newest.row_count:,} {what} of {whose}: at least {fewest:,} are needed"
    return None


_LACKS: Final[Mapping[Need, Callable[[ValidationInput], str | None]]] = {
    "outcomes": lambda i: _find_lack_of_outcomes(i.known, i.known_now, i.policy, "in the sample"),
    "months": lambda i: "no months" if i.sample.month is None else None,
    "clients": lambda i: "no client identifiers" if i.sample.client_id is None else None,
    "bands": lambda i: "no rating bands" if i.sample.band is None else None,
    "segments": lambda i: None if i.sample.segments else "no segments",
    "variables": lambda i: None if i.sample.variables else "no variables beside the score",
    "benchmark": lambda i: (
        "no benchmark's scores" if i.sample.benchmark_probability is None else None
    ),
    "reference": _find_lack_of_reference,
    "reference outcomes": lambda i: (
        _find_lack_of_reference(i)
        or _find_lack_of_outcomes(i.known_reference, i.known_then, i.policy, "of development")
    ),
    "reference bands": lambda i: (
        _find_lack_of_reference(i)
        or ("no rating bands of development" if i.reference.band is None else None)
    ),
}
