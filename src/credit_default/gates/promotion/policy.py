"""What a first model must reach, and what a challenger must show: every number of the promotion gate, with its reason.

The module stands apart from `promotion` because each check of a challenger reads its own numbers here.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class PromotionPolicy:
    """The promotion gate's numbers. Two kinds of confidence: winning needs more of it than an objection does."""

    # the first model's floors
    lowest_roc_auc: float = 0.70
    highest_roc_auc: float = (
        0.85  # beyond belief for this kind of outcome: something tells it the answer
    )
    lowest_brier_skill: float = 0.0
    lowest_calibration_slope: float = 0.6
    highest_calibration_slope: float = 1.6
    # what can be judged at all: rows, and clients of each outcome; of a contest, and of a slice or a group in it
    fewest_rows: int = 200
    fewest_defaults: int = 20
    # winning
    roc_auc_margin: float = 0.002  # the largest loss of AUC that another gain may outweigh
    least_log_loss_gain: float = 0.0005  # a gain that is sure but smaller is not worth a change
    least_brier_gain: float = 0.0002
    least_roc_auc_gain: float = 0.001
    least_cost_gain_share: float = (
        0.01  # of the champion's cost: the unit of costs is the policy's own
    )
    # Four measures may win, and they move together: with tails of .375 % each, one tie in a hundred passes (ADR 13).
    confidence: float = 0.9925
    # objections: a wrong one costs a gain once more, a missed one costs clients
    objection_confidence: float = (
        0.95  # of each check as a whole, however many slices or groups it looks at
    )
    largest_roc_auc_gain: float = (
        0.06  # over a champion above the floor: a larger jump is a leak until explained
    )
    lowest_slope: float = 0.9  # of the challenger's calibration line
    highest_slope: float = 1.1
    fairness_margin: float = (
        0.05  # of a ratio or a gap: a better calibrated model moves them by 2 to 4 points anyway
    )
    slice_log_loss_margin: float = (
        0.001  # what is sure and smaller harms nobody that could be named
    )
    # what is printed, and how it is computed
    power: float = 0.8  # the chance with which the difference that is printed would have been found
    resample_count: int = 300
    seed: int = 20_050_901
    # whether one person more has to agree before a challenger that won is seated
    approval: Literal["none", "second-person"] = "none"
