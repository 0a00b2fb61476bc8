"""Estimate the simulator's parameters from the public file: clients, payments, charges, statuses and risk.

Everything here is a share, a quantile or a coefficient; a cell with fewer than `FEWEST` rows takes its parent's figures.
"""

import numpy as np
from simulator_portfolio import Array, Portfolio, Steps
from simulator_statistics import (
    count_shares,
    estimate_knots,
    loading_of,
    mean_scores,
    normal_scores,
    persistence,
)
from sklearn.linear_model import LogisticRegression

from credit_default.data.simulation.default_risk import build_risk_features
from credit_default.data.simulation.payments_and_bills import find_status_cell
from credit_default.data.simulation.tables import (
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
    find_utilisation_band,
)

STATUS_COUNT = len(STATUS_CODES)
LATEST_GROUP_COUNT = LATEST_GROUP.max() + 1
BILL_BAND_COUNT = 12
Figures = dict[str, Array]


def estimate_clients(real: Portfolio) -> Figures:
    """Return parameters of limits, demographics and the oldest month."""
    limit = np.round(real.limit / 10_000) * 10_000
    values, counts = np.unique(limit, return_counts=True)
    group, age = real.group, real.accounts.age
    group_age = group * (len(AGE_EDGES) + 1) + np.searchsorted(AGE_EDGES, age, side="right")
    schooled_age = real.accounts.education * (len(AGE_EDGES) + 1) + np.searchsorted(
        AGE_EDGES, age, side="right"
    )
    cell_count = LIMIT_GROUP_COUNT * (len(AGE_EDGES) + 1)
    status, habit = real.status[:, 5], HABIT_GROUP[real.status[:, 5]]
    edges = np.quantile(real.bill[real.bill > 0], np.arange(1, BILL_BAND_COUNT) / BILL_BAND_COUNT)
    band = np.searchsorted(edges.astype(np.float32), real.bill[:, 5], side="right")
    habit_band = habit * BILL_BAND_COUNT + band
    elder = count_shares(
        real.status[:, 1:5].ravel(), real.status[:, 2:6].ravel(), STATUS_COUNT, STATUS_COUNT
    )
    return {
        "limit_values": values,
        "limit_share": np.cumsum(counts) / len(limit),
        "limit_edges": np.quantile(real.limit, [0.2, 0.4, 0.6, 0.8]),
        "age_knots": estimate_knots(age, [(group, LIMIT_GROUP_COUNT)], 200, stepwise=True),
        "sex_share": np.cumsum(
            count_shares(group_age, real.accounts.sex - 1, cell_count, 2), axis=1
        ),
        "education_share": np.cumsum(
            count_shares(group_age, real.accounts.education, cell_count, 7), axis=1
        ),
        "marriage_share": np.cumsum(
            count_shares(
                schooled_age, real.accounts.marriage, EDUCATION_COUNT * (len(AGE_EDGES) + 1), 4
            ),
            axis=1,
        ),
        "opening_status_share": np.cumsum(
            count_shares(group, status, LIMIT_GROUP_COUNT, STATUS_COUNT), axis=1
        ),
        "elder_status_share": np.cumsum(elder, axis=1),
        "opening_bill_knots": estimate_knots(
            real.bill[:, 5] / real.limit,
            [
                (habit, HABIT_GROUP_COUNT),
                (habit * LIMIT_GROUP_COUNT + group, HABIT_GROUP_COUNT * LIMIT_GROUP_COUNT),
            ],
            64,
        ),
        "opening_payment_knots": estimate_knots(
            real.payment[:, 5],
            [
                (habit, HABIT_GROUP_COUNT),
                (habit_band, HABIT_GROUP_COUNT * BILL_BAND_COUNT),
                (
                    habit_band * LIMIT_GROUP_COUNT + group,
                    HABIT_GROUP_COUNT * BILL_BAND_COUNT * LIMIT_GROUP_COUNT,
                ),
            ],
            64,
        ),
        "bill_edges": edges,
    }


