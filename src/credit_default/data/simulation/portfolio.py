"""One month of a portfolio: which accounts end and which clients replace them.

A default does not end an account. It ends when it is charged off, closed by its owner or displaced
by a campaign; a new client with a new client_id then takes its slot, so that the portfolio keeps
its size.
"""

from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.accounts import USUAL_CLIENT_MIX, Accounts
from credit_default.data.simulation.payments_and_bills import advance_accounts, find_limit_group
from credit_default.data.simulation.scenarios import CALM_CONDITIONS, FeedFault, MonthConditions
from credit_default.data.simulation.tables import (
    Codes,
    Float32Array,
    SimulationTables,
    find_utilisation_band,
)

# Share of accounts charged off in a month, by status from -2 to 8: none below status 4, all at 8.
CHARGE_OFF_SHARE = np.array([0, 0, 0, 0, 0, 0, 0.05, 0.10, 0.20, 0.40, 1.0], dtype=np.float32)
CLOSURE_SHARE = 0.003  # accounts that their owners close in a month
REPLACEMENT_SHARE = 1.0  # ended accounts whose slot a new client takes at once
# Of the clients whose outcome was default, the share whose next statement shows no arrears of two
# months or more (of the others: .95). It follows from STATUS_ECHO: a default here is a missed
# month, and most clients cure.
CURE_SHARE = 0.70
HIGHEST_LIMIT = 1_000_000  # NT dollars
LIMIT_STEP = 10_000
EDUCATION_SWAP = np.array([0, 3, 2, 1, 4, 5, 6])


def advance_portfolio(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    *,
    conditions: MonthConditions = CALM_CONDITIONS,
) -> Accounts:
    """Return the same slots one month later.

    Clients who stay have another month of history; the others are replaced by new clients with a
    history of their own.

    Args:
        tables: The fitted tables.
        accounts: The accounts at the month before.
        rng: The month's generator.
        conditions: What the month does to every account.
    """
    count = len(accounts.slot)
    ended = rng.random(count, dtype=np.float32) < CHARGE_OFF_SHARE[accounts.statuses[0]]
    ended |= rng.random(count, dtype=np.float32) < CLOSURE_SHARE
    displaced = ~ended & (rng.random(count, dtype=np.float32) < conditions.newcomer_share)
    advanced = advance_accounts(tables, accounts, rng, hardship=conditions.hardship)
    for replaced, client_mix in ((ended, USUAL_CLIENT_MIX), (displaced, conditions.client_mix)):
        places = np.flatnonzero(replaced)
        if len(places):
            newcomers = open_accounts(
                tables,
                rng,
                accounts.slot[places],
                client_mix=client_mix,
                hardship=conditions.hardship,
            )
            newcomers = replace(newcomers, generation=accounts.generation[places] + 1)
            advanced = _replace_accounts(advanced, newcomers, places)
    return advanced


def raise_limits(tables: SimulationTables, accounts: Accounts, *, factor: float) -> Accounts:
    """Return the accounts with their limits multiplied, in steps of 10,000 NT dollars.

    Args:
        tables: The fitted tables.
        accounts: The accounts, which do not change.
        factor: What limits are multiplied by; none exceeds 1,000,000 NT dollars.
    """
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
    """Return the accounts as a broken feed delivers them.

    Args:
        accounts: The accounts, which do not change.
        fault: Which shares of the rows are delivered wrongly, and how.
        rng: The generator that rows are drawn from.
    """
    count = len(accounts.slot)
    in_thousands, stale, swapped = (
        rng.random(count, dtype=np.float32) < share
        for share in (fault.unit_error_share, fault.stale_share, fault.swapped_share)
    )
    unit = np.where(in_thousands, np.float32(1000), np.float32(1))
    payments: tuple[Float32Array, ...] = tuple(
        np.rint(payment / unit) for payment in accounts.payments
    )
    latest = np.where(stale, payments[1], payments[0])
    education = np.where(swapped, EDUCATION_SWAP[accounts.education], accounts.education)
    return replace(accounts, payments=(latest, *payments[1:]), education=education)


def _replace_accounts(accounts: Accounts, newcomers: Accounts, places: Codes) -> Accounts:
    """Return the accounts with newcomers at these places; neither argument changes."""
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
