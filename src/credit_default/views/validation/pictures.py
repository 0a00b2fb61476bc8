"""The figures of the validation page: ranking and calibration of the sample, where both outcomes are known."""

from typing import Final

import numpy as np

from credit_default.gates.validation.sample import ScoredSample
from credit_default.views.documents.document import Picture
from credit_default.views.figures.calibration_figures import draw_calibration
from credit_default.views.figures.canvas import render_png
from credit_default.views.figures.ranking_figures import draw_roc

_SUBTITLE: Final = "rows whose outcome is known"


def draw_sample(sample: ScoredSample) -> tuple[Picture, ...]:
    """Return the figures of the rows whose outcome is known; none where they have one outcome only."""
    if sample.defaulted is None:
        return ()
    known = ~np.isnan(sample.defaulted)
    outcomes, probability = sample.defaulted[known], sample.default_probability[known]
    if len(np.unique(outcomes)) < 2:  # noqa: PLR2004 - both outcomes
        return ()
    calibration = draw_calibration(outcomes, probability, subtitle=_SUBTITLE)
    ranking = draw_roc(outcomes, probability, subtitle=_SUBTITLE)
    return (
        Picture(
            "calibration.png",
            "Defaults observed against expected, by band of the score.",
            render_png(calibration),
        ),
        Picture(
            "roc.png",
            "Defaulters caught against payers declined, at every threshold.",
            render_png(ranking),
        ),
    )
