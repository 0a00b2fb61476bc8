"""Simulate a portfolio month after month: statements of invented clients, and their true outcomes.

Clients are made in blocks of a fixed size, each drawn from (seed, block, month) alone. A client's
months therefore depend neither on the number of clients nor on how many rows are returned at a
time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.months import MONTHS_IN_YEAR, add_months
from credit_default.data.simulation.account_opening import open_accounts
from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.default_risk import compute_default_probability, draw_outcome
from credit_default.data.simulation.portfolio import (
    advance_portfolio,
    apply_feed_fault,
    raise_limits,
)
from credit_default.data.simulation.scenarios import (
    CALM,
    MonthConditions,
    Scenario,
    check_scenario,
    find_conditions,
)
from credit_default.data.simulation.statement_rows import build_statement_rows
from credit_default.data.simulation.tables import SimulationTables, read_tables
from credit_default.errors import InputError

__all__ = ["CALM", "Scenario", "SimulatedMonth", "simulate", "simulate_chunks"]

BLOCK_CLIENT_COUNT = 16_384
FEED_SEED_OFFSET = 1_000_000  # separates the feed's random numbers from every month's


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """One month of a simulated portfolio; rows stay in the order of the portfolio's slots."""

    statement_month: str  # YYYY-MM
    statements: pl.DataFrame  # key and inputs in schema order, without the outcome
    outcomes: pl.DataFrame  # client_id, statement_month, defaulted (0 or 1), true_probability


def simulate(
    *,
    client_count: int,
    month_count: int,
    seed: int,
    first_month: str = "2005-09",
    scenario: Scenario = CALM,
) -> Iterator[SimulatedMonth]:
    """Yield the months of one portfolio in order.

    All months have the same clients, except for those who leave and are replaced. Memory grows with
    `client_count`, not with `month_count`.

    Args:
        client_count: Clients in every month.
        month_count: Months to simulate.
        seed: Seed of all draws, 0 or more.
        first_month: The first statement month, "YYYY-MM".
        scenario: What happens to the portfolio, and from when on.

    Raises:
        InputError: a count below 1, a negative seed, a month that is not YYYY-MM, or an unknown
            scenario.
    """
    _check_counts(client_count=client_count, month_count=month_count)
    _check_seed(seed)
    check_scenario(scenario)
    _check_month(first_month)
    return _simulate_months(_Portfolio(client_count, seed, scenario), first_month, month_count)


def simulate_chunks(
    *, client_count: int, seed: int, month: str = "2005-09", chunk_rows: int = 65_536
) -> Iterator[SimulatedMonth]:
    """Yield one calm month of a portfolio of any size, `chunk_rows` clients at a time.

    Together the chunks are the first month of `simulate` with the same seed; the last one may be
    smaller. Memory does not grow with `client_count`.

    Args:
        client_count: Clients in the month.
        seed: Seed of all draws, 0 or more.
        month: The statement month, "YYYY-MM".
        chunk_rows: Clients per chunk.

    Raises:
        InputError: as `simulate`.
    """
    _check_counts(client_count=client_count, chunk_rows=chunk_rows)
    _check_seed(seed)
    _check_month(month)
    return _simulate_chunks(_Portfolio(client_count, seed, CALM), month, chunk_rows)


