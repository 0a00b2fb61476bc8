"""How clients live from one statement to the next: pay, spend, be billed, be late or not.

`open_accounts` gives clients their first six months; `advance` takes every account one month further. Both act on one
block of clients, given a generator, and know nothing of months by name, outcomes or files.
"""

from dataclasses import dataclass, replace

import numpy as np

from credit_default.data.simulation.accounts import USUAL_INTAKE, Accounts, Intake
from credit_default.data.simulation.tables import (
    AGE_EDGES,
    BAND_COUNT,
    EDUCATION_COUNT,
    ELDER_GROUP,
    ELDER_GROUP_COUNT,
    FIRST_OWING_GROUP,
    FULL,
    HABIT_GROUP,
    HISTORY_STEPS,
    LATE_HABIT,
    LATEST_GROUP,
    LIMIT_GROUP_COUNT,
    NOT_DUE,
    PART,
    PLACE_OF_ZERO,
    Codes,
    Floats,
    Tables,
    band_of,
    draw_knot,
    draw_place,
    draw_quantile,
    normal_share,
    spending_group,
    utilisation_band,
)

STATUS_ECHO = 0.5  # correlation of a month's outcome with the next month's status: who defaults is seen to be late
STATUS_HABIT = 0.25  # correlation of the payment habit with every month's status
# Bounds that the tails of the tables never pass, whatever a small limit or a scenario does with them.
MOST_BEHIND = 2  # how far a status rises above the last one, or above 0, in a month
MOST_OVERPAID = np.float32(3)  # limits paid beyond the bill
MOST_USED = np.float32(10)  # limits owed


def open_accounts(
    tables: Tables,
    rng: np.random.Generator,
    slot: Codes,
    *,
    intake: Intake = USUAL_INTAKE,
    hardship: float = 0.0,
) -> Accounts:
    """New accounts in these slots with six months of history, as a portfolio that is taken over brings them.

    `hardship` presses on the newest month only, as in `advance`.
    """
    accounts = _start(tables, _take_in(tables, rng, slot, intake), rng)
    for step in range(HISTORY_STEPS - 1):
        accounts = advance(tables, accounts, rng, step=step)
    return advance(tables, accounts, rng, step=HISTORY_STEPS - 1, hardship=hardship)


def advance(
    tables: Tables, accounts: Accounts, rng: np.random.Generator, *, step: int = HISTORY_STEPS, hardship: float = 0.0
) -> Accounts:
    """The same accounts one statement later: the last bill met, new charges billed, the status set.

    `step` 0 to 4 builds an opening history (m5 … m1), 5 is any month after it. `hardship`, in standard deviations, raises
    statuses and lowers payments.
    """
    settled = _settle(tables, accounts, rng, shift=float(tables.payment_shifts[step]) - hardship)
    bill = _bill(tables, accounts, rng, settled, shifts=tables.charge_shifts[step])
    band = utilisation_band(bill, accounts.limit)
    cell = status_cell(accounts.statuses[0], accounts.statuses[1], settled.bill_class, band)
    shift = tables.status_shifts.ravel()[accounts.limit_group * EDUCATION_COUNT + accounts.education]
    uniform = _status_uniform(accounts, rng, shift + np.float32(hardship))
    worst = np.maximum(accounts.statuses[0], PLACE_OF_ZERO) + MOST_BEHIND
    status = np.minimum(draw_place(tables.status_share[step], cell, uniform), worst)
    latest = status
    if step >= HISTORY_STEPS - 1:
        # One uniform for both codings: the provisional status and what it is recoded to tell the same story.
        latest = np.minimum(draw_place(tables.latest_share[step - HISTORY_STEPS + 1], cell, uniform), worst)
    return replace(
        accounts,
        statuses=(status, *accounts.statuses[:5]),
        latest_status=latest,
        band=band,
        bills=(bill, *accounts.bills[:5]),
        payments=(settled.payment, *accounts.payments[:5]),
        fortune=_normal(rng, len(bill)),
    )


def _take_in(tables: Tables, rng: np.random.Generator, slot: Codes, intake: Intake) -> Accounts:
    """New accounts in these slots, before their first statement."""
    count = len(slot)
    limit_uniform = _uniform(rng, count) ** np.float32(intake.limit_tilt)
    limit = tables.limit_values[np.searchsorted(tables.limit_share[:-1], limit_uniform, side="right")]
    group = limit_group(tables, limit)
    age = draw_knot(tables.age_knots, group, _uniform(rng, count) ** np.float32(intake.age_tilt))
    age_band, age_band_count = band_of(age, AGE_EDGES), len(AGE_EDGES) + 1
    group_age = group * age_band_count + age_band
    education = draw_place(tables.education_share, group_age, _uniform(rng, count))
    payment_habit = _normal(rng, count)
    nothing = np.zeros(count, dtype=np.intp)
    return Accounts(
        slot=slot,
        generation=nothing + 1,
        limit=limit,
        limit_group=group,
        sex=1 + draw_place(tables.sex_share, group_age, _uniform(rng, count)),
        education=education,
        marriage=draw_place(tables.marriage_share, education * age_band_count + age_band, _uniform(rng, count)),
        age=age,
        payment_habit=payment_habit,
        spending_habit=_mixed(tables.habit_correlation[0], payment_habit, _normal(rng, count)),
        statuses=(),
        latest_status=nothing,
        band=nothing,
        bills=(),
        payments=(),
        fortune=_normal(rng, count),
    )


