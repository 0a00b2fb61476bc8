"""What a model's test side told of it, and how exactly.

A batch drawn like the test side is no news. Few test rows know little of a model, so that a batch
which differs from a limit may not differ from what was known when the model was promoted.
"""

from dataclasses import dataclass
from math import hypot
from typing import Final

from credit_default.model.estimator.calibration_line import Slope
from credit_default.model.evaluation.intervals import NORMAL_QUANTILE_95, Metric
from credit_default.model.statistics.auc_placements import RocAuc

# As for the number of defaults: beyond it, chance in the batch and in the test side explains nothing.
_SLOPE_DEVIATIONS: Final = 3.0
_FEW_ROWS: Final = 500  # with fewer a verdict says what they can tell


@dataclass(frozen=True, slots=True)
class ReferencePerformance:
    """How good a model was when it was tested, and how exactly that is known.

    A figure that the test rows could not give is None.
    """

    roc_auc: RocAuc | None = None
    slope: Slope | None = None  # of the calibration line
    row_count: int | None = None  # test rows behind both
    level_error: float = 0.0  # standard error of the model's own level, in log odds

    def has_another_slope(self, slope: Metric) -> bool:
        """Return whether a batch's slope differs from the test side's beyond the noise of both.

        True where the test side has none.
        """
        if self.slope is None:
            return True
        is_below = slope.value < self.slope.value
        reach = slope.high - slope.value if is_below else slope.value - slope.low
        error = hypot(reach / NORMAL_QUANTILE_95, self.slope.standard_error)
        return abs(slope.value - self.slope.value) > _SLOPE_DEVIATIONS * error

    def describe_slope(self) -> str:
        """Return the test side's slope, to follow a batch's; empty where it has none."""
        if self.slope is None:
            return ""
        reach = NORMAL_QUANTILE_95 * self.slope.standard_error
        return f"; on the test side it was {self.slope.value:.2f} ± {reach:.2f}"

    def describe_small(self) -> list[str]:
        """Return, where the model was tested on few rows, how little they can tell."""
        if self.row_count is None or self.row_count >= _FEW_ROWS:
            return []
        figures = {"ROC AUC": self.roc_auc, "calibration slope": self.slope}
        known = [
            f"its {name} to ± {NORMAL_QUANTILE_95 * figure.standard_error:.2f}"
            for name, figure in figures.items()
            if figure is not None
        ]
        told = " and ".join(known) or "neither how it ranks nor how it is calibrated"
        rows = f"the model was tested on {self.row_count:,} rows"
        return [f"{rows}, which tell {told}: no change within that raises an alarm"]