def estimate_payments(steps: Steps) -> Figures:
    """Return parameters of how bills are paid."""
    due = steps.bill > 0
    cell = LATEST_GROUP[steps.latest] * BAND_COUNT + find_utilisation_band(steps.bill, steps.limit)
    group_shares = count_shares(
        LATEST_GROUP[steps.latest][due], steps.bill_class[due], LATEST_GROUP_COUNT, 3
    )
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
            steps.payment[rounded],
            [(late[rounded], 2), (part[rounded], cell_count)],
            129,
            stepwise=True,
        ),
        "part_knots": estimate_knots(
            steps.payment[uneven] / steps.bill[uneven],
            [(late[uneven], 2), (part[uneven], cell_count)],
            64,
        ),
        "full_knots": estimate_knots(
            np.minimum(steps.payment / np.maximum(steps.bill, 1), 50)[whole],
            [(steps.habit[whole] * 0, 1), (habit_band[whole], HABIT_GROUP_COUNT * BILL_BAND_COUNT)],
            64,
        ),
        "idle_knots": estimate_knots(
            steps.payment[~due], [(np.zeros((~due).sum(), dtype=int), 1)], 256
        ),
    }


def estimate_charges(steps: Steps) -> Figures:
    """Return quantiles of the new bill in NT dollars for settled accounts, of new charges over the limit for others."""
    group_band = steps.spending * BAND_COUNT + find_utilisation_band(steps.bill, steps.limit)
    cells = [
        (steps.spending, SPENDING_GROUP_COUNT),
        (group_band, SPENDING_GROUP_COUNT * BAND_COUNT),
        (
            group_band * LIMIT_GROUP_COUNT + steps.group,
            SPENDING_GROUP_COUNT * BAND_COUNT * LIMIT_GROUP_COUNT,
        ),
    ]
    return {"charge_knots": estimate_knots(steps.drawn, cells, 64)}


def estimate_habits(real: Portfolio, steps: Steps, rng: np.random.Generator) -> Figures:
    """Return how persistent spending and paying are in a client, and how each month differs from the others."""
    cell = steps.spending * BAND_COUNT + find_utilisation_band(steps.bill, steps.limit)
    spending = normal_scores(steps.drawn, cell * LIMIT_GROUP_COUNT + steps.group, rng).reshape(
        -1, 5
    )
    part = np.where(
        steps.bill_class == PART,
        (steps.habit >= LATE_HABIT) * BILL_BAND_COUNT + steps.bill_band,
        -1,
    )
    paying = normal_scores(steps.payment / np.maximum(steps.bill, 1), part, rng).reshape(-1, 5)
    paying[(part == -1).reshape(-1, 5)] = np.nan
    group = steps.spending.reshape(-1, 5)
    loadings = np.array(
        [persistence(np.where(group == g, spending, np.nan)) for g in range(SPENDING_GROUP_COUNT)]
    )
    payment_loading = persistence(paying)
    both = ~np.isnan(paying)
    across = (np.where(both, paying, 0) * spending).sum() / both.sum()
    last = np.arange(4, -1, -1)
    kinds = [
        np.where(group >= FIRST_OWING_GROUP, spending, np.nan),
        np.where(group < FIRST_OWING_GROUP, spending, np.nan),
    ]
    charge_shifts = np.stack([np.nanmean(kind, axis=0)[last] for kind in kinds], axis=1)
    payment_shifts = np.nanmean(paying, axis=0)[last]
    opening = HABIT_GROUP[real.status[:, 5]]
    first = normal_scores(
        real.bill[:, 5] / real.limit, opening * LIMIT_GROUP_COUNT + real.group, rng
    )
    return {
        "spending_loading": loadings,
        "opening_loading": np.array(
            [loading_of(first, spending, opening == h, loadings[group]) for h in range(5)]
        ),
        "payment_loading": np.array([payment_loading]),
        "habit_correlation": np.clip(
            [across / (payment_loading * loadings[group][both].mean())], -0.6, 0.6
        ),
        "charge_shifts": np.vstack([charge_shifts, charge_shifts.mean(axis=0)]),
        "payment_shifts": np.append(payment_shifts, payment_shifts.mean()),
        "spending_shifts": mean_scores(
            spending.ravel(), np.repeat(real.accounts.education, 5), EDUCATION_COUNT
        ),
        "opening_bill_shifts": mean_scores(first, real.accounts.education, EDUCATION_COUNT),
    }


