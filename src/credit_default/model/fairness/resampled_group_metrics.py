"""One group's metrics for many resamples at once, which `report` compares between groups."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from credit_default.model.estimator.calibration_line import (
    Calibration,
    fit_calibration,
    solve_one_step,
)
from credit_default.model.statistics.auc_placements import (
    measure_placements,
    measure_roc_auc_from_placements,
)
from credit_default.model.statistics.bootstrap import FloatArray, IntArray

GroupFigures = dict[str, FloatArray]  # by metric, one value per resample

ABSOLUTE_FIGURES: Final = (
    "accept_share",
    "caught_share",
    "false_alarm_share",
    "calibration_gap",
    "calibration_slope",
    "roc_auc",
)
RELATIVE_FIGURES: Final = ("acceptance_ratio", "caught_gap", "false_alarm_gap")


@dataclass(frozen=True, slots=True, eq=False)
class GroupRows:
    """The rows of one group with what every resample needs of them."""

    rows: IntArray  # their positions among all rows
    defaulted: IntArray
    probability: FloatArray
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
    declined = (scored >= threshold).astype(np.float64)
    return GroupRows(
        rows=rows,
        defaulted=outcome,
        probability=scored,
        placements=measure_placements(outcome, scored),
        calibration=fit_calibration(outcome, scored) if fit_slope else None,
        terms=np.column_stack([np.ones(len(rows)), outcome, scored, declined, declined * outcome]),
    )


def measure_group(weights: FloatArray, group: GroupRows) -> GroupFigures:
    """Return each of `ABSOLUTE_FIGURES` of the group for each resample.

    Args:
        weights: Weights of all rows, of shape (resample count, row count).
        group: The group.

    Returns:
        Values by metric, NaN where a resample or the group cannot give one.
    """
    drawn = np.take(weights, group.rows, axis=1)
    count, defaults, expected, declined, caught = (drawn @ group.terms).T
    # A resample may hold no defaulter of a small group.
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "accept_share": 1 - declined / count,
            "caught_share": caught / defaults,
            "false_alarm_share": (declined - caught) / (count - defaults),
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


def compare_group(figures: GroupFigures, reference: GroupFigures) -> GroupFigures:
    """Return each of `RELATIVE_FIGURES` of a group against the reference group, by resample."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = figures["accept_share"] / reference["accept_share"]
    return {
        "acceptance_ratio": ratio,
        "caught_gap": figures["caught_share"] - reference["caught_share"],
        "false_alarm_gap": figures["false_alarm_share"] - reference["false_alarm_share"],
    }
