"""Who learns and who tests: sides and folds by client, never by row or by position.

A client's side hangs on a hash of the id alone, so that it is the same on every machine, in every order and after
data is added. Clients with an identical row of inputs are linked and go together: a twin of a test client would
carry the answer over. A group is on the test side when any of its clients hashes there, so that joining two groups
can move development clients to the test side, and never a test client to development.
"""

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import numpy.typing as npt
import polars as pl

from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME

DEFAULT_SALT = "credit-default/split/1"

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Split:
    """Rows to develop with, and rows of other clients to test with; each side sorted by its key."""

    development: pl.DataFrame
    test: pl.DataFrame


@dataclass(frozen=True, slots=True)
class _LinkedClients:
    """Linked clients: `of_row` numbers each row's group from 0; `least_share` is the group's smallest hash, 0 to 1."""

    of_row: Integers
    least_share: npt.NDArray[np.float64]


def split(rows: pl.DataFrame, *, test_share: float = 0.2, salt: str = DEFAULT_SALT) -> Split:
    """The rows on their sides; about `test_share` (0 to 1) of the clients, and all that is linked to them, test."""
    in_test = assign_sides(rows, test_share=test_share, salt=salt)
    return Split(development=rows.filter(~in_test).sort(KEY), test=rows.filter(in_test).sort(KEY))


def assign_sides(
    rows: pl.DataFrame, *, test_share: float = 0.2, salt: str = DEFAULT_SALT
) -> pl.Series:
    """True for each row whose client is on the test side, in the rows' order."""
    groups = _link_clients(rows, salt=salt)
    return pl.Series("in_test", (groups.least_share < test_share)[groups.of_row])


def assign_folds(rows: pl.DataFrame, *, fold_count: int = 5, seed: int = 0) -> Integers:
    """Each row's fold, 0 to fold_count - 1, in the rows' order; linked clients share a fold.

    Groups are dealt out in turn within strata of equal size and equal number of defaults, in the order of their
    hashes: folds differ by at most one group a stratum, and neither rows nor their order decide who meets whom.
    A null or absent outcome counts as no default.
    """
    groups = _link_clients(rows, salt=f"folds/{seed}")
    count = groups.least_share.size
    sizes = np.bincount(groups.of_row, minlength=count)
    defaulted = (
        rows[OUTCOME].fill_null(0).to_numpy() if OUTCOME in rows.columns else np.zeros(rows.height)
    )
    defaults = np.bincount(groups.of_row, weights=defaulted, minlength=count)
    # Largest groups first, and the deal goes on from one stratum to the next, so that no fold collects the remainders.
    order = np.lexsort((groups.least_share, -defaults, -sizes))
    folds = np.empty(count, dtype=np.int64)
    folds[order] = np.arange(count) % fold_count
    return folds[groups.of_row]


def _link_clients(rows: pl.DataFrame, *, salt: str) -> _LinkedClients:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    clients = rows[CLIENT_ID].unique().sort()
    client = (
        rows[CLIENT_ID]
        .to_frame()
        .join(
            pl.DataFrame({CLIENT_ID: clients}).with_row_index("client"),
            on=CLIENT_ID,
            how="left",
            maintain_order="left",
        )["client"]
    )
    twins = _find_identical_rows(rows, client=client)
    links = coo_array(
        (np.ones(twins.height), (twins["client"], twins["other"])),
        shape=(len(clients), len(clients)),
    )
    _, group_of_client = connected_components(links, directed=False)
    shares = np.fromiter(
        (_hash_share(name, salt=salt) for name in clients), dtype=np.float64, count=len(clients)
    )
    least = np.full(int(group_of_client.max(initial=-1)) + 1, np.inf)
    np.minimum.at(least, group_of_client, shares)
    return _LinkedClients(
        of_row=group_of_client[client.to_numpy()].astype(np.int64), least_share=least
    )


def _find_identical_rows(rows: pl.DataFrame, *, client: pl.Series) -> pl.DataFrame:
    """Pairs (client, other) with an identical row of inputs, other being the first such client."""
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
    """The client's place between 0 and 1, the same on every platform."""
    digest = blake2b(f"{salt}|{client_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64
