"""Find clients with the same rare row of inputs: twins, of whom one would leak the outcome of the other."""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.data.contract.schema import KEY, OUTCOME

# A row that more clients share is a pattern of the portfolio, such as all columns at "unknown".
_MOST_TWINS: Final = 5
# Matches that a client may have by chance before its row tells nothing of who it is.
_MOST_CHANCE_MATCHES: Final = 0.1

# Beside the columns of any portfolio, whose names begin with a letter.
CLIENT: Final = "#client"
OTHER: Final = "#other"
_ROW_COUNT: Final = "#rows"


def find_twins(rows: pl.DataFrame, *, client: pl.Series) -> pl.DataFrame:
    """Return pairs of clients with a rare row of inputs in common; the other is the first of them.

    Rows that many clients share, or that clients share by chance, link nobody: what one of these
    clients did says of the others no more than the model is meant to learn.

    Args:
        rows: Checked rows.
        client: The number of each row's client, in row order.

    Returns:
        The columns `CLIENT` and `OTHER`, both numbers as in `client`; no rows where there are none.
    """
    inputs = [name for name in rows.columns if name not in {*KEY, OUTCOME}]
    if not inputs:
        return pl.DataFrame(schema={CLIENT: pl.UInt32, OTHER: pl.UInt32})
    shared = (
        rows.select(inputs)
        .with_columns(client)
        .group_by(inputs)
        .agg(pl.col(CLIENT).unique())
        .filter(pl.col(CLIENT).list.len().is_between(2, _MOST_TWINS))
    )
    rows_per_client = rows.height / max(1, client.n_unique())
    matches = rows_per_client * _expect_equal_rows(rows, shared.select(inputs))
    twins = shared.select(CLIENT).filter(pl.Series(matches < _MOST_CHANCE_MATCHES))
    return twins.with_columns(pl.col(CLIENT).list.min().alias(OTHER)).explode(CLIENT)


def _expect_equal_rows(rows: pl.DataFrame, of: pl.DataFrame) -> npt.NDArray[np.float64]:
    """Return how many rows are expected to be equal to each of these if columns are independent.

    The expectation is the number of rows times the product of the values' shares.
    """
    logarithm = np.full(of.height, np.log(max(1, rows.height)))
    for name in of.columns if of.height else []:
        counted = rows.group_by(name).len(_ROW_COUNT)
        found = of.select(name).join(
            counted, on=name, how="left", nulls_equal=True, maintain_order="left"
        )
        logarithm += np.log(found[_ROW_COUNT].to_numpy() / rows.height)
    expected: npt.NDArray[np.float64] = np.exp(logarithm)
    return expected
