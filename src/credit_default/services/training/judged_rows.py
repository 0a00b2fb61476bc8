"""Choose the rows that a challenger is judged by: its test side, or in a small lake all rows, each out of fold.

A fifth of 1,000 rows shows neither a ranking nor a level. Where all rows are few, every row is therefore scored by a model of
the same recipe, calibrated as the recipe is, that was fitted on the other folds. The model that is registered is fitted on
the development side as ever, on as many rows as the model of a fold.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from credit_default.data.contract.schema import KEY, OUTCOME, STATEMENT_MONTH
from credit_default.data.splitting import Split
from credit_default.model.estimator.bundle import ModelBundle
from credit_default.model.estimator.regime import Regime
from credit_default.services.context.wiring import Wiring
from credit_default.services.training.fold_cache import cross_validate_recipe


@dataclass(frozen=True, slots=True, eq=False)
class JudgedRows:
    """Rows with outcomes, each with a probability from a model that did not learn from its client."""

    rows: pl.DataFrame
    probability: np.ndarray  # one value a row, 0-1
    # the rows whose folds the models were fitted on; None where the challenger itself scored
    folded: pl.DataFrame | None = None

    @property
    def out_of_fold(self) -> bool:
        """Whether models of the same recipe scored the rows, each those that it was not fitted on."""
        return self.folded is not None

    @property
    def defaulted(self) -> np.ndarray:
        """The outcomes, 0 or 1, in the order of the rows."""
        outcomes: np.ndarray = self.rows[OUTCOME].to_numpy()
        return outcomes

    @property
    def place(self) -> Literal["test side", "out of fold"]:
        """Which rows these are, as a column's heading: "test side" or "out of fold"."""
        return "out of fold" if self.out_of_fold else "test side"

    @property
    def description(self) -> str:
        """Which rows these are and how many, as a verdict names them."""
        kind = "out-of-fold predictions of " if self.out_of_fold else ""
        return f"{kind}{self.rows.height:,} rows"


def choose_judged_rows(
    wiring: Wiring, bundle: ModelBundle, sides: Split, *, regime: Regime, tested: JudgedRows
) -> JudgedRows:
    """Return the rows to judge a challenger by.

    Args:
        wiring: The settings that say how many rows have a test side of their own.
        bundle: The challenger.
        sides: The rows that it was fitted on, and the whole test side.
        regime: The months that it is to serve.
        tested: The rows of the test side that are of these months, scored by the challenger.

    Returns:
        The test side where there are enough rows in all, or where the newest months are held out whole; else the
        rows of both sides that are of the challenger's months, out of fold.
    """
    settings = wiring.settings
    row_count = sides.development.height + sides.test.height
    is_small = row_count < settings.promotion.fewest_rows_for_a_test_side
    if not is_small or settings.refresh.held_out_months:
        return tested
    rows = pl.concat([sides.development, sides.test]).sort(KEY)
    folds = cross_validate_recipe(wiring, bundle.recipe, rows, seed=0)
    served = regime.covers(rows[STATEMENT_MONTH])
    return JudgedRows(rows.filter(pl.Series(served)), folds.default_probability[served], rows)
