"""Check that the challenger does not treat groups less evenly than the champion does.

What is judged is the change from one model to the other. How fair either model is by itself is the
subject of the fairness report: this gate must not protect an unfair champion from a fairer
challenger. Nor must it protect a champion that has missed a recession: a model that declines more
clients spreads the groups' shares, so a fault must exist at the threshold in force and also where
the champion would decline as many clients (like for like, ADR 18).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np

from credit_default.gates.promotion.check_result import Check
from credit_default.gates.promotion.paired_gains import PairedScores
from credit_default.gates.promotion.policy import PromotionPolicy
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.evaluation.share_intervals import encode_clusters
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights

FAIRNESS_FIGURES: Final = ("acceptance ratio", "caught-default gap", "false-alarm gap")
# For each figure: a ratio is less even when it falls, a gap when it grows.
_LOSS_SIGNS: Final = np.array([-1.0, 1.0, 1.0])


@dataclass(frozen=True, slots=True)
class FairnessLoss:
    """How much less even the challenger is than the champion at one of the champion's thresholds."""

    champion: float  # its figure
    loss: float  # positive: the challenger is less even
    standard_error: float

    def exceeds(self, margin: float, *, standard_error_count: float) -> bool:
        """Return whether the loss is larger than the margin and than that many standard errors."""
        return self.loss > margin and self.loss > standard_error_count * self.standard_error


@dataclass(frozen=True, slots=True)
class FairnessChange:
    """One figure for one protected attribute, and its loss against the champion.

    The acceptance ratio is the lowest accepted share over the highest (1 is even). Gaps are between
    the largest and the smallest declined share of defaulters, or of clients who paid (0 is even).
    """

    attribute: str
    figure: str
    challenger: float
    in_force: FairnessLoss  # both at the threshold in force
    like_for_like: FairnessLoss  # the champion where it declines as many as the challenger


def check_fairness_change(
    scores: PairedScores, *, decision_policy: DecisionPolicy, policy: PromotionPolicy
) -> Check:
    """Check every protected attribute.

    Returns:
        A fault where a figure is less even by more than the margin and beyond noise, corrected for
        the number of figures, both at the threshold in force and like for like.
    """
    changes = tuple(
        measure_fairness_changes(scores, decision_policy=decision_policy, policy=policy)
    )
    if not changes:
        return Check(
            "fairness: no protected attribute has two groups that are large enough to compare"
        )
    errors = NormalDist().inv_cdf(1 - (1 - policy.objection_confidence) / len(changes))
    margin = policy.fairness_margin
    lost = [c for c in changes if c.in_force.exceeds(margin, standard_error_count=errors)]
    worse = [c for c in lost if c.like_for_like.exceeds(margin, standard_error_count=errors)]
    return Check(
        f"fairness at threshold {decision_policy.threshold:.4f}"
        f"{_describe_changes(changes, lost=lost, worse=worse)}",
        fault=(
            f"it is less fair by {_join_attributes(worse)} (promotion.fairness_margin)"
            if worse
            else ""
        ),
        figures={
            "lowest_acceptance_ratio": _find_lowest_ratio(changes).challenger,
            "largest_fairness_loss": max(change.in_force.loss for change in changes),
            "largest_like_for_like_fairness_loss": max(c.like_for_like.loss for c in changes),
        },
    )


def measure_fairness_changes(
    scores: PairedScores, *, decision_policy: DecisionPolicy, policy: PromotionPolicy
) -> Iterator[FairnessChange]:
    """Yield each of `FAIRNESS_FIGURES` for each protected attribute with two large enough groups.

    Standard errors are from a paired bootstrap.
    """
    defaulted = np.asarray(scores.defaulted, dtype=np.int64)
    members = {
        name: _build_membership(scores.groups[name], defaulted, policy) for name in scores.protected
    }
    members = {name: groups for name, groups in members.items() if groups.shape[1] > 1}
    if not members:
        return
    declined = _list_declined(scores, threshold=decision_policy.threshold)
    terms = {name: _build_terms(groups, defaulted, declined) for name, groups in members.items()}
    drawn = [
        {name: _measure_losses(_measure_figures(weights @ term)) for name, term in terms.items()}
        for weights in draw_weights(
            len(defaulted),
            resample_count=policy.resample_count,
            seed=policy.seed,
            clusters=encode_clusters(scores.clients),
        )
    ]
    for name, term in terms.items():
        figures = _measure_figures(np.ones((1, len(defaulted))) @ term)
        errors = np.vstack([block[name] for block in drawn]).std(axis=0)
        yield from _build_changes(name, figures, errors)


