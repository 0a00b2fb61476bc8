"""A portfolio that lives: statements of clients who never existed, month after month, and the truth behind each outcome.

Clients are made in blocks of a fixed size, each drawn from (seed, block, month) alone. So a client's months depend neither
on how many clients there are nor on how many rows are handed over at a time.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.default_risk import compute_default_probability, draw_outcome
from credit_default.data.simulation.payments_and_bills import open_accounts
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
from credit_default.data.simulation.tables import STATUS_CODES, SimulationTables, read_tables
from credit_default.errors import InputError

__all__ = ["CALM", "Scenario", "SimulatedMonth", "simulate", "simulate_chunks"]

BLOCK_CLIENT_COUNT = 16_384
SIMULATED_PREFIX = "SIM-"  # begins every client_id, so that a simulated client is known as one wherever it turns up
FEED_SEED_OFFSET = 1_000_000  # sets the feed's generator apart from every month's
MONTHS_IN_YEAR = 12


@dataclass(frozen=True, slots=True)
class SimulatedMonth:
    """One month of a simulated portfolio, rows in a stable order of slots."""

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
    """The months of one portfolio in order, each with the same clients but for those replaced.

    Memory grows with `client_count`, not with `month_count`. Raises InputError for a count below 1, a negative seed, a
    month that is not YYYY-MM or an unknown scenario.
    """
    _check_counts(client_count=client_count, month_count=month_count)
    _check_seed(seed)
    check_scenario(scenario)
    first = _parse_month(first_month)
    return _simulate_months(_Portfolio(client_count, seed, scenario), first, month_count)


def simulate_chunks(
    *, client_count: int, seed: int, month: str = "2005-09", chunk_rows: int = 65_536
) -> Iterator[SimulatedMonth]:
    """One calm month of a portfolio of any size, `chunk_rows` clients at a time (the last chunk may be smaller).

    Put together, the chunks are the first month of `simulate` with the same seed. Memory does not grow with
    `client_count`. Raises InputError as `simulate` does.
    """
    _check_counts(client_count=client_count, chunk_rows=chunk_rows)
    _check_seed(seed)
    name = _format_month(_parse_month(month))
    return _simulate_chunks(_Portfolio(client_count, seed, CALM), name, chunk_rows)


@dataclass(frozen=True, slots=True)
class _Portfolio:
    client_count: int
    seed: int
    scenario: Scenario

    @property
    def blocks(self) -> range:
        return range(-(-self.client_count // BLOCK_CLIENT_COUNT))

    def rng(self, block: int, month_index: int) -> np.random.Generator:
        return np.random.Generator(
            np.random.SFC64(np.random.SeedSequence([self.seed, block, month_index]))
        )

    def open_block(self, tables: SimulationTables, block: int) -> Accounts:
        climate = find_conditions(self.scenario, 0)
        slot = np.arange(block * BLOCK_CLIENT_COUNT, (block + 1) * BLOCK_CLIENT_COUNT)
        return open_accounts(tables, self.rng(block, 0), slot, hardship=climate.hardship)

    def show_block(
        self, tables: SimulationTables, accounts: Accounts, block: int, month_index: int, name: str
    ) -> SimulatedMonth:
        climate = find_conditions(self.scenario, month_index)
        probability = compute_default_probability(tables, accounts, risk_shift=climate.risk_shift)
        shown = accounts
        if climate.fault.active:
            shown = apply_feed_fault(
                accounts, climate.fault, self.rng(block, FEED_SEED_OFFSET + month_index)
            )
        count = min(BLOCK_CLIENT_COUNT, self.client_count - block * BLOCK_CLIENT_COUNT)
        statements = _build_statements(shown, name).head(count)
        outcomes = statements.select("client_id", "statement_month").with_columns(
            defaulted=pl.Series(draw_outcome(accounts, probability)[:count].astype(np.int64)),
            true_probability=pl.Series(probability[:count].astype(np.float64)),
        )
        return SimulatedMonth(name, statements, outcomes)


def _simulate_months(
    portfolio: _Portfolio, first: int, month_count: int
) -> Iterator[SimulatedMonth]:
    tables = read_tables()
    accounts = [portfolio.open_block(tables, block) for block in portfolio.blocks]
    for month_index in range(month_count):
        climate = find_conditions(portfolio.scenario, month_index)
        if month_index:
            accounts = [
                advance_portfolio(
                    tables, block, portfolio.rng(number, month_index), climate=climate
                )
                for number, block in enumerate(accounts)
            ]
        if month_index == portfolio.scenario.start:
            accounts = [_apply_limit_change(tables, block, climate) for block in accounts]
        name = _format_month(first + month_index)
        yield _concatenate_months(
            [
                portfolio.show_block(tables, block, number, month_index, name)
                for number, block in enumerate(accounts)
            ]
        )


def _apply_limit_change(
    tables: SimulationTables, accounts: Accounts, climate: MonthConditions
) -> Accounts:
    if climate.limit_factor == 1:
        return accounts
    return raise_limits(tables, accounts, factor=climate.limit_factor)


def _simulate_chunks(portfolio: _Portfolio, name: str, chunk_rows: int) -> Iterator[SimulatedMonth]:
    tables = read_tables()
    held: list[SimulatedMonth] = []
    held_count = 0
    for block in portfolio.blocks:
        held.append(
            portfolio.show_block(tables, portfolio.open_block(tables, block), block, 0, name)
        )
        held_count += held[-1].statements.height
        if held_count < chunk_rows:
            continue
        joined = _concatenate_months(held)
        for start in range(0, held_count - chunk_rows + 1, chunk_rows):
            yield _slice_month(joined, start, chunk_rows)
        rest = held_count % chunk_rows
        held, held_count = ([_slice_month(joined, held_count - rest, rest)] if rest else []), rest
    if held:
        yield _concatenate_months(held)


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


def _build_statements(accounts: Accounts, name: str) -> pl.DataFrame:
    """The accounts as statement rows in schema order."""
    codes = STATUS_CODES.astype(np.int64)
    columns: dict[str, np.ndarray] = {
        "credit_limit": accounts.limit.astype(np.float64),
        "sex": accounts.sex.astype(np.int64),
        "education": accounts.education.astype(np.int64),
        "marriage": accounts.marriage.astype(np.int64),
        "age": accounts.age.astype(np.int64),
    }
    columns |= {
        f"repayment_status_m{i}": codes[status]
        for i, status in enumerate(accounts.shown_statuses, 1)
    }
    columns |= {
        f"bill_amount_m{i}": bill.astype(np.float64) for i, bill in enumerate(accounts.bills, 1)
    }
    columns |= {
        f"payment_amount_m{i}": payment.astype(np.float64)
        for i, payment in enumerate(accounts.payments, 1)
    }
    frame = pl.DataFrame({"slot": accounts.slot, "generation": accounts.generation, **columns})
    number = SIMULATED_PREFIX + pl.col("slot").cast(pl.String).str.zfill(9)
    client_id = (
        pl.when(pl.col("generation") == 1)
        .then(number)
        .otherwise(pl.format("{}-{}", number, "generation"))
    )
    return frame.select(
        client_id.alias("client_id"), pl.lit(name).alias("statement_month"), *columns
    )


def _parse_month(month: str) -> int:
    year, number = month[:4], month[5:]
    well_formed = len(month) == len("YYYY-MM") and month[4] == "-" and (year + number).isascii()
    if not (well_formed and (year + number).isdigit() and 1 <= int(number) <= MONTHS_IN_YEAR):
        raise InputError(
            "month", found=repr(month), expected="YYYY-MM", remedy="Give a month such as 2005-09."
        )
    return int(year) * MONTHS_IN_YEAR + int(number) - 1


def _format_month(number: int) -> str:
    return f"{number // MONTHS_IN_YEAR:04d}-{number % MONTHS_IN_YEAR + 1:02d}"


def _check_counts(**counts: int) -> None:
    for name, count in counts.items():
        if count < 1:
            raise InputError(
                name, found=str(count), expected="1 or more", remedy="Ask for at least one."
            )


def _check_seed(seed: int) -> None:
    if seed < 0:
        raise InputError(
            "seed", found=str(seed), expected="0 or more", remedy="Choose another seed."
        )
