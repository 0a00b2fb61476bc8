"""Split rows into development and test sides, and into folds, by client.

A client's side depends on a hash of its id alone, so that it is the same on every machine, in every
order and after data is added. Clients with an identical row of inputs are linked and stay together,
because one of them would leak the outcome of the other, where the row is rare enough to be a twin
(docs/adr/0024). A group of linked clients is on the test side when any of them hashes there.
"""

from dataclasses import dataclass
from hashlib import blake2b
from math import sqrt
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME, STATEMENT_MONTH
from credit_default.data.twins import CLIENT, OTHER, find_twins
from credit_default.errors import InputError

_MOST_SHARE_DEVIATIONS: Final = 5.0  # of the share of clients whose hash is below it
_FEWEST_GROUPS_TO_CHECK: Final = 100  # with fewer groups, sides and folds are uneven by chance

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
        client_count: Each group's number of clients.
    """

    group_of_row: Integers
    least_share: npt.NDArray[np.float64]
    client_count: Integers


def split(rows: pl.DataFrame, *, test_share: float = 0.2, salt: str = DEFAULT_SALT) -> Split:
    """Split the rows into the development side and the test side.

    Args:
        rows: Checked rows.
        test_share: The share (0–1) of the clients that hash to the test side; clients linked to
            them follow, so that slightly more are tested.
        salt: Text that the hash depends on; another salt gives another split.

    Raises:
        InputError: the test side is far from its share of the rows.
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

    Raises:
        InputError: as in `split`.
    """
    groups = _link_clients(rows, salt=salt)
    in_test = (groups.least_share < test_share)[groups.group_of_row]
    _check_test_share(groups, in_test, test_share=test_share)
    return pl.Series("in_test", in_test)


def assign_folds(rows: pl.DataFrame, *, fold_count: int = 5, seed: int = 0) -> Integers:
    """Return each row's fold, 0 to `fold_count - 1`, in row order; linked clients share a fold.

    Groups are dealt out in turn within strata of equal size and equal number of defaults, in the
    order of their hashes. Folds therefore differ by at most one group per stratum, and the order of
    the rows does not matter.

    Args:
        rows: Checked rows. A null or absent outcome counts as no default.
        fold_count: Number of folds.
        seed: Another seed gives other folds.

    Raises:
        InputError: a fold has more than twice its share of the rows.
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
    _check_folds(groups, folds[groups.group_of_row], fold_count=fold_count)
    return folds[groups.group_of_row]


def _check_test_share(
    groups: _LinkedClients, in_test: npt.NDArray[np.bool_], *, test_share: float
) -> None:
    """Check that the test side has about the share of rows that was asked for."""
    if groups.least_share.size < _FEWEST_GROUPS_TO_CHECK:
        return
    found, chance = float(in_test.mean()), sqrt(test_share * (1 - test_share))
    allowed = max(
        min(test_share, 1 - test_share) / 2,
        _MOST_SHARE_DEVIATIONS * chance / sqrt(groups.least_share.size),
    )
    if abs(found - test_share) > allowed:
        raise _describe_uneven_rows(
            "split of the rows into development and test side",
            groups,
            found=f"{found:.1%} of {len(in_test):,} rows on the test side",
            expected=f"about {test_share:.1%}",
        )


def _check_folds(groups: _LinkedClients, folds: Integers, *, fold_count: int) -> None:
    if groups.least_share.size < _FEWEST_GROUPS_TO_CHECK:
        return
    largest = int(np.bincount(folds).max())
    if largest * fold_count > 2 * len(folds):
        raise _describe_uneven_rows(
            f"split of the rows into {fold_count} folds",
            groups,
            found=f"{largest:,} of {len(folds):,} rows in one fold",
            expected=f"about {len(folds) // fold_count:,}",
        )


def _describe_uneven_rows(
    thing: str, groups: _LinkedClients, *, found: str, expected: str
) -> InputError:
    largest = int(np.bincount(groups.group_of_row).max())
    linked = groups.client_count[groups.client_count > 1].sum() / groups.client_count.sum()
    return InputError(
        thing,
        found=f"{found}: {linked:.0%} of the clients have the same rare row as another one, and the "
        f"largest group of linked clients has {largest:,} rows",
        expected=expected,
        remedy="Check whether the column client_id names the clients, and whether rows were "
        "delivered twice.",
    )


def _link_clients(rows: pl.DataFrame, *, salt: str) -> _LinkedClients:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    clients = rows[CLIENT_ID].unique().sort()
    numbered = pl.DataFrame({CLIENT_ID: clients}).with_row_index(CLIENT)
    client = (
        rows.select(CLIENT_ID)
        .join(numbered, on=CLIENT_ID, how="left", maintain_order="left")
        .get_column(CLIENT)
    )
    identical = find_twins(rows, client=client)
    links = coo_array(
        (np.ones(identical.height), (identical[CLIENT], identical[OTHER])),
        shape=(len(clients), len(clients)),
    )
    _, group_of_client = connected_components(links, directed=False)
    shares = np.fromiter(
        (_hash_share(name, salt=salt) for name in clients), dtype=np.float64, count=len(clients)
    )
    least = np.full(int(group_of_client.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, group_of_client, shares)
    return _LinkedClients(
        group_of_row=group_of_client[client.to_numpy()].astype(np.int64),
        least_share=least,
        client_count=np.bincount(group_of_client, minlength=least.size),
    )


def _hash_share(client_id: str, *, salt: str) -> float:
    """Return the client's position between 0 and 1, the same on every platform."""
    digest = blake2b(f"{salt}|{client_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
