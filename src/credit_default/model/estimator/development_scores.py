"""Score the development rows of a registered model again as they were scored, out of bag or out of fold, when it was fitted."""

from dataclasses import replace

import numpy as np
import polars as pl

from credit_default.errors import InputError
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.calibrated_forest import calibrate_probability
from credit_default.model.estimator.digest import hash_row_keys, sort_rows
from credit_default.model.estimator.held_out_scores import OutOfBag, score_unseen
from credit_default.model.estimator.recalibration import CalibrationPolicy, choose_calibration


def score_development(bundle: ModelBundle, rows: pl.DataFrame) -> OutOfBag:
    """Return the out-of-bag scores of a bundle's development rows, equal to those of its fitting.

    Args:
        bundle: The model, as fitted or as loaded again.
        rows: Exactly the rows that it was fitted on, with `defaulted`, in any order.

    Raises:
        InputError: other rows than those.
    """
    ordered = sort_rows(rows)
    if not np.array_equal(np.sort(hash_row_keys(ordered)), bundle.trained_rows):
        raise InputError(
            "development rows",
            found=f"{ordered.height:,} rows",
            expected=f"the {bundle.row_count:,} that the model was fitted on",
            remedy="Read them from the snapshots of the training.",
        )
    out_of_bag = score_unseen(bundle.pipeline, ordered, recipe=bundle.recipe)
    if bundle.calibration is None:
        return out_of_bag
    first = choose_calibration(
        out_of_bag.defaulted,
        out_of_bag.default_probability,
        policy=CalibrationPolicy(),
        seed=bundle.recipe.seed,
    )
    calibrated = calibrate_probability(out_of_bag.default_probability, first.line)
    return replace(out_of_bag, default_probability=calibrated)
