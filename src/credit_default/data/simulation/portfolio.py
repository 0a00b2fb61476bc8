"""Who stays, who leaves and who comes: one month in the life of a portfolio, above the single account's.

A default does not end an account. It ends when it is charged off, closed by its owner or displaced by a campaign, and a
new client with a new client_id then takes its slot, so that a portfolio keeps its size.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.data.simulation.accounts import USUAL_CLIENT_MIX, Accounts
from credit_default.data.simulation.payments_and_bills import (
    advance_accounts,
    find_limit_group,
    open_accounts,
)
from credit_default.data.simulation.scenarios import CALM_CONDITIONS, FeedFault, MonthConditions
from credit_default.data.simulation.tables import (
    Codes,
    Floats,
    SimulationTables,
    find_utilisation_band,
)

# Share of accounts charged off in a month by status, -2 to 8: from status 4 on, the eighth month is the last.
CHARGE_OFF_SHARE = np.array([0, 0, 0, 0, 0, 0, 0.05, 0.10, 0.20, 0.40, 1.0], dtype=np.float32)
CLOSURE_SHARE = 0.003  # accounts that their owners close in a month
REPLACEMENT_SHARE = 1.0  # ended accounts whose slot a new client takes at once
# Of those whose outcome was default, the share whose next statement shows no arrears of two months or more (of the
# others: .95). It follows from STATUS_ECHO; a default here is a missed month, and most cure.
CURE_SHARE = 0.70
HIGHEST_LIMIT = 1_000_000  # NT dollars
LIMIT_STEP = 10_000
EDUCATION_SWAP = np.array([0, 3, 2, 1, 4, 5, 6])


def advance_portfolio(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    *,
    climate: MonthConditions = CALM_CONDITIONS,
) -> Accounts:
    """The same slots one month later: those who stay have lived on, the others are new clients with a history."""
    count = len(accounts.slot)
    ended = rng.random(count, dtype=np.float32) < CHARGE_OFF_SHARE[accounts.statuses[0]]
    ended |= rng.random(count, dtype=np.float32) < CLOSURE_SHARE
    displaced = ~ended & (rng.random(count, dtype=np.float32) < climate.newcomer_share)
    lived = advance_accounts(tables, accounts, rng, hardship=climate.hardship)
    for gone, intake in ((ended, USUAL_CLIENT_MIX), (displaced, climate.intake)):
        places = np.flatnonzero(gone)
        if len(places):
            newcomers = open_accounts(
                tables, rng, accounts.slot[places], intake=intake, hardship=climate.hardship
            )
            newcomers = replace(newcomers, generation=accounts.generation[places] + 1)
            lived = _replace_accounts(lived, newcomers, places)
    return lived


def raise_limits(tables: SimulationTables, accounts: Accounts, *, factor: float) -> Accounts:
    """The accounts with limits multiplied, in steps of 10,000 up to 1,000,000 NT dollars."""
    limit = np.minimum(
        np.rint(accounts.limit * np.float32(factor) / LIMIT_STEP) * LIMIT_STEP, HIGHEST_LIMIT
    )
    limit = limit.astype(np.float32)
    return replace(
        accounts,
        limit=limit,
        limit_group=find_limit_group(tables, limit),
        band=find_utilisation_band(accounts.bills[0], limit),
    )


def apply_feed_fault(accounts: Accounts, fault: FeedFault, rng: np.random.Generator) -> Accounts:
    """The accounts as a broken feed delivers them; the accounts themselves are not touched."""
    count = len(accounts.slot)
    in_thousands, stale, swapped = (
        rng.random(count, dtype=np.float32) < share
        for share in (fault.unit_error_share, fault.stale_share, fault.swapped_share)
    )
    unit = np.where(in_thousands, np.float32(1000), np.float32(1))
    payments: tuple[Floats, ...] = tuple(np.rint(payment / unit) for payment in accounts.payments)
    latest = np.where(stale, payments[1], payments[0])
    education = np.where(swapped, EDUCATION_SWAP[accounts.education], accounts.education)
    return replace(accounts, payments=(latest, *payments[1:]), education=education)


def _replace_accounts(accounts: Accounts, newcomers: Accounts, places: Codes) -> Accounts:
    """The accounts with newcomers in these places; neither argument changes."""
    changes: dict[str, Any] = {}
    for field in fields(Accounts):
        old, new = getattr(accounts, field.name), getattr(newcomers, field.name)
        if isinstance(old, tuple):
            changes[field.name] = tuple(
                _replace_places(mine, theirs, places) for mine, theirs in zip(old, new, strict=True)
            )
        else:
            changes[field.name] = _replace_places(old, new, places)
    return replace(accounts, **changes)


def _replace_places(old: NDArray[Any], new: NDArray[Any], places: Codes) -> NDArray[Any]:
    merged = old.copy()
    merged[places] = new
    return merged