def estimate_standing(real: Portfolio, steps: Steps, rng: np.random.Generator) -> Figures:
    """Return how limit and education shift the status beyond the shares of its cell."""
    chosen = np.isin(steps.month, (1, 2, 3))
    elder = np.concatenate([real.status[:, 2:], real.status[:, 5:]], axis=1).ravel()
    cell = find_status_cell(
        steps.latest, elder, steps.bill_class, find_utilisation_band(steps.new_bill, steps.limit)
    )
    scores = normal_scores(real.status[:, :5].ravel()[chosen], cell[chosen], rng)
    standing = steps.group * EDUCATION_COUNT + np.repeat(real.accounts.education, 5)
    shifts = mean_scores(scores, standing[chosen], LIMIT_GROUP_COUNT * EDUCATION_COUNT)
    opening = normal_scores(real.status[:, 5], real.group, rng)
    return {
        "status_shifts": shifts.reshape(LIMIT_GROUP_COUNT, EDUCATION_COUNT),
        "opening_status_shifts": mean_scores(opening, real.accounts.education, EDUCATION_COUNT),
    }


def estimate_statuses(real: Portfolio, steps: Steps) -> Figures:
    """Return the shares of the next status, in both codings, shrunk from fine cells to coarse ones."""
    found = {}
    for name, months in (("status", (1, 2, 3)), ("latest", (0,))):
        chosen = np.isin(steps.month, months)
        elder = ELDER_GROUP[
            np.concatenate([real.status[:, 2:], real.status[:, 5:]], axis=1).ravel()[chosen]
        ]
        latest = LATEST_GROUP[steps.latest[chosen]]
        band = find_utilisation_band(steps.new_bill[chosen], steps.limit[chosen])
        target = real.status[:, :5].ravel()[chosen]
        levels = [
            (elder, ELDER_GROUP_COUNT),
            (steps.bill_class[chosen], NOT_DUE + 1),
            (band, BAND_COUNT),
        ]
        found[f"{name}_share"] = shrink_down(target, latest, levels)
    ones = np.ones((6, STATUS_COUNT))
    return {**found, "status_multipliers": ones, "latest_multipliers": ones[:2]}


def shrink_down(target: Array, latest: Array, levels: list[tuple[Array, int]]) -> Array:
    """Return shares of the target in the finest cells; each level is shrunk to the one before: latest, then levels."""
    marginal = np.tile(count_shares(latest * 0, target, 1, STATUS_COUNT), (LATEST_GROUP_COUNT, 1))
    shares = count_shares(
        latest, target, LATEST_GROUP_COUNT, STATUS_COUNT, prior=marginal, weight=1.0
    )
    cell, cell_count = latest, LATEST_GROUP_COUNT
    for code, code_count in levels:
        cell, cell_count = cell * code_count + code, cell_count * code_count
        shares = count_shares(
            cell, target, cell_count, STATUS_COUNT, prior=np.repeat(shares, code_count, axis=0)
        )
    return shares


def estimate_risk(real: Portfolio) -> Figures:
    """Fit a ridge-penalised logit of the real outcome on the codes shown and the risk features."""
    accounts = real.accounts
    codes = [(status, STATUS_COUNT) for status in accounts.shown_statuses]
    codes += [(accounts.sex, 3), (accounts.education, 7), (accounts.marriage, 4)]
    columns = [np.eye(count, dtype=np.float32)[code] for code, count in codes]
    continuous = np.stack(build_risk_features(accounts), axis=1)
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
