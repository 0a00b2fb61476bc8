"""Open accounts: draw new clients and six months of history for each."""

from dataclasses import replace

import numpy as np

from credit_default.data.simulation.accounts import USUAL_CLIENT_MIX, Accounts, NewClientMix
from credit_default.data.simulation.habit_draws import (
    draw_normal,
    draw_status_score,
    draw_uniform,
    mix_with_habit,
)
from credit_default.data.simulation.payments_and_bills import (
    MOST_OVERPAID,
    advance_accounts,
    find_limit_group,
)
from credit_default.data.simulation.tables import (
    AGE_EDGES,
    HABIT_GROUP,
    HISTORY_STEPS,
    LIMIT_GROUP_COUNT,
    Codes,
    Float32Array,
    SimulationTables,
    compute_normal_share,
    draw_category,
    draw_knot,
    draw_quantile,
    find_band,
    find_utilisation_band,
)


def open_accounts(
    tables: SimulationTables,
    rng: np.random.Generator,
    slot: Codes,
    *,
    client_mix: NewClientMix = USUAL_CLIENT_MIX,
    hardship: float = 0.0,
) -> Accounts:
    """Return new accounts in these slots, with six months of history.

    They are drawn as a portfolio that is taken over would bring them.

    Args:
        tables: The fitted tables.
        rng: The generator to draw from.
        slot: The slots that the accounts take.
        client_mix: Which clients are taken in.
        hardship: Standard deviations by which statuses rise and payments fall, in the newest month
            only.
    """
    accounts = _draw_oldest_month(tables, _draw_clients(tables, rng, slot, client_mix), rng)
    for step in range(HISTORY_STEPS - 1):
        accounts = advance_accounts(tables, accounts, rng, step=step)
    return advance_accounts(tables, accounts, rng, step=HISTORY_STEPS - 1, hardship=hardship)


def _draw_clients(
    tables: SimulationTables, rng: np.random.Generator, slot: Codes, client_mix: NewClientMix
) -> Accounts:
    """Return new accounts in these slots, before their first statement."""
    count = len(slot)
    limit_uniform = draw_uniform(rng, count) ** np.float32(client_mix.limit_tilt)
    limit = tables.limit_values[
        np.searchsorted(tables.limit_share[:-1], limit_uniform, side="right")
    ]
    group = find_limit_group(tables, limit)
    age = draw_knot(
        tables.age_knots, group, draw_uniform(rng, count) ** np.float32(client_mix.age_tilt)
    )
    age_band, age_band_count = find_band(age, AGE_EDGES), len(AGE_EDGES) + 1
    group_age = group * age_band_count + age_band
    education = draw_category(tables.education_share, group_age, draw_uniform(rng, count))
    payment_habit = draw_normal(rng, count)
    nothing = np.zeros(count, dtype=np.intp)
    return Accounts(
        slot=slot,
        generation=nothing + 1,
        limit=limit,
        limit_group=group,
        sex=1 + draw_category(tables.sex_share, group_age, draw_uniform(rng, count)),
        education=education,
        marriage=draw_category(
            tables.marriage_share, education * age_band_count + age_band, draw_uniform(rng, count)
        ),
        age=age,
        payment_habit=payment_habit,
        spending_habit=mix_with_habit(
            tables.habit_correlation[0], payment_habit, draw_normal(rng, count)
        ),
        statuses=(),
        latest_status=nothing,
        band=nothing,
        bills=(),
        payments=(),
        outcome_score=draw_normal(rng, count),
    )


def _draw_oldest_month(
    tables: SimulationTables, accounts: Accounts, rng: np.random.Generator
) -> Accounts:
    """Return the accounts at the oldest month of their history, with one status before it."""
    lateness = draw_status_score(accounts, rng) + tables.opening_status_shifts[accounts.education]
    status = draw_category(
        tables.opening_status_share, accounts.limit_group, compute_normal_share(lateness)
    )
    bill = _draw_oldest_bill(tables, accounts, rng, habit=HABIT_GROUP[status])
    payment = _draw_oldest_payment(tables, accounts, rng, habit=HABIT_GROUP[status], bill=bill)
    elder = draw_category(tables.elder_status_share, status, draw_uniform(rng, len(accounts.slot)))
    return replace(
        accounts,
        statuses=(status, elder),
        band=find_utilisation_band(bill, accounts.limit),
        bills=(bill,),
        payments=(payment,),
    )


def _draw_oldest_bill(
    tables: SimulationTables, accounts: Accounts, rng: np.random.Generator, *, habit: Codes
) -> Float32Array:
    spending = mix_with_habit(
        tables.opening_loading[habit], accounts.spending_habit, draw_normal(rng, len(habit))
    )
    spending += tables.opening_bill_shifts[accounts.education]
    cell = habit * LIMIT_GROUP_COUNT + accounts.limit_group
    use = draw_quantile(tables.opening_bill_knots, cell, compute_normal_share(spending))
    bill: Float32Array = np.rint(use * accounts.limit)
    return bill


def _draw_oldest_payment(
    tables: SimulationTables,
    accounts: Accounts,
    rng: np.random.Generator,
    *,
    habit: Codes,
    bill: Float32Array,
) -> Float32Array:
    paying = mix_with_habit(
        tables.payment_loading[0], accounts.payment_habit, draw_normal(rng, len(habit))
    )
    bill_band = habit * (len(tables.bill_edges) + 1) + find_band(bill, tables.bill_edges)
    cell = bill_band * LIMIT_GROUP_COUNT + accounts.limit_group
    payment = draw_quantile(tables.opening_payment_knots, cell, compute_normal_share(paying))
    rounded: Float32Array = np.rint(np.minimum(payment, MOST_OVERPAID * accounts.limit))
    return rounded
