"""What no scored sample holds: figures that the caller measured elsewhere, or keeps on record."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RefitFigures:
    """How refits of the same recipe differ.

    Attributes:
        seed_roc_aucs: The ROC AUC of refits with other seeds, all on the same rows.
        resample_roc_aucs: The ROC AUC of refits on resampled training rows, all on the same rows.
        score_spread: Mean over clients of the standard deviation of their probability over refits.
        reason_agreement: Share of clients whose first reason is the same in refits, 0-1.
    """

    seed_roc_aucs: tuple[float, ...] = ()
    resample_roc_aucs: tuple[float, ...] = ()
    score_spread: float | None = None
    reason_agreement: float | None = None


@dataclass(frozen=True, slots=True)
class OverrideCounts:
    """Decisions changed by hand, and how they turned out.

    Attributes:
        decision_count: Decisions in all.
        approved_count: Clients that the score declined and a person approved.
        declined_count: Clients that the score approved and a person declined.
        known_count: Those of `approved_count` whose outcome is known.
        default_count: Those of `known_count` who defaulted.
        expected_default_count: Sum of the probabilities of the `known_count`.
    """

    decision_count: int
    approved_count: int
    declined_count: int
    known_count: int = 0
    default_count: int = 0
    expected_default_count: float = 0.0


@dataclass(frozen=True, slots=True)
class GroupComparison:
    """One group of people against the largest, with 95 % intervals.

    Attributes:
        subject: Attribute and group.
        selection_ratio: The group's approval rate over the largest group's, and its interval.
        opportunity_gap: How far the group's approval rate among those who paid lies below the
            largest group's, and its interval.
    """

    subject: str
    selection_ratio: float
    selection_low: float
    selection_high: float
    opportunity_gap: float | None = None
    opportunity_low: float | None = None
    opportunity_high: float | None = None


@dataclass(frozen=True, slots=True)
class PromotionOutcome:
    """A past promotion on the months that followed.

    Attributes:
        subject: Version and months.
        promised_gain: The gain in log loss a row that the verdict showed; None where a person
            promoted the version without one.
        later_gain: The gain over the former champion on the month's rows.
        standard_error: Of the later gain.
    """

    subject: str
    promised_gain: float | None
    later_gain: float
    standard_error: float


@dataclass(frozen=True, slots=True)
class EstimateOutcome:
    """A label-free estimate and what came.

    Attributes:
        subject: Figure and month.
        low: Lower end of the estimate's 95 % interval.
        high: Upper end.
        measured: What the outcomes gave.
    """

    subject: str
    low: float
    high: float
    measured: float


@dataclass(frozen=True, slots=True)
class GivenFigures:
    """All such figures; a test without its own is `not judged`."""

    refits: RefitFigures | None = None
    overrides: OverrideCounts | None = None
    groups: tuple[GroupComparison, ...] = ()
    promotions: tuple[PromotionOutcome, ...] = ()
    estimates: tuple[EstimateOutcome, ...] = ()
