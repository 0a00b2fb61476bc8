"""One group's shares, and its other metrics for many resamples at once, for `report` to compare."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from credit_default.model.estimator.calibration_line import (
    Calibration,
    fit_calibration,
    solve_one_step,
)
from credit_default.model.evaluation.intervals import Metric
from credit_default.model.evaluation.share_intervals import (
    measure_share_among,
    measure_share_gap,
    measure_share_ratio,
)
from credit_default.model.statistics.auc_placements import (
    measure_placements,
    measure_roc_auc_from_placements,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

GroupFigures = dict[str, FloatArray]  # by metric, one value per resample

GROUP_SHARES: Final = ("accept_share", "caught_share", "false_alarm_share")
RESAMPLED_FIGURES: Final = ("calibration_gap", "calibration_slope", "roc_auc")


@dataclass(frozen=True, slots=True, eq=False)
class GroupRows:
    """The rows of one group with what every resample needs of them."""

    rows: IntArray  # their positions among all rows
    defaulted: IntArray
    probability: FloatArray
    declined: NDArray[np.bool_]
    placements: FloatArray
    calibration: Calibration | None  # None where there are too few rows for a slope, or none fits
    terms: FloatArray  # of shape (row count, term count): what resamples sum up


def build_group_rows(
    rows: IntArray,
    *,
    defaulted: IntArray,
    probability: FloatArray,
    threshold: float,
    fit_slope: bool,
) -> GroupRows:
    """Return a group's rows, prepared for resampling.

    Args:
        rows: Positions of the group's rows among all rows, defaulters and payers.
        defaulted: Outcomes (0/1) of all rows.
        probability: Default probabilities (0–1) of all rows.
        threshold: The probability from which a client is declined.
        fit_slope: Whether a calibration line is fitted.
    """
    outcome, scored = defaulted[rows], probability[rows]
    declined = scored >= threshold
    return GroupRows(
        rows=rows,
        defaulted=outcome,
        probability=scored,
        declined=declined,
        placements=measure_placements(outcome, scored),
        calibration=fit_calibration(outcome, scored) if fit_slope else None,
        terms=np.column_stack([np.ones(len(rows)), outcome, scored]),
    )


def measure_group(weights: FloatArray, group: GroupRows) -> GroupFigures:
    """Return each of `RESAMPLED_FIGURES` of the group for each resample.

    Args:
        weights: Weights of all rows, of shape (resample count, row count).
        group: The group.

    Returns:
        Values by metric, NaN where a resample or the group cannot give one.
    """
    drawn = np.take(weights, group.rows, axis=1)
    count, defaults, expected = (drawn @ group.terms).T
    # A resample may hold no client of a small group.
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "calibration_gap": (defaults - expected) / count,
            "calibration_slope": _measure_slope(drawn, group),
            "roc_auc": measure_roc_auc_from_placements(
                drawn, defaulted=group.defaulted, placements=group.placements
            ),
        }


def _measure_slope(drawn: FloatArray, group: GroupRows) -> FloatArray:
    if group.calibration is None:
        return np.full(len(drawn), np.nan)
    return solve_one_step(
        group.calibration, group.defaulted, group.probability, weights=drawn
    ).slope


def measure_group_shares(
    group: GroupRows, *, clusters: IntArray | None = None
) -> dict[str, Metric | None]:
    """Return each of `GROUP_SHARES` of the group with Wilson's interval.

    Args:
        group: The group.
        clusters: Cluster codes of all rows, or None where rows are independent.
    """
    own = None if clusters is None else clusters[group.rows]
    defaulted, everyone = group.defaulted == 1, np.ones(len(group.rows), dtype=bool)
    return {
        "accept_share": measure_share_among(~group.declined, everyone, clusters=own),
        "caught_share": measure_share_among(group.declined, defaulted, clusters=own),
        "false_alarm_share": measure_share_among(group.declined, ~defaulted, clusters=own),
    }


def measure_acceptance(weights: FloatArray, group: GroupRows) -> FloatArray:
    """Return the share (0–1) of the group accepted in each resample, NaN where it is not drawn.

    Args:
        weights: Weights of all rows, of shape (resample count, row count).
        group: The group.
    """
    drawn = np.take(weights, group.rows, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        accepted: FloatArray = (drawn @ ~group.declined) / drawn.sum(axis=1)
    return accepted


def compare_group_shares(
    shares: Mapping[str, Metric | None], reference: Mapping[str, Metric | None]
) -> dict[str, Metric | None]:
    """Return a group's acceptance ratio and error gaps against the reference group.

    Args:
        shares: What `measure_group_shares` returns of the group.
        reference: The same of another group, or of the group itself, whose ratio is 1 and whose
            gaps are 0 without any uncertainty.
    """
    own, other = shares["accept_share"], reference["accept_share"]
    compared = {
        "acceptance_ratio": None
        if own is None or other is None
        else measure_share_ratio(own, other)
    }
    for name in ("caught", "false_alarm"):
        one, two = shares[f"{name}_share"], reference[f"{name}_share"]
        compared[f"{name}_gap"] = (
            None if one is None or two is None else measure_share_gap(one, two)
        )
    if shares is not reference:
        return compared
    certain = {"acceptance_ratio": 1.0, "caught_gap": 0.0, "false_alarm_gap": 0.0}
    return {
        name: None if metric is None else Metric(certain[name], certain[name], certain[name])
        for name, metric in compared.items()
    }
