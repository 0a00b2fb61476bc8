"""Does the challenger treat groups less evenly than the champion?

What is judged is the change from one model to the other. How fair either is by itself is a report's subject, not this
gate's: a champion that is not fair must not be protected from one that is fairer. Nor must one that is blind to bad times:
whoever declines more clients spreads the groups' shares, so a fault has to stand at the threshold in force and also where
the champion would decline as many (ADR 18).
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
from credit_default.model.statistics.bootstrap import FloatArray, IntArray, draw_weights

FAIRNESS_FIGURES: Final = ("acceptance ratio", "caught-default gap", "false-alarm gap")


@dataclass(frozen=True, slots=True)
class FairnessLoss:
    """By how much the challenger is less even than the champion at one of the champion's thresholds."""

    champion: float
    loss: float  # positive: less even than the champion
    standard_error: float

    def exceeds(self, margin: float, *, reach: float) -> bool:
        """Whether it is more than the margin and more than `reach` standard errors."""
        return self.loss > margin and self.loss > reach * self.standard_error


@dataclass(frozen=True, slots=True)
class FairnessChange:
    """One figure for one protected attribute: the challenger's value, and what is lost against the champion.

    The acceptance ratio is the lowest share accepted over the highest (1 is even); gaps are between the largest and the
    smallest share of defaulters, or of clients who paid, that is declined (0 is even).
    """

    attribute: str
    figure: str
    challenger: float
    in_force: FairnessLoss  # both at the threshold in force
    like_for_like: FairnessLoss  # the champion at the threshold where it declines as many as the challenger does


def check_fairness_change(
    contest: PairedScores, *, decision_policy: DecisionPolicy, policy: PromotionPolicy
) -> Check:
    """A fault where a figure is less even by more than the margin and beyond noise, corrected for their number."""
    changes = tuple(
        measure_fairness_changes(contest, decision_policy=decision_policy, policy=policy)
    )
    if not changes:
        return Check(
            "fairness: no protected attribute has two groups that are large enough to compare"
        )
    reach = NormalDist().inv_cdf(1 - (1 - policy.objection_confidence) / len(changes))
    lost = [
        change for change in changes if change.in_force.exceeds(policy.fairness_margin, reach=reach)
    ]
    worse = [
        change
        for change in lost
        if change.like_for_like.exceeds(policy.fairness_margin, reach=reach)
    ]
    lowest = min(
        (c for c in changes if c.figure == FAIRNESS_FIGURES[0]),
        key=lambda change: change.challenger,
    )
    figures = {
        "lowest_acceptance_ratio": lowest.challenger,
        "largest_fairness_loss": max(change.in_force.loss for change in changes),
        "largest_like_for_like_fairness_loss": max(change.like_for_like.loss for change in changes),
    }
    told = f"fairness at threshold {decision_policy.threshold:.4f}"
    if worse:
        return Check(
            f"{told}: less even than the champion: "
            + "; ".join(_describe_change(change) for change in worse),
            fault=f"it is less fair by {_join_attributes(worse)}",
            figures=figures,
        )
    if lost:
        because = (
            "it declines more, and where the champion declines as many, that one is no more even"
        )
        return Check(
            f"{told}: {'; '.join(_describe_change(change) for change in lost)}: {because}",
            figures=figures,
        )
    return Check(
        f"{told} by {_join_attributes(changes)}: no less even than the champion; lowest {_describe_change(lowest)}",
        figures=figures,
    )


def measure_fairness_changes(
    contest: PairedScores, *, decision_policy: DecisionPolicy, policy: PromotionPolicy
) -> Iterator[FairnessChange]:
    """Each figure of `FIGURES` for each protected attribute with two large enough groups, by a paired bootstrap."""
    defaulted = np.asarray(contest.defaulted, dtype=np.int64)
    divided = {
        name: _build_membership(contest.groups[name], defaulted, policy)
        for name in contest.protected
    }
    divided = {name: groups for name, groups in divided.items() if groups.shape[1] > 1}
    if not divided:
        return
    declined = _list_declined(contest, threshold=decision_policy.threshold)
    terms = {name: _build_terms(groups, defaulted, declined) for name, groups in divided.items()}
    plain = {
        name: _measure_figures(np.ones((1, len(defaulted))) @ term) for name, term in terms.items()
    }
    drawn = [
        {name: _measure_figures(weights @ term) for name, term in terms.items()}
        for weights in draw_weights(
            defaulted, resample_count=policy.resample_count, seed=policy.seed
        )
    ]
    for name in divided:
        values, lost = plain[name][0], _measure_losses(plain[name])[0]
        errors = np.vstack([_measure_losses(block[name]) for block in drawn]).std(axis=0)
        for place, figure in enumerate(FAIRNESS_FIGURES):
            in_force, like_for_like = (
                FairnessLoss(
                    float(values[model, place]), float(lost[row, place]), float(errors[row, place])
                )
                for row, model in enumerate((0, 2))
            )
            yield FairnessChange(name, figure, float(values[1, place]), in_force, like_for_like)


def _list_declined(contest: PairedScores, *, threshold: float) -> list[np.ndarray]:
    """Whom each declines: the champion and the challenger at the threshold, the champion where it declines as many."""
    champion, challenger = (
        np.asarray(scored, dtype=np.float64) for scored in (contest.champion, contest.challenger)
    )
    declined = challenger >= threshold
    count = int(declined.sum())
    as_many = np.sort(champion)[-count] if count else np.inf  # equal scores are declined together
    return [champion >= threshold, declined, champion >= as_many]


def _build_membership(labels: Any, defaulted: IntArray, policy: PromotionPolicy) -> FloatArray:
    """(rows, groups): 1 where the row is of the group; groups without enough rows of both outcomes are left out."""
    levels, of_row = np.unique(np.asarray(labels).astype(str), return_inverse=True)
    counts = np.bincount(of_row, minlength=len(levels))
    defaults = np.bincount(of_row, weights=defaulted, minlength=len(levels))
    fewest = np.minimum(defaults, counts - defaults)
    large = np.flatnonzero((counts >= policy.fewest_rows) & (fewest >= policy.fewest_defaults))
    members: FloatArray = (of_row[:, None] == large).astype(np.float64)
    return members


def _build_terms(groups: FloatArray, defaulted: IntArray, declined: list[np.ndarray]) -> FloatArray:
    """What resampled sums are taken of: of each group its defaulters and others, and of these whom each model declines."""
    rows = [defaulted == 1, defaulted == 0]
    rows += [outcome & said for said in declined for outcome in rows[:2]]
    return np.hstack([groups * chosen[:, None] for chosen in rows])


def _measure_figures(sums: FloatArray) -> FloatArray:
    """(resamples, models, figures) from (resamples, terms)."""
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
    """(resamples, 2, figures): by how much the challenger is less even than the champion, in force and like for like."""
    signs = np.array([-1.0, 1.0, 1.0])  # a ratio falls where a gap grows
    loss: FloatArray = signs * (figures[:, [1]] - figures[:, [0, 2]])
    return loss


def _join_attributes(changes: Sequence[FairnessChange]) -> str:
    return " and ".join(dict.fromkeys(change.attribute for change in changes))


def _describe_change(change: FairnessChange) -> str:
    values = f"{change.challenger:.2f}, champion {change.in_force.champion:.2f}"
    return f"{change.figure} by {change.attribute} {values} ({change.like_for_like.champion:.2f} declining as many)"
