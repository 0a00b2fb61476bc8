"""What the public file says about clients, payments, charges, statuses and risk: the simulator's figures before tuning.

Everything here is a share, a quantile or a coefficient; a cell with fewer than `FEWEST` rows takes its parent's figures.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from credit_default.data.simulation_outcome import risk_features
from credit_default.data.simulation_process import Accounts, status_cell
from credit_default.data.simulation_tables import (
    AGE_EDGES,
    BAND_COUNT,
    EDUCATION_COUNT,
    ELDER_GROUP,
    ELDER_GROUP_COUNT,
    FIRST_OWING_GROUP,
    FULL,
    HABIT_GROUP,
    HABIT_GROUP_COUNT,
    LATE_HABIT,
    LATEST_GROUP,
    LIMIT_GROUP_COUNT,
    NOT_DUE,
    PART,
    SPENDING_GROUP_COUNT,
    STATUS_CODES,
    UNPAID,
    spending_group,
    utilisation_band,
)

FEWEST = 80  # a cell with fewer rows takes its parent's figures
SHRINKAGE = 15.0  # rows that a parent's shares count for
STATUS_COUNT = len(STATUS_CODES)
LATEST_GROUP_COUNT = LATEST_GROUP.max() + 1
BILL_BAND_COUNT = 12
Array = np.ndarray
Figures = dict[str, Array]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """The public file as arrays; statuses as places, months along the second axis with the latest first."""

    accounts: Accounts
    status: Array
    bill: Array
    payment: Array
    defaulted: Array

    @property
    def limit(self) -> Array:
        return self.accounts.limit

    @property
    def group(self) -> Array:
        return self.accounts.limit_group


def read_portfolio(path: str) -> Portfolio:
    """The public file, as the process sees accounts."""
    frame = pl.read_csv(path, infer_schema_length=None)
    column = {name: frame[name].to_numpy() for name in frame.columns}
    status = np.stack([column[f"PAY_{i}"].astype(int) + 2 for i in (0, 2, 3, 4, 5, 6)], axis=1)
    bill = np.stack([column[f"BILL_AMT{i}"] for i in range(1, 7)], axis=1).astype(np.float32)
    payment = np.stack([column[f"PAY_AMT{i}"] for i in range(1, 7)], axis=1).astype(np.float32)
    limit = column["LIMIT_BAL"].astype(np.float32)
    edges = np.quantile(limit, [0.2, 0.4, 0.6, 0.8]).astype(np.float32)
    nothing = np.zeros(len(limit), dtype=np.float32)
    accounts = Accounts(
        slot=np.arange(len(limit)),
        generation=np.ones(len(limit), dtype=np.intp),
        limit=limit,
        limit_group=np.searchsorted(edges, limit, side="left"),
        sex=column["SEX"],
        education=column["EDUCATION"],
        marriage=column["MARRIAGE"],
        age=column["AGE"].astype(np.float32),
        payment_habit=nothing,
        spending_habit=nothing,
        statuses=tuple(status.T),
        latest_status=status[:, 0],
        band=utilisation_band(bill[:, 0], limit),
        bills=tuple(bill.T),
        payments=tuple(payment.T),
        fortune=nothing,
    )
    return Portfolio(accounts, status, bill, payment, column["default.payment.next.month"].astype(int))


def estimate_clients(real: Portfolio) -> Figures:
    """Limits, demographics and the oldest month."""
    limit = np.round(real.limit / 10_000) * 10_000
    values, counts = np.unique(limit, return_counts=True)
    group, age = real.group, real.accounts.age
    group_age = group * (len(AGE_EDGES) + 1) + np.searchsorted(AGE_EDGES, age, side="right")
    schooled_age = real.accounts.education * (len(AGE_EDGES) + 1) + np.searchsorted(AGE_EDGES, age, side="right")
    cell_count = LIMIT_GROUP_COUNT * (len(AGE_EDGES) + 1)
    status, habit = real.status[:, 5], HABIT_GROUP[real.status[:, 5]]
    edges = np.quantile(real.bill[real.bill > 0], np.arange(1, BILL_BAND_COUNT) / BILL_BAND_COUNT)
    band = np.searchsorted(edges.astype(np.float32), real.bill[:, 5], side="right")
    habit_band = habit * BILL_BAND_COUNT + band
    elder = count_shares(real.status[:, 1:5].ravel(), real.status[:, 2:6].ravel(), STATUS_COUNT, STATUS_COUNT)
    return {
        "limit_values": values,
        "limit_share": np.cumsum(counts) / len(limit),
        "limit_edges": np.quantile(real.limit, [0.2, 0.4, 0.6, 0.8]),
        "age_knots": estimate_knots(age, [(group, LIMIT_GROUP_COUNT)], 200, stepwise=True),
        "sex_share": np.cumsum(count_shares(group_age, real.accounts.sex - 1, cell_count, 2), axis=1),
        "education_share": np.cumsum(count_shares(group_age, real.accounts.education, cell_count, 7), axis=1),
        "marriage_share": np.cumsum(count_shares(schooled_age, real.accounts.marriage, EDUCATION_COUNT * (len(AGE_EDGES) + 1), 4), axis=1),
        "opening_status_share": np.cumsum(count_shares(group, status, LIMIT_GROUP_COUNT, STATUS_COUNT), axis=1),
        "elder_status_share": np.cumsum(elder, axis=1),
        "opening_bill_knots": estimate_knots(
            real.bill[:, 5] / real.limit,
            [(habit, HABIT_GROUP_COUNT), (habit * LIMIT_GROUP_COUNT + group, HABIT_GROUP_COUNT * LIMIT_GROUP_COUNT)],
            64,
        ),
        "opening_payment_knots": estimate_knots(
            real.payment[:, 5],
            [
                (habit, HABIT_GROUP_COUNT),
                (habit_band, HABIT_GROUP_COUNT * BILL_BAND_COUNT),
                (habit_band * LIMIT_GROUP_COUNT + group, HABIT_GROUP_COUNT * BILL_BAND_COUNT * LIMIT_GROUP_COUNT),
            ],
            64,
        ),
        "bill_edges": edges,
    }


@dataclass(frozen=True, slots=True)
class Steps:
    """The five steps between months, pooled: entry (row, i) leads from month i + 1 to month i."""

    latest: Array  # status place in month i + 1
    habit: Array
    bill: Array  # of month i + 1
    new_bill: Array
    payment: Array
    limit: Array
    group: Array
    bill_class: Array
    bill_band: Array
    month: Array  # i
    spending: Array  # spending group
    drawn: Array  # what is drawn to make the new bill


def lay_out_steps(real: Portfolio, bill_edges: Array) -> Steps:
    """Every step of every client, flattened client by client."""
    latest, bill, payment = real.status[:, 1:].ravel(), real.bill[:, 1:].ravel(), real.payment[:, :5].ravel()
    new_bill = real.bill[:, :5].ravel()
    bill_class = np.where(payment <= 0, UNPAID, np.where(payment >= bill, FULL, PART))
    bill_class = np.where(bill <= 0, NOT_DUE, bill_class)
    spending = spending_group(bill_class, HABIT_GROUP[latest])
    charged = (new_bill - bill + payment) / np.repeat(real.limit, 5)
    return Steps(
        latest=latest,
        habit=HABIT_GROUP[latest],
        bill=bill,
        new_bill=new_bill,
        payment=payment,
        limit=np.repeat(real.limit, 5),
        group=np.repeat(real.group, 5),
        bill_class=bill_class,
        bill_band=np.searchsorted(bill_edges.astype(np.float32), bill, side="right"),
        month=np.tile(np.arange(5), len(real.limit)),
        spending=spending,
        drawn=np.where(spending >= FIRST_OWING_GROUP, charged, new_bill),
    )


def estimate_payments(steps: Steps) -> Figures:
    """How bills are met."""
    due = steps.bill > 0
    cell = LATEST_GROUP[steps.latest] * BAND_COUNT + utilisation_band(steps.bill, steps.limit)
    group_shares = count_shares(LATEST_GROUP[steps.latest][due], steps.bill_class[due], LATEST_GROUP_COUNT, 3)
    shares = count_shares(
        cell[due],
        steps.bill_class[due],
        LATEST_GROUP_COUNT * BAND_COUNT,
        3,
        prior=np.repeat(group_shares, BAND_COUNT, axis=0),
    )
    late = (steps.habit >= LATE_HABIT).astype(int)
    part, cell_count = late * BILL_BAND_COUNT + steps.bill_band, 2 * BILL_BAND_COUNT
    partly, whole = steps.bill_class == PART, steps.bill_class == FULL
    rounded = partly & (steps.payment % 100 == 0)
    uneven = partly & ~rounded
    habit_band = steps.habit * BILL_BAND_COUNT + steps.bill_band
    return {
        "class_share": np.cumsum(shares, axis=1),
        "round_share": count_shares(part[partly], rounded[partly].astype(int), cell_count, 2)[:, 1],
        "round_knots": estimate_knots(
            steps.payment[rounded], [(late[rounded], 2), (part[rounded], cell_count)], 129, stepwise=True
        ),
        "part_knots": estimate_knots(
            steps.payment[uneven] / steps.bill[uneven], [(late[uneven], 2), (part[uneven], cell_count)], 64
        ),
        "full_knots": estimate_knots(
            np.minimum(steps.payment / np.maximum(steps.bill, 1), 50)[whole],
            [(steps.habit[whole] * 0, 1), (habit_band[whole], HABIT_GROUP_COUNT * BILL_BAND_COUNT)],
            64,
        ),
        "idle_knots": estimate_knots(steps.payment[~due], [(np.zeros((~due).sum(), dtype=int), 1)], 256),
    }


def estimate_charges(steps: Steps) -> Figures:
    """The new bill in NT dollars of those who had settled, new charges over the limit of those who still owed."""
    group_band = steps.spending * BAND_COUNT + utilisation_band(steps.bill, steps.limit)
    cells = [
        (steps.spending, SPENDING_GROUP_COUNT),
        (group_band, SPENDING_GROUP_COUNT * BAND_COUNT),
        (group_band * LIMIT_GROUP_COUNT + steps.group, SPENDING_GROUP_COUNT * BAND_COUNT * LIMIT_GROUP_COUNT),
    ]
    return {"charge_knots": estimate_knots(steps.drawn, cells, 64)}


def estimate_habits(real: Portfolio, steps: Steps, rng: np.random.Generator) -> Figures:
    """How persistent spending and paying are in a client, and how each month stands against the others."""
    cell = steps.spending * BAND_COUNT + utilisation_band(steps.bill, steps.limit)
    spending = normal_scores(steps.drawn, cell * LIMIT_GROUP_COUNT + steps.group, rng).reshape(-1, 5)
    part = np.where(steps.bill_class == PART, (steps.habit >= LATE_HABIT) * BILL_BAND_COUNT + steps.bill_band, -1)
    paying = normal_scores(steps.payment / np.maximum(steps.bill, 1), part, rng).reshape(-1, 5)
    paying[(part == -1).reshape(-1, 5)] = np.nan
    group = steps.spending.reshape(-1, 5)
    loadings = np.array([persistence(np.where(group == g, spending, np.nan)) for g in range(SPENDING_GROUP_COUNT)])
    payment_loading = persistence(paying)
    both = ~np.isnan(paying)
    across = (np.where(both, paying, 0) * spending).sum() / both.sum()
    last = np.arange(4, -1, -1)
    charge_shifts, payment_shifts = spending.mean(axis=0)[last], np.nanmean(paying, axis=0)[last]
    opening = HABIT_GROUP[real.status[:, 5]]
    first = normal_scores(real.bill[:, 5] / real.limit, opening * LIMIT_GROUP_COUNT + real.group, rng)
    return {
        "spending_loading": loadings,
        "opening_loading": np.array([loading_of(first, spending, opening == h, loadings[group]) for h in range(5)]),
        "payment_loading": np.array([payment_loading]),
        "habit_correlation": np.clip([across / (payment_loading * loadings[group][both].mean())], -0.6, 0.6),
        "charge_shifts": np.append(charge_shifts, charge_shifts[-2:].mean()),
        "payment_shifts": np.append(payment_shifts, payment_shifts[-2:].mean()),
        "spending_shifts": mean_scores(spending.ravel(), np.repeat(real.accounts.education, 5), EDUCATION_COUNT),
        "opening_bill_shifts": mean_scores(first, real.accounts.education, EDUCATION_COUNT),
    }


def estimate_standing(real: Portfolio, steps: Steps, rng: np.random.Generator) -> Figures:
    """How limit and education push the status beyond what its cell says."""
    chosen = np.isin(steps.month, (1, 2, 3))
    elder = np.concatenate([real.status[:, 2:], real.status[:, 5:]], axis=1).ravel()
    cell = status_cell(steps.latest, elder, steps.bill_class, utilisation_band(steps.new_bill, steps.limit))
    scores = normal_scores(real.status[:, :5].ravel()[chosen], cell[chosen], rng)
    standing = steps.group * EDUCATION_COUNT + np.repeat(real.accounts.education, 5)
    shifts = mean_scores(scores, standing[chosen], LIMIT_GROUP_COUNT * EDUCATION_COUNT)
    opening = normal_scores(real.status[:, 5], real.group, rng)
    return {
        "status_shifts": shifts.reshape(LIMIT_GROUP_COUNT, EDUCATION_COUNT),
        "opening_status_shifts": mean_scores(opening, real.accounts.education, EDUCATION_COUNT),
    }


def estimate_statuses(real: Portfolio, steps: Steps) -> Figures:
    """The status that follows, in both codings, shrunk from fine cells to coarse ones."""
    found = {}
    for name, months in (("status", (1, 2, 3)), ("latest", (0,))):
        chosen = np.isin(steps.month, months)
        elder = ELDER_GROUP[np.concatenate([real.status[:, 2:], real.status[:, 5:]], axis=1).ravel()[chosen]]
        latest = LATEST_GROUP[steps.latest[chosen]]
        band = utilisation_band(steps.new_bill[chosen], steps.limit[chosen])
        target = real.status[:, :5].ravel()[chosen]
        levels = [(elder, ELDER_GROUP_COUNT), (steps.bill_class[chosen], NOT_DUE + 1), (band, BAND_COUNT)]
        found[f"{name}_share"] = shrink_down(target, latest, levels)
    ones = np.ones((6, STATUS_COUNT))
    return {**found, "status_multipliers": ones, "latest_multipliers": ones[:2]}


def shrink_down(target: Array, latest: Array, levels: list[tuple[Array, int]]) -> Array:
    """Shares of the target in the finest cells; each level leans on the one before, in the order latest, then levels."""
    marginal = np.tile(count_shares(latest * 0, target, 1, STATUS_COUNT), (LATEST_GROUP_COUNT, 1))
    shares = count_shares(latest, target, LATEST_GROUP_COUNT, STATUS_COUNT, prior=marginal, weight=1.0)
    cell, cell_count = latest, LATEST_GROUP_COUNT
    for code, code_count in levels:
        cell, cell_count = cell * code_count + code, cell_count * code_count
        shares = count_shares(cell, target, cell_count, STATUS_COUNT, prior=np.repeat(shares, code_count, axis=0))
    return shares


def estimate_risk(real: Portfolio) -> Figures:
    """A ridge-penalised logit of the real outcome on the codes shown and the risk features."""
    accounts = real.accounts
    codes = [(status, STATUS_COUNT) for status in accounts.shown_statuses]
    codes += [(accounts.sex, 3), (accounts.education, 7), (accounts.marriage, 4)]
    columns = [np.eye(count, dtype=np.float32)[code] for code, count in codes]
    continuous = np.stack(risk_features(accounts), axis=1)
    model = LogisticRegression(C=1.0, max_iter=2000, solver="newton-cholesky", fit_intercept=False)
    model.fit(np.concatenate([*columns, continuous], axis=1), real.defaulted)
    effects = np.split(model.coef_[0], np.cumsum([count for _, count in codes]))
    return {
        "status_effects": np.stack(effects[:6]),
        "sex_effects": effects[6],
        "education_effects": effects[7],
        "marriage_effects": effects[8],
        "risk_effects": effects[9],
    }


def count_shares(
    cell: Array, target: Array, cell_count: int, target_count: int, *, prior: Array | None = None, weight: float = SHRINKAGE
) -> Array:
    """Shares of each target in each cell; a prior, where given, counts as `weight` rows. Empty cells are even."""
    counts = np.bincount(cell * target_count + target, minlength=cell_count * target_count).astype(float)
    counts = counts.reshape(cell_count, target_count)
    counts += 1e-9 if prior is None else weight * prior
    return counts / counts.sum(axis=1, keepdims=True)


def estimate_knots(values: Array, levels: list[tuple[Array, int]], count: int, *, stepwise: bool = False) -> Array:
    """Quantiles of the values in the last level's cells; a thin cell takes its parent's, the coarsest level comes first.

    `stepwise` gives `count` values at the middle of equal shares; otherwise `count` + 1 knots to draw straight lines
    between, the outer two set so that the outer shares keep their means.
    """
    whole = _quantiles(values, count, stepwise=stepwise)
    knots, parent_count = whole[None, :], 1
    for cell, cell_count in levels:
        order = np.argsort(cell, kind="stable")
        bounds = np.searchsorted(cell[order], np.arange(cell_count + 1))
        finer = np.repeat(knots, cell_count // parent_count, axis=0)
        for place in range(cell_count):
            rows = order[bounds[place] : bounds[place + 1]]
            if len(rows) >= FEWEST:
                finer[place] = _quantiles(values[rows], count, stepwise=stepwise)
        knots, parent_count = finer, cell_count
    return knots


def _quantiles(values: Array, count: int, *, stepwise: bool) -> Array:
    if stepwise:
        return np.quantile(values, (np.arange(count) + 0.5) / count, method="inverted_cdf")
    knots = np.quantile(values, np.arange(count + 1) / count)
    ordered = np.sort(values)
    share = max(len(ordered) // count, 1)
    knots[-1] = np.clip(2 * ordered[-share:].mean() - knots[-2], knots[-2], ordered[-1])
    knots[0] = np.clip(2 * ordered[:share].mean() - knots[1], ordered[0], knots[1])
    return knots


def normal_scores(values: Array, cell: Array, rng: np.random.Generator) -> Array:
    """Each value's normal score among its cell, ties broken by chance."""
    order = np.lexsort((rng.random(len(values)), values, cell))
    ordered_cell = cell[order]
    start = np.searchsorted(ordered_cell, ordered_cell, side="left")
    size = np.searchsorted(ordered_cell, ordered_cell, side="right") - start
    scores = np.empty(len(values))
    scores[order] = norm.ppf((np.arange(len(values)) - start + 0.5) / size)
    return scores


def persistence(scores: Array) -> float:
    """The loading on a lasting habit that the mean product of two months' scores speaks for."""
    products = [np.nanmean(scores[:, i] * scores[:, j]) for i in range(5) for j in range(i)]
    return float(np.sqrt(np.clip(np.nanmean(products), 0.0, 0.9)))


def loading_of(first: Array, scores: Array, chosen: Array, loadings: Array) -> float:
    """The loading of the first score on the habit that the later scores, with their own loadings, follow."""
    products = (first[:, None] * scores)[chosen].mean()
    return float(np.clip(products / loadings[chosen].mean(), 0.0, 0.9))


def mean_scores(scores: Array, cell: Array, cell_count: int) -> Array:
    """The mean score in each cell; 0 in a thin one."""
    count = np.bincount(cell, minlength=cell_count)
    total = np.bincount(cell, weights=scores, minlength=cell_count)
    return np.where(count >= FEWEST, total / np.maximum(count, 1), 0.0)