def _build_changes(
    attribute: str, figures: FloatArray, errors: FloatArray
) -> Iterator[FairnessChange]:
    """Yield the changes of one attribute.

    Args:
        attribute: Its name.
        figures: Figures on all rows, of shape (1, models, figures).
        errors: Standard errors of the losses, of shape (2, figures).
    """
    values, losses = figures[0], _measure_losses(figures)[0]
    for place, figure in enumerate(FAIRNESS_FIGURES):
        in_force, like_for_like = (
            FairnessLoss(
                float(values[model, place]), float(losses[row, place]), float(errors[row, place])
            )
            for row, model in enumerate((0, 2))
        )
        yield FairnessChange(attribute, figure, float(values[1, place]), in_force, like_for_like)


def _list_declined(scores: PairedScores, *, threshold: float) -> list[np.ndarray]:
    """Return whom each model declines, as three masks of shape (rows,).

    They are the champion and the challenger at the threshold, and the champion where it declines as
    many.
    """
    champion, challenger = (
        np.asarray(scored, dtype=np.float64) for scored in (scores.champion, scores.challenger)
    )
    declined = challenger >= threshold
    count = int(declined.sum())
    as_many = np.sort(champion)[-count] if count else np.inf  # equal scores are declined together
    return [champion >= threshold, declined, champion >= as_many]


def _build_membership(labels: Any, defaulted: IntArray, policy: PromotionPolicy) -> FloatArray:
    """Return an array (rows, groups) that is 1 where the row is of the group.

    Groups that have too few rows of an outcome are left out.
    """
    levels, level_of_row = np.unique(np.asarray(labels).astype(str), return_inverse=True)
    counts = np.bincount(level_of_row, minlength=len(levels))
    defaults = np.bincount(level_of_row, weights=defaulted, minlength=len(levels))
    fewest = np.minimum(defaults, counts - defaults)
    large = np.flatnonzero((counts >= policy.fewest_rows) & (fewest >= policy.fewest_defaults))
    members: FloatArray = (level_of_row[:, None] == large).astype(np.float64)
    return members


def _build_terms(groups: FloatArray, defaulted: IntArray, declined: list[np.ndarray]) -> FloatArray:
    """Return (rows, 8 x groups): what resampled sums are taken of.

    For each group these are its defaulters and its others, then those of them whom each of the
    three models declines.
    """
    rows = [defaulted == 1, defaulted == 0]
    rows += [outcome & mask for mask in declined for outcome in rows[:2]]
    return np.hstack([groups * chosen[:, None] for chosen in rows])


def _measure_figures(sums: FloatArray) -> FloatArray:
    """Return (resamples, models, figures) from the sums of the terms, (resamples, 8 x groups)."""
    defaults, others, *by_model = np.split(sums, 8, axis=1)
    figures = []
    for caught, alarmed in zip(by_model[::2], by_model[1::2], strict=True):
        accepted = 1 - (caught + alarmed) / np.maximum(defaults + others, 1)
        highest = accepted.max(axis=1)
        ratio = np.divide(
            accepted.min(axis=1), highest, out=np.ones_like(highest), where=highest > 0
        )
        gaps = [
            np.ptp(part / np.maximum(whole, 1), axis=1)
            for part, whole in ((caught, defaults), (alarmed, others))
        ]
        figures.append(np.column_stack([ratio, *gaps]))
    return np.stack(figures, axis=1)


def _measure_losses(figures: FloatArray) -> FloatArray:
    """Return by how much the challenger is less even, as an array (resamples, 2, figures).

    The two losses are at the threshold in force and like for like.
    """
    loss: FloatArray = _LOSS_SIGNS * (figures[:, [1]] - figures[:, [0, 2]])
    return loss


def _find_lowest_ratio(changes: Sequence[FairnessChange]) -> FairnessChange:
    ratios = (change for change in changes if change.figure == FAIRNESS_FIGURES[0])
    return min(ratios, key=lambda change: change.challenger)


def _describe_changes(
    changes: Sequence[FairnessChange],
    *,
    lost: Sequence[FairnessChange],
    worse: Sequence[FairnessChange],
) -> str:
    if worse:
        return f": less even than the champion: {'; '.join(map(_describe_change, worse))}"
    if lost:
        return (
            f": {'; '.join(map(_describe_change, lost))}: it declines more clients, and where the "
            "champion declines as many, the champion is no more even"
        )
    return (
        f" by {_join_attributes(changes)}: no less even than the champion; "
        f"lowest {_describe_change(_find_lowest_ratio(changes))}"
    )


def _join_attributes(changes: Sequence[FairnessChange]) -> str:
    return " and ".join(dict.fromkeys(change.attribute for change in changes))


def _describe_change(change: FairnessChange) -> str:
    return (
        f"{change.figure} by {change.attribute} {change.challenger:.2f}, "
        f"champion {change.in_force.champion:.2f} "
        f"({change.like_for_like.champion:.2f} declining as many)"
    )
