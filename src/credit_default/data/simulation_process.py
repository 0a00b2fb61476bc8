"""How clients live from one statement to the next: pay, spend, be billed, be late or not.

`open_accounts` gives clients their first six months; `advance` takes every account one month further. Both act on one
block of clients, given a generator, and know nothing of months by name, outcomes or files.
"""

from dataclasses import dataclass, replace

import numpy as np

from credit_default.data.simulation_tables import (
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


@dataclass(frozen=True, slots=True, eq=False)
class Accounts:
    """A block of accounts at one statement; histories hold m1 (the latest) first."""

    slot: Codes  # the place in the portfolio; it stays when the client is replaced
    generation: Codes  # 1 for the first client in the slot, 2 for the one who followed
    limit: Floats  # NT dollars
    limit_group: Codes
    sex: Codes
    education: Codes
    marriage: Codes
    age: Floats  # years
    payment_habit: Floats  # standard normal: how freely the client pays; income behind it, hardship when low
    spending_habit: Floats  # standard normal, correlated with it
    statuses: tuple[Codes, ...]  # places in STATUS_CODES, in the canonical coding
    latest_status: Codes  # m1 in the provisional coding that a statement shows for its newest month
    band: Codes  # the utilisation band of the latest bill
    bills: tuple[Floats, ...]  # NT dollars
    payments: tuple[Floats, ...]  # NT dollars; payments[i] goes to bills[i + 1]
    fortune: Floats  # the normal score that the coming outcome is drawn with: low means default

    @property
    def shown_statuses(self) -> tuple[Codes, ...]:
        """The statuses as the statement shows them, the newest one in its provisional coding."""
        return (self.latest_status, *self.statuses[1:])


@dataclass(frozen=True, slots=True)
class Intake:
    """Whom a portfolio takes in: exponents on the uniform draws, 1 for the fitted mix, more for lower values."""

    limit_tilt: float = 1.0
    age_tilt: float = 1.0


USUAL_INTAKE = Intake()


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
    accounts = _begin(tables, rng, slot, intake)
    for step in range(HISTORY_STEPS - 1):
        accounts = advance(tables, accounts, rng, step=step)
    return advance(tables, accounts, rng, step=HISTORY_STEPS - 1, hardship=hardship)


def advance(
    tables: Tables, accounts: Accounts, rng: np.random.Generator, *, step: int = HISTORY_STEPS, hardship: float = 0.0
) -> Accounts:
    """The same accounts one statement later: the last bill met, new charges billed, the status set.

    `step` 0–4 builds an opening history (m5 … m1), 5 is any month after it. `hardship`, in standard deviations, raises
    statuses and lowers payments.
    """
    bill_class, payment = _pay(tables, accounts, rng, shift=float(tables.payment_shifts[step]) - hardship)
    bill = _bill(tables, accounts, rng, bill_class, payment, shift=float(tables.charge_shifts[step]))
    band = utilisation_band(bill, accounts.limit)
    cell = status_cell(accounts.statuses[0], accounts.statuses[1], bill_class, band)
    shift = tables.status_shifts.ravel()[accounts.limit_group * EDUCATION_COUNT + accounts.education]
    uniform = _status_uniform(accounts, rng, shift + np.float32(hardship))
    status = draw_place(tables.status_share[step], cell, uniform)
    latest = status
    if step >= HISTORY_STEPS - 1:
        # One uniform for both codings: the provisional status and what it is recoded to tell the same story.
        latest = draw_place(tables.latest_share[step - HISTORY_STEPS + 1], cell, uniform)
    return replace(
        accounts,
        statuses=(status, *accounts.statuses[:5]),
        latest_status=latest,
        band=band,
        bills=(bill, *accounts.bills[:5]),
        payments=(payment, *accounts.payments[:5]),
        fortune=_normal(rng, len(bill)),
    )


def _begin(tables: Tables, rng: np.random.Generator, slot: Codes, intake: Intake) -> Accounts:
    """The accounts at their oldest month."""
    count = len(slot)
    limit, group, age = _draw_client(tables, rng, count, intake)
    age_band, age_band_count = band_of(age, AGE_EDGES), len(AGE_EDGES) + 1
    group_age = group * age_band_count + age_band
    education = draw_place(tables.education_share, group_age, _uniform(rng, count))
    payment_habit = _normal(rng, count)
    spending_habit = _mixed(float(tables.habit_correlation[0]), payment_habit, _normal(rng, count))
    lateness = _status_score(payment_habit, rng) + tables.opening_status_shifts[education]
    status = draw_place(tables.opening_status_share, group, normal_share(lateness))
    habit = HABIT_GROUP[status]
    spending = _mixed(tables.opening_loading[habit], spending_habit, _normal(rng, count))
    spending += tables.opening_bill_shifts[education]
    share = draw_quantile(tables.opening_bill_knots, habit * LIMIT_GROUP_COUNT + group, normal_share(spending))
    bill = np.rint(share * limit)
    paying = _mixed(float(tables.payment_loading[0]), payment_habit, _normal(rng, count))
    bill_band = band_of(bill, tables.bill_edges)
    cell = (habit * (len(tables.bill_edges) + 1) + bill_band) * LIMIT_GROUP_COUNT + group
    payment = np.rint(draw_quantile(tables.opening_payment_knots, cell, normal_share(paying)))
    return Accounts(
        slot=slot,
        generation=np.ones(count, dtype=np.intp),
        limit=limit,
        limit_group=group,
        sex=1 + draw_place(tables.sex_share, group_age, _uniform(rng, count)),
        education=education,
        marriage=draw_place(tables.marriage_share, education * age_band_count + age_band, _uniform(rng, count)),
        age=age,
        payment_habit=payment_habit,
        spending_habit=spending_habit,
        statuses=(status, draw_place(tables.elder_status_share, status, _uniform(rng, count))),
        latest_status=status,
        band=utilisation_band(bill, limit),
        bills=(bill,),
        payments=(payment,),
        fortune=_normal(rng, count),
    )


def _draw_client(
    tables: Tables, rng: np.random.Generator, count: int, intake: Intake
) -> tuple[Floats, Codes, Floats]:
    """Limits, their groups and ages."""
    uniform = _uniform(rng, count) ** np.float32(intake.limit_tilt)
    limit = tables.limit_values[np.searchsorted(tables.limit_share[:-1], uniform, side="right")]
    group = limit_group(tables, limit)
    age = draw_knot(tables.age_knots, group, _uniform(rng, count) ** np.float32(intake.age_tilt))
    return limit, group, age


def _pay(tables: Tables, accounts: Accounts, rng: np.random.Generator, *, shift: float) -> tuple[Codes, Floats]:
    """How last month's bill is met, as a class and in NT dollars."""
    bill, status = accounts.bills[0], accounts.statuses[0]
    count, habit = len(bill), HABIT_GROUP[status]
    cell = LATEST_GROUP[status] * BAND_COUNT + accounts.band
    bill_class = draw_place(tables.class_share, cell, _uniform(rng, count))
    bill_class[bill <= 0] = NOT_DUE
    score = _mixed(float(tables.payment_loading[0]), accounts.payment_habit, _normal(rng, count))
    uniform = normal_share(score + np.float32(shift))
    band = band_of(bill, tables.bill_edges)
    band_count = len(tables.bill_edges) + 1
    part = (habit >= LATE_HABIT) * band_count + band
    is_round = _uniform(rng, count) < tables.round_share.ravel()[part]
    partly = np.where(
        is_round, draw_knot(tables.round_knots, part, uniform), draw_quantile(tables.part_knots, part, uniform) * bill
    )
    wholly = draw_quantile(tables.full_knots, habit * band_count + band, uniform) * bill
    idly = draw_quantile(tables.idle_knots, np.zeros(count, dtype=np.intp), uniform)
    chosen = [np.clip(partly, 1, np.maximum(bill - 1, 1)), wholly, idly]
    amount = np.select([bill_class == PART, bill_class == FULL, bill_class == NOT_DUE], chosen, np.float32(0))
    return bill_class, np.rint(amount)


def _bill(
    tables: Tables,
    accounts: Accounts,
    rng: np.random.Generator,
    bill_class: Codes,
    payment: Floats,
    *,
    shift: float,
) -> Floats:
    """The new bill in NT dollars: what was left of the last one, and new charges, interest and fees."""
    group = spending_group(bill_class, HABIT_GROUP[accounts.statuses[0]])
    score = _mixed(tables.spending_loading[group], accounts.spending_habit, _normal(rng, len(group)))
    score += tables.spending_shifts[accounts.education] + np.float32(shift)
    cell = (group * BAND_COUNT + accounts.band) * LIMIT_GROUP_COUNT + accounts.limit_group
    drawn = draw_quantile(tables.charge_knots, cell, normal_share(score))
    owing = accounts.bills[0] - payment + drawn * accounts.limit
    return np.rint(np.where(group >= FIRST_OWING_GROUP, owing, drawn))


def status_cell(latest: Codes, elder: Codes, bill_class: Codes, band: Codes) -> Codes:
    """The cell of the status tables: two statuses, how the bill was met, and the band of the new bill."""
    statuses = LATEST_GROUP[latest] * ELDER_GROUP_COUNT + ELDER_GROUP[elder]
    return (statuses * (NOT_DUE + 1) + bill_class) * BAND_COUNT + band


def limit_group(tables: Tables, limit: Floats) -> Codes:
    """The group, 0 (lowest) to 4, that each limit belongs to."""
    return np.searchsorted(tables.limit_edges, limit, side="left")


def _status_uniform(accounts: Accounts, rng: np.random.Generator, shift: Floats) -> Floats:
    """The uniform that a status is drawn with, near 1 for the latest payers; the last outcome echoes in it."""
    own = np.sqrt(np.float32(1 - STATUS_ECHO**2)) * _status_score(accounts.payment_habit, rng)
    return normal_share(own - np.float32(STATUS_ECHO) * accounts.fortune + shift)


def _status_score(payment_habit: Floats, rng: np.random.Generator) -> Floats:
    return _mixed(STATUS_HABIT, -payment_habit, _normal(rng, len(payment_habit)))


def _mixed(loading: float | Floats, habit: Floats, chance: Floats) -> Floats:
    """A standard normal score of which `loading` is the client's habit and the rest this month's chance."""
    weight = np.asarray(loading, dtype=np.float32)
    return weight * habit + np.sqrt(1 - weight**2) * chance


def _normal(rng: np.random.Generator, count: int) -> Floats:
    return rng.standard_normal(count, dtype=np.float32)


def _uniform(rng: np.random.Generator, count: int) -> Floats:
    return rng.random(count, dtype=np.float32)