def _start(tables: Tables, accounts: Accounts, rng: np.random.Generator) -> Accounts:
    """The accounts at the oldest month of their history, and the status one month before it."""
    count, group = len(accounts.slot), accounts.limit_group
    lateness = _status_score(accounts, rng) + tables.opening_status_shifts[accounts.education]
    status = draw_place(tables.opening_status_share, group, normal_share(lateness))
    habit = HABIT_GROUP[status]
    spending = _mixed(tables.opening_loading[habit], accounts.spending_habit, _normal(rng, count))
    spending += tables.opening_bill_shifts[accounts.education]
    use = draw_quantile(tables.opening_bill_knots, habit * LIMIT_GROUP_COUNT + group, normal_share(spending))
    bill = np.rint(use * accounts.limit)
    paying = _mixed(tables.payment_loading[0], accounts.payment_habit, _normal(rng, count))
    bill_band = habit * (len(tables.bill_edges) + 1) + band_of(bill, tables.bill_edges)
    payment = draw_quantile(tables.opening_payment_knots, bill_band * LIMIT_GROUP_COUNT + group, normal_share(paying))
    return replace(
        accounts,
        statuses=(status, draw_place(tables.elder_status_share, status, _uniform(rng, count))),
        band=utilisation_band(bill, accounts.limit),
        bills=(bill,),
        payments=(np.rint(np.minimum(payment, MOST_OVERPAID * accounts.limit)),),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Settlement:
    """How a bill is met: the class, and the payment in NT dollars."""

    bill_class: Codes
    payment: Floats


def _settle(tables: Tables, accounts: Accounts, rng: np.random.Generator, *, shift: float) -> _Settlement:
    """How last month's bill is met this month."""
    bill, status = accounts.bills[0], accounts.statuses[0]
    count, habit = len(bill), HABIT_GROUP[status]
    bill_class = draw_place(tables.class_share, LATEST_GROUP[status] * BAND_COUNT + accounts.band, _uniform(rng, count))
    bill_class[bill <= 0] = NOT_DUE
    score = _mixed(tables.payment_loading[0], accounts.payment_habit, _normal(rng, count))
    uniform = normal_share(score + np.float32(shift))
    band, band_count = band_of(bill, tables.bill_edges), len(tables.bill_edges) + 1
    part = (habit >= LATE_HABIT) * band_count + band
    is_round = _uniform(rng, count) < tables.round_share.ravel()[part]
    uneven = draw_quantile(tables.part_knots, part, uniform) * bill
    partly = np.where(is_round, draw_knot(tables.round_knots, part, uniform), uneven)
    wholly = draw_quantile(tables.full_knots, habit * band_count + band, uniform) * bill
    idly = draw_quantile(tables.idle_knots, np.zeros(count, dtype=np.intp), uniform)
    chosen = [np.clip(partly, 1, np.maximum(bill - 1, 1)), np.maximum(wholly, bill), idly]
    amount = np.select([bill_class == PART, bill_class == FULL, bill_class == NOT_DUE], chosen, np.float32(0))
    most = np.maximum(bill, 0) + MOST_OVERPAID * accounts.limit
    return _Settlement(bill_class, np.rint(np.minimum(amount, most)))


def _bill(
    tables: Tables, accounts: Accounts, rng: np.random.Generator, settled: _Settlement, *, shifts: Floats
) -> Floats:
    """The new bill in NT dollars: what was left of the last one, and new charges, interest and fees."""
    group = spending_group(settled.bill_class, HABIT_GROUP[accounts.statuses[0]])
    score = _mixed(tables.spending_loading[group], accounts.spending_habit, _normal(rng, len(group)))
    score += tables.spending_shifts[accounts.education] + shifts[(settled.bill_class >= FULL).astype(np.intp)]
    cell = (group * BAND_COUNT + accounts.band) * LIMIT_GROUP_COUNT + accounts.limit_group
    drawn = draw_quantile(tables.charge_knots, cell, normal_share(score))
    owing = accounts.bills[0] - settled.payment + drawn * accounts.limit
    bill = np.where(group >= FIRST_OWING_GROUP, owing, drawn)
    bounded: Floats = np.rint(np.clip(bill, -MOST_OVERPAID * accounts.limit, MOST_USED * accounts.limit))
    return bounded


def status_cell(latest: Codes, elder: Codes, bill_class: Codes, band: Codes) -> Codes:
    """The cell of the status tables: two statuses, how the bill was met, and the band of the new bill."""
    statuses = LATEST_GROUP[latest] * ELDER_GROUP_COUNT + ELDER_GROUP[elder]
    cell: Codes = (statuses * (NOT_DUE + 1) + bill_class) * BAND_COUNT + band
    return cell


def limit_group(tables: Tables, limit: Floats) -> Codes:
    """The group, 0 (lowest) to 4, that each limit belongs to."""
    return np.searchsorted(tables.limit_edges, limit, side="left")


def _status_uniform(accounts: Accounts, rng: np.random.Generator, shift: Floats) -> Floats:
    """The uniform that a status is drawn with, near 1 for the latest payers; the last outcome echoes in it."""
    return normal_share(_mixed(STATUS_ECHO, -accounts.fortune, _status_score(accounts, rng)) + shift)


def _status_score(accounts: Accounts, rng: np.random.Generator) -> Floats:
    return _mixed(STATUS_HABIT, -accounts.payment_habit, _normal(rng, len(accounts.slot)))


def _mixed(loading: float | np.float32 | Floats, habit: Floats, chance: Floats) -> Floats:
    """A standard normal score of which `loading` is the client's habit and the rest this month's chance."""
    weight: Floats = np.asarray(loading, dtype=np.float32)
    mixed: Floats = weight * habit + np.sqrt(np.float32(1) - weight * weight) * chance
    return mixed


def _normal(rng: np.random.Generator, count: int) -> Floats:
    return rng.standard_normal(count, dtype=np.float32)


def _uniform(rng: np.random.Generator, count: int) -> Floats:
    return rng.random(count, dtype=np.float32)
