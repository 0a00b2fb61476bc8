"""The swap set of two versions: who changes side when one takes the other's place, and how these clients turned out."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from credit_default.errors import InputError
from credit_default.model.evaluation.intervals import Metric, measure_share
from credit_default.model.statistics.clustered_errors import measure_clustered_error

UNKNOWN: Final = -1  # an outcome that is not known


@dataclass(frozen=True, slots=True)
class SwapGroup:
    """The rows on which the two versions decide in one of four ways.

    Shares are 0-1. The default share has Wilson's interval, for as many independent rows as the
    clients' repeated rows are worth.
    """

    declined_by_first: bool
    declined_by_second: bool
    row_count: int
    share: float  # of all rows
    first_probability: float  # mean, 0-1; NaN without rows
    second_probability: float
    known_count: int  # rows with a known outcome
    default_count: int
    default_share: Metric | None  # of the known rows; None where none is known

    @property
    def changes_side(self) -> bool:
        """Return whether the versions decide differently on these rows."""
        return self.declined_by_first != self.declined_by_second


def measure_swap_set(
    first: Any,
    second: Any,
    *,
    first_threshold: float,
    second_threshold: float,
    outcome: Any,
    clients: Any,
) -> tuple[SwapGroup, ...]:
    """Return the four groups: declined to accepted, accepted to declined, both declined, both accepted.

    Args:
        first: Default probabilities (0-1) by the first version, of shape (rows,).
        second: Those by the second version, in the same order.
        first_threshold: Where the first version begins to decline, 0-1.
        second_threshold: Where the second one does.
        outcome: 0, 1, or `UNKNOWN`, in the same order.
        clients: Whose row it is; rows of one client are not independent.

    Raises:
        InputError: There are no rows, or the arrays have different lengths.
    """
    lengths = {len(values) for values in (first, second, outcome, clients)}
    if len(lengths) > 1 or not lengths - {0}:
        raise InputError(
            "swap set",
            found=f"arrays of {sorted(lengths)} rows",
            expected="one length, of at least one row",
            remedy="Compare versions on the rows that both scored.",
        )
    columns = _Columns(*map(np.asarray, (first, second, outcome, clients)))
    before, after = columns.first >= first_threshold, columns.second >= second_threshold
    ways = ((True, False), (False, True), (True, True), (False, False))
    return tuple(
        _measure_group(columns, (before == old) & (after == new), declined=(old, new))
        for old, new in ways
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Columns:
    first: np.ndarray
    second: np.ndarray
    outcome: np.ndarray
    clients: np.ndarray


def _measure_group(
    columns: _Columns, rows: np.ndarray, *, declined: tuple[bool, bool]
) -> SwapGroup:
    known = rows & (columns.outcome != UNKNOWN)
    outcome, clients = columns.outcome[known].astype(np.float64), columns.clients[known]
    row_count = int(rows.sum())
    return SwapGroup(
        *declined,
        row_count,
        row_count / len(rows),
        float(columns.first[rows].mean()) if row_count else float("nan"),
        float(columns.second[rows].mean()) if row_count else float("nan"),
        len(outcome),
        int(outcome.sum()),
        measure_clustered_share(outcome, clients) if len(outcome) else None,
    )


def measure_clustered_share(outcome: Any, clients: Any) -> Metric:
    """Return the share of ones with Wilson's 95 % interval, for repeated rows of the same clients.

    Their number is replaced by the number of independent rows with the same error (Korn and
    Graubard 1998, Survey Methodology 24, 193-201): never more than there are, nor fewer than clients
    where all outcomes are the same.
    """
    values = np.asarray(outcome, dtype=np.float64)
    share, count = float(values.mean()), len(values)
    client_count = len(np.unique(np.asarray(clients)))
    variance = measure_clustered_error((values - share) / count, clients) ** 2
    is_measurable = np.isfinite(variance) and variance > 0 and client_count < count
    worth = share * (1 - share) / variance if is_measurable else float(client_count)
    size = min(float(count), max(1.0, worth))
    return measure_share(int(values.sum()), count, design_effect=count / size)
