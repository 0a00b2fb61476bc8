"""Split rows into development and test sides, and into folds, by client.

A client's side depends on a hash of its id alone, so that it is the same on every machine, in every
order and after data is added. Clients with an identical row of inputs are linked and stay together,
because one of them would leak the outcome of the other. A group of linked clients is on the test
side when any of them hashes there: linking two groups can move development clients to the test
side, and never a test client to development.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME, STATEMENT_MONTH

DEFAULT_SALT = "credit-default/split/1"

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to develop with, and rows of other clients to test with, each sorted by key."""

    development: pl.DataFrame
    test: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _LinkedClients:
    """Groups of linked clients.

    Attributes:
        group_of_row: Each row's group, numbered from 0.
        least_share: Each group's smallest hash, 0–1.
    """

    group_of_row: Integers
    least_share: npt.NDArray[np.float64]


def split(rows: pl.DataFrame, *, test_share: float = 0.2, salt: str = DEFAULT_SALT) -> Split:
    """Split the rows into the development side and the test side.

    Args:
        rows: Checked rows.
        test_share: The share (0–1) of the clients that hash to the test side; clients linked to
            them follow, so that slightly more are tested.
        salt: Text that the hash depends on; another salt gives another split.
    """
    in_test = assign_sides(rows, test_share=test_share, salt=salt)
    return Split(development=rows.filter(~in_test).sort(KEY), test=rows.filter(in_test).sort(KEY))


def hold_out_newest(sides: Split, *, month_count: int) -> Split:
    """Return the sides with the newest months whole on the test side, unless no other month is left.

    Args:
        sides: The sides, of rows of one or more statement months.
        month_count: How many of the newest months nothing may be learned from; 0 for none.
    """
    months = pl.concat([rows[STATEMENT_MONTH] for rows in (sides.development, sides.test)])
    ordered = months.unique().sort()
    if not 0 < month_count < len(ordered):
        return sides
    is_newest = pl.col(STATEMENT_MONTH).is_in(ordered.tail(month_count).to_list())
    test = pl.concat([sides.test, sides.development.filter(is_newest)]).sort(KEY)
    return Split(development=sides.development.filter(~is_newest), test=test)


def assign_sides(
    rows: pl.DataFrame, *, test_share: float = 0.2, salt: str = DEFAULT_SALT
) -> pl.Series:
    """Return True for each row whose client is on the test side, in row order.

    Args:
        rows: Checked rows.
        test_share: As in `split`.
        salt: As in `split`.
    """
    groups = _link_clients(rows, salt=salt)
    return pl.Series("in_test", (groups.least_share < test_share)[groups.group_of_row])


def assign_folds(rows: pl.DataFrame, *, fold_count: int = 5, seed: int = 0) -> Integers:
    """Return each row's fold, 0 to `fold_count - 1`, in row order; linked clients share a fold.

    Groups are dealt out in turn within strata of equal size and equal number of defaults, in the
    order of their hashes. Folds therefore differ by at most one group per stratum, and the order of
    the rows does not matter.

    Args:
        rows: Checked rows. A null or absent outcome counts as no default.
        fold_count: Number of folds.
        seed: Another seed gives other folds.
    """
    groups = _link_clients(rows, salt=f"folds/{seed}")
    count = groups.least_share.size
    sizes = np.bincount(groups.group_of_row, minlength=count)
    defaulted = (
        rows[OUTCOME].fill_null(0).to_numpy() if OUTCOME in rows.columns else np.zeros(rows.height)
    )
    defaults = np.bincount(groups.group_of_row, weights=defaulted, minlength=count)
    # Largest groups first, and dealing continues from one stratum to the next, so that no fold
    # collects the remainders.
    order = np.lexsort((groups.least_share, -defaults, -sizes))
    folds = np.empty(count, dtype=np.int64)
    folds[order] = np.arange(count) % fold_count
    return folds[groups.group_of_row]


def _link_clients(rows: pl.DataFrame, *, salt: str) -> _LinkedClients:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    clients = rows[CLIENT_ID].unique().sort()
    numbered = pl.DataFrame({CLIENT_ID: clients}).with_row_index("client")
    client = (
        rows.select(CLIENT_ID)
        .join(numbered, on=CLIENT_ID, how="left", maintain_order="left")
        .get_column("client")
    )
    identical = _find_identical_rows(rows, client=client)
    links = coo_array(
        (np.ones(identical.height), (identical["client"], identical["other"])),
        shape=(len(clients), len(clients)),
    )
    _, group_of_client = connected_components(links, directed=False)
    shares = np.fromiter(
        (_hash_share(name, salt=salt) for name in clients), dtype=np.float64, count=len(clients)
    )
    least = np.full(int(group_of_client.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, group_of_client, shares)
    return _LinkedClients(
        group_of_row=group_of_client[client.to_numpy()].astype(np.int64), least_share=least
    )


def _find_identical_rows(rows: pl.DataFrame, *, client: pl.Series) -> pl.DataFrame:
    """Return pairs (client, other) with identical rows of inputs; `other` is the first of them."""
    inputs = [name for name in rows.columns if name not in {*KEY, OUTCOME}]
    if not inputs:
        return pl.DataFrame(
            {"client": [], "other": []}, schema={"client": pl.UInt32, "other": pl.UInt32}
        )
    paired = (
        rows.select(inputs).with_columns(client).group_by(inputs).agg(pl.col("client").unique())
    )
    several = paired.select("client").filter(pl.col("client").list.len() > 1)
    return several.with_columns(pl.col("client").list.min().alias("other")).explode("client")


def _hash_share(client_id: str, *, salt: str) -> float:
    """Return the client's position between 0 and 1, the same on every platform."""
    digest = blake2b(f"{salt}|{client_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
