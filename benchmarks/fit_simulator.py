"""Fit the simulator's parameters to the public file and write them where the package reads them.

    python benchmarks/fit_simulator.py UCI_Credit_Card.csv

Everything written is a share, a quantile or a coefficient, never a row. After fitting, multipliers are adjusted until the
simulated mix of statuses is the real one in each month of the history and stays level from month to month.
"""

import argparse
import pathlib
from collections.abc import Sequence
from dataclasses import astuple, dataclass

import numpy as np
from simulator_estimates import (
    STATUS_COUNT,
    Figures,
    estimate_charges,
    estimate_clients,
    estimate_habits,
    estimate_payments,
    estimate_risk,
    estimate_standing,
    estimate_statuses,
)
from simulator_portfolio import Array, Portfolio, lay_out_steps, read_portfolio

import credit_default.data.simulation.months
from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.default_risk import compute_default_probability
from credit_default.data.simulation.portfolio import advance_portfolio
from credit_default.data.simulation.tables import HISTORY_STEPS, PARAMETERS_FILE, build_tables

CLIENT_COUNT = 100_000
ROUNDS = 10
ROLLED_MONTHS = 12
HELD_MONTHS = 4  # the newest months of a history, whose level is held


def estimate(real: Portfolio) -> Figures:
    """Return every parameter before tuning."""
    figures = estimate_clients(real)
    steps = lay_out_steps(real, figures["bill_edges"])
    return {
        **figures,
        **estimate_payments(steps),
        **estimate_charges(steps),
        **estimate_habits(real, steps, np.random.default_rng(0)),
        **estimate_standing(real, steps, np.random.default_rng(0)),
        **estimate_statuses(real, steps),
        **estimate_risk(real),
    }


def open_sample(figures: Figures) -> Accounts:
    """Return accounts opened with these parameters, always from the same random draws."""
    return open_accounts(build_tables(figures), np.random.default_rng(1), np.arange(CLIENT_COUNT))


def mix(status: Array) -> Array:
    """Return the share of each status."""
    return np.bincount(status, minlength=STATUS_COUNT) / len(status)


def turn(multipliers: Array, target: Array, reached: Array) -> Array:
    """Return multipliers moved towards the target mix, by less where a status is rare."""
    return multipliers * np.clip((target + 2e-4) / (reached + 2e-4), 0.5, 2.0)


def hold_history(figures: Figures, real: Portfolio) -> None:
    """Adjust the multipliers until an opening history has the real mix of statuses in every month."""
    level = mix(real.status[:, 1:].ravel())
    for _ in range(ROUNDS):
        accounts = open_sample(figures)
        for step in range(HISTORY_STEPS):
            month = HISTORY_STEPS - 1 - step  # the newest month is not seen in the canonical coding
            target = mix(real.status[:, month]) if month else level
            reached = mix(accounts.statuses[month])
            figures["status_multipliers"][step] = turn(
                figures["status_multipliers"][step], target, reached
            )
        target = mix(real.status[:, 0])
        figures["latest_multipliers"][0] = turn(
            figures["latest_multipliers"][0], target, mix(accounts.latest_status)
        )


@dataclass(frozen=True, slots=True)
class Level:
    """The figures that should not drift from month to month."""

    use_mean: float  # bill over limit
    use_median: float
    paid: float  # mean of log1p of payments

    @classmethod
    def of(cls, accounts: Accounts, month: int) -> "Level":
        """Return the level in one month of the history."""
        use = np.minimum(accounts.bills[month] / accounts.limit, 2)
        return cls(
            float(use.mean()),
            float(np.median(use)),
            float(np.log1p(accounts.payments[month]).mean()),
        )

    @classmethod
    def mean(cls, levels: "Sequence[Level]") -> "Level":
        """Return the mean of several months' levels."""
        return cls(*np.mean([astuple(level) for level in levels], axis=0))


def hold_level(figures: Figures, real: Portfolio) -> None:
    """Adjust the last multipliers and shifts until twelve calm months keep statuses, bills and payments level."""
    level_mix = mix(real.status[:, 1:].ravel())
    for name in ("status_multipliers", "latest_multipliers"):
        figures[name][-1] = figures[name][-2]
    for _ in range(ROUNDS):
        tables, accounts = build_tables(figures), open_sample(figures)
        target = Level.mean([Level.of(accounts, month) for month in range(HELD_MONTHS)])
        rng, months = np.random.default_rng(2), []
        for _month in range(ROLLED_MONTHS):
            accounts = advance_portfolio(tables, accounts, rng)
            months.append(accounts)
        reached = np.mean([mix(month.statuses[0]) for month in months], axis=0)
        figures["status_multipliers"][-1] = turn(
            figures["status_multipliers"][-1], level_mix, reached
        )
        reached = np.mean([mix(month.latest_status) for month in months], axis=0)
        figures["latest_multipliers"][-1] = turn(
            figures["latest_multipliers"][-1], mix(real.status[:, 0]), reached
        )
        now = Level.mean([Level.of(month, 0) for month in months])
        figures["charge_shifts"][-1] += np.clip(
            [target.use_mean - now.use_mean, target.use_median - now.use_median], -0.1, 0.1
        )
        figures["payment_shifts"][-1] += np.clip(0.3 * (target.paid - now.paid), -0.1, 0.1)
        print(f"  held at {target}\n  reached {now}")


def hold_risk(figures: Figures, real: Portfolio) -> None:
    """Move the intercept until the first month's default rate is the real one."""
    for _ in range(ROUNDS):
        mean = compute_default_probability(build_tables(figures), open_sample(figures)).mean()
        rate = real.defaulted.mean()
        figures["risk_effects"][-1] += np.log(rate / (1 - rate)) - np.log(mean / (1 - mean))


def main() -> None:
    """Fit, tune, write, and print what was written."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("csv", help="the public file")
    target = pathlib.Path(credit_default.data.simulation.months.__file__).with_name(PARAMETERS_FILE)
    parser.add_argument("--out", type=pathlib.Path, default=target, help="where the figures go")
    arguments = parser.parse_args()
    real = read_portfolio(arguments.csv)
    figures = {name: np.array(values, dtype=np.float64) for name, values in estimate(real).items()}
    hold_history(figures, real)
    hold_level(figures, real)
    hold_risk(figures, real)
    packed = {name: values.astype(np.float32) for name, values in figures.items()}
    np.savez_compressed(arguments.out, **packed)
    count = sum(values.size for values in packed.values())
    print(
        f"{count:,} figures in {len(packed)} tables, {arguments.out.stat().st_size / 1000:.0f} kB, {arguments.out.name}"
    )


if __name__ == "__main__":
    main()