@dataclass(frozen=True, slots=True)
class _Portfolio:
    """A portfolio to simulate, block by block."""

    client_count: int
    seed: int
    scenario: Scenario

    @property
    def blocks(self) -> range:
        """Return the numbers of the blocks."""
        return range(-(-self.client_count // BLOCK_CLIENT_COUNT))

    def rng(self, block: int, month_index: int) -> np.random.Generator:
        """Return the generator of a block in a month."""
        return np.random.Generator(
            np.random.SFC64(np.random.SeedSequence([self.seed, block, month_index]))
        )

    def open_accounts_of_block(self, tables: SimulationTables, block: int) -> Accounts:
        """Return the block's accounts in the first month."""
        conditions = find_conditions(self.scenario, 0)
        slot = np.arange(block * BLOCK_CLIENT_COUNT, (block + 1) * BLOCK_CLIENT_COUNT)
        return open_accounts(tables, self.rng(block, 0), slot, hardship=conditions.hardship)

    def build_month(
        self, tables: SimulationTables, accounts: Accounts, block: int, month_index: int, name: str
    ) -> SimulatedMonth:
        """Return the block's statements and outcomes in a month."""
        conditions = find_conditions(self.scenario, month_index)
        probability = compute_default_probability(
            tables, accounts, risk_shift=conditions.risk_shift
        )
        shown = accounts
        if conditions.fault.is_active:
            shown = apply_feed_fault(
                accounts, conditions.fault, self.rng(block, FEED_SEED_OFFSET + month_index)
            )
        count = min(BLOCK_CLIENT_COUNT, self.client_count - block * BLOCK_CLIENT_COUNT)
        statements = build_statement_rows(shown, name).head(count)
        outcomes = statements.select("client_id", "statement_month").with_columns(
            defaulted=pl.Series(draw_outcome(accounts, probability)[:count].astype(np.int64)),
            true_probability=pl.Series(probability[:count].astype(np.float64)),
        )
        return SimulatedMonth(name, statements, outcomes)


def _simulate_months(
    portfolio: _Portfolio, first_month: str, month_count: int
) -> Iterator[SimulatedMonth]:
    tables = read_tables()
    accounts = [portfolio.open_accounts_of_block(tables, block) for block in portfolio.blocks]
    for month_index in range(month_count):
        conditions = find_conditions(portfolio.scenario, month_index)
        if month_index:
            accounts = [
                advance_portfolio(
                    tables, block, portfolio.rng(number, month_index), conditions=conditions
                )
                for number, block in enumerate(accounts)
            ]
        if month_index == portfolio.scenario.start:
            accounts = [_apply_limit_change(tables, block, conditions) for block in accounts]
        name = add_months(first_month, month_index)
        yield _concatenate_months(
            [
                portfolio.build_month(tables, block, number, month_index, name)
                for number, block in enumerate(accounts)
            ]
        )


def _apply_limit_change(
    tables: SimulationTables, accounts: Accounts, conditions: MonthConditions
) -> Accounts:
    if conditions.limit_factor == 1:
        return accounts
    return raise_limits(tables, accounts, factor=conditions.limit_factor)


def _simulate_chunks(portfolio: _Portfolio, name: str, chunk_rows: int) -> Iterator[SimulatedMonth]:
    tables = read_tables()
    pending: list[SimulatedMonth] = []
    pending_count = 0
    for block in portfolio.blocks:
        pending.append(
            portfolio.build_month(
                tables, portfolio.open_accounts_of_block(tables, block), block, 0, name
            )
        )
        pending_count += pending[-1].statements.height
        if pending_count < chunk_rows:
            continue
        joined = _concatenate_months(pending)
        for start in range(0, pending_count - chunk_rows + 1, chunk_rows):
            yield _slice_month(joined, start, chunk_rows)
        rest = pending_count % chunk_rows
        pending, pending_count = (
            ([_slice_month(joined, pending_count - rest, rest)] if rest else []),
            rest,
        )
    if pending:
        yield _concatenate_months(pending)


def _concatenate_months(months: list[SimulatedMonth]) -> SimulatedMonth:
    return SimulatedMonth(
        months[0].statement_month,
        pl.concat([month.statements for month in months], rechunk=True),
        pl.concat([month.outcomes for month in months], rechunk=True),
    )


def _slice_month(month: SimulatedMonth, start: int, count: int) -> SimulatedMonth:
    return SimulatedMonth(
        month.statement_month,
        month.statements.slice(start, count),
        month.outcomes.slice(start, count),
    )


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise InputError(
                name, found=str(count), expected="1 or more", remedy="Ask for at least one."
            )


def _check_month(month: str) -> None:
    year, number = month[:4], month[5:]
    well_formed = len(month) == len("YYYY-MM") and month[4] == "-" and (year + number).isascii()
    if not (well_formed and (year + number).isdigit() and 1 <= int(number) <= MONTHS_IN_YEAR):
        raise InputError(
            "month", found=repr(month), expected="YYYY-MM", remedy="Give a month such as 2005-09."
        )


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise InputError(
            "seed", found=str(seed), expected="0 or more", remedy="Choose another seed."
        )
