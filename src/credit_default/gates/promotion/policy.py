"""Every number of the promotion gate, with its reason.

The policy is in a module of its own because each check of a challenger reads its numbers here.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """The promotion gate's numbers.

    There are two levels of confidence: winning requires a higher one than an objection.
    """

    # What the first model must be shown to reach: its 95 % interval must be on the right side, so
    # that a model at a floor passes at most once in forty times.
    lowest_roc_auc: float = 0.70
    highest_roc_auc: float = (
        0.99  # of no portfolio known is it honest; one that knows its own says so
    )
    lowest_brier_skill: float = 0.0
    lowest_calibration_slope: float = 0.6
    highest_calibration_slope: float = 1.6
    # How far expected defaults may be from observed ones, as a share, beyond noise.
    largest_first_level_error: float = 0.25
    # What can be judged at all: rows, and clients of each outcome, in a comparison, a slice or a group.
    fewest_rows: int = 200
    fewest_defaults: int = 20
    # With fewer rows in all, a fifth of them shows too little: models are judged on all of them,
    # each row by a model of the same recipe that was fitted without it.
    fewest_rows_for_a_test_side: int = 2_000
    # Winning: a gain beyond noise that is smaller than these is not worth a change.
    roc_auc_margin: float = 0.002  # the largest loss of AUC that another gain may outweigh
    least_log_loss_gain: float = 0.0005
    least_brier_gain: float = 0.0002
    least_roc_auc_gain: float = 0.001
    least_cost_gain_share: float = 0.01  # of the champion's cost, since costs have no fixed unit
    # Four measures may win, and they move together: with tails of .375 % each, one tie in a
    # hundred passes. That is the risk of all attempts on the same rows together (ADR 21).
    confidence: float = 0.9925
    # Objections: a wrong one costs a gain, a missed one costs clients. The confidence is that of
    # each check as a whole, however many slices or groups it judges.
    objection_confidence: float = 0.95
    # Over a champion above the floor: a larger jump counts as a leak until it is explained.
    largest_roc_auc_gain: float = 0.06
    # Leaks, beside plain models on the same inputs and unseen rows (docs/adr/0029). The share of
    # an outcome that one input may hold in ranges where hardly anyone has the other outcome:
    largest_certain_share: float = 0.25
    # The ROC AUC from which an input alone must not lead all others together by more than this.
    highest_input_roc_auc: float = 0.80
    largest_input_lead: float = 0.10
    largest_rival_lead: float = 0.10  # of the model over the best plain rival
    lowest_slope: float = 0.9  # of the challenger's calibration line
    highest_slope: float = 1.1
    largest_level_error: float = 0.05  # of the challenger's expected defaults, beyond noise
    level_margin: float = 0.02  # by how much further off than the champion's its level must be
    # Of a ratio or a gap: better calibration alone moves them by 2 to 4 points.
    fairness_margin: float = 0.05
    slice_log_loss_margin: float = (
        0.001  # a smaller loss has no practical effect, even beyond noise
    )
    # What is reported, and how it is computed.
    power: float = 0.8  # the chance with which the reported difference would have been found
    resample_count: int = 300
    seed: int = 20_050_901
    # Whether a second person must approve a challenger that won before it is promoted.
    approval: Literal["none", "second-person"] = "none"
