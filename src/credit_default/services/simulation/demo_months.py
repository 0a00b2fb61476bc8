"""Write the months of a demonstration as files: four that are like the training data, and two that are not.

The public data set has one month only, so the demo's months are drawn from clients that training never sees: the quiet
months at random, the drifted ones with a preference for clients who are late, each with the outcome that really followed.
A simulated portfolio goes on month after month until a recession begins. Real and simulated clients are never mixed.
"""

import datetime as dt
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl

from credit_default.adapters.files.statement_files import has_month_column, open_statement_file
from credit_default.adapters.files.table_export import write_table
from credit_default.data.checking.validation import check_rows
from credit_default.data.contract.schema import CLIENT_ID, KEY, OUTCOME, STATEMENT_MONTH
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.months import add_months
from credit_default.data.simulation.months import Scenario, simulate
from credit_default.errors import InputError
from credit_default.services.simulation.demo_dates import date_back
from credit_default.services.training.data_source import (
    DataFile,
    NoRealData,
    find_data,
    find_named_file,
)
from credit_default.settings import Settings

_LOG = logging.getLogger(__name__)

QUIET_COUNT, DRIFTED_COUNT = 4, 2
POOL_FACTOR = 3  # clients to choose from for each one that a drifted month takes
FEWEST_BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class DemoPolicy:
    """How many clients each month has, and how far the last months drift."""

    batch_rows: int = 1_500
    # Each month late multiplies a client's chance to be drawn by e to this power.
    late_preference: float = 1.2
    client_count: int = 4_000  # of a simulated portfolio
    history_months: int = 3
    quiet_months: int = QUIET_COUNT  # of a simulated portfolio, before the scenario begins
    changed_months: int = DRIFTED_COUNT
    scenario: str = "recession"
    scenario_strength: int = 3


@dataclass(frozen=True, slots=True)
class DemoMonthFiles:
    """One month's statements as they arrive, and its outcomes as they become known later."""

    statement_month: str  # YYYY-MM
    statements: Path
    outcomes: Path
    drifted: bool  # the month is meant to differ from the training data


@dataclass(frozen=True, slots=True)
class DemoData:
    """The file to train on, and the months after it, in order."""

    training: Path
    months: tuple[DemoMonthFiles, ...]
    data_description: str  # where the clients come from, for people to read
    notes: tuple[str, ...] = ()


def check_demo_data(settings: Settings, *, month: str, policy: DemoPolicy = DemoPolicy()) -> None:
    """Check the file that the settings name, where they name one, before anything else is done.

    Raises:
        InputError: As `write_demo_months`.
    """
    data = find_named_file(settings)
    if data is not None:
        _shrink_batches(policy, _read_checked(data, month=month), data)


def write_demo_months(
    settings: Settings,
    folder: Path,
    *,
    month: str,
    now: dt.datetime,
    policy: DemoPolicy = DemoPolicy(),
) -> DemoData:
    """Write the months of a demonstration into `folder`, from the data that the settings name.

    Args:
        settings: Name the data; without real data a simulated portfolio is used.
        folder: Made when it is absent.
        month: The statement month (YYYY-MM) of rows that have none of their own.
        now: The time; a recent file is dated back until all outcomes are due, and a note says so.
        policy: How many clients and months to write.

    Raises:
        InputError: The file that the settings name is absent, not a file of statements, or too small
            to be divided into a history and six months.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = find_data(settings)
    if isinstance(data, NoRealData):
        simulated = write_simulated_demo_months(folder, seed=settings.seed, policy=policy)
        return replace(simulated, notes=data.notes)
    rows = _read_checked(data, month=month)
    fitting = _shrink_batches(policy, rows, data)
    dated = date_back(rows, later_months=QUIET_COUNT + DRIFTED_COUNT, now=now)
    written = write_real_demo_months(dated.rows, folder, seed=settings.seed, policy=fitting)
    return replace(written, notes=dated.notes)


def write_real_demo_months(
    rows: pl.DataFrame, folder: Path, *, seed: int, policy: DemoPolicy
) -> DemoData:
    """Write months made of real clients that training never sees, with the outcomes they really had.

    Args:
        rows: Checked rows of one month with `defaulted`, one row a client.
        folder: An existing folder to write to.
        seed: Decides which clients go where.
        policy: How many clients a month has, and how far the last months drift.
    """
    shuffled = rows.sort(KEY).sample(fraction=1.0, shuffle=True, seed=seed)
    quiet_rows = QUIET_COUNT * policy.batch_rows
    drift_pool_rows = POOL_FACTOR * DRIFTED_COUNT * policy.batch_rows
    quiet, pool, training = (
        shuffled.head(quiet_rows),
        shuffled.slice(quiet_rows, drift_pool_rows),
        shuffled.slice(quiet_rows + drift_pool_rows),
    )
    late = _sample_late_clients(pool, seed=seed, policy=policy)
    months = _iterate_months(str(rows[STATEMENT_MONTH][0]))
    batches = [*quiet.iter_slices(policy.batch_rows), *late.iter_slices(policy.batch_rows)]
    training_file = folder / "training.parquet"
    write_table(training, training_file)
    dated = [
        batch.with_columns(pl.lit(month).alias(STATEMENT_MONTH))
        for batch, month in zip(batches, months, strict=False)
    ]
    written = _write_months(dated, folder, quiet_count=QUIET_COUNT)
    _LOG.info("wrote demo months data_origin=real month_count=%d", len(written))
    description = f"{rows.height:,} real clients, {training.height:,} of them to learn from"
    return DemoData(training_file, written, description)


def write_simulated_demo_months(folder: Path, *, seed: int, policy: DemoPolicy) -> DemoData:
    """Write months of one simulated portfolio: a history, quiet months after it, and months of a scenario.

    Raises:
        InputError: No scenario has the name that the policy gives.
    """
    start = policy.history_months + policy.quiet_months
    scenario = Scenario(policy.scenario, start=start, strength=policy.scenario_strength)
    simulated = [
        month.statements.join(
            month.outcomes.select(*KEY, OUTCOME), on=KEY, how="left", maintain_order="left"
        )
        for month in simulate(
            client_count=policy.client_count,
            month_count=start + policy.changed_months,
            seed=seed,
            scenario=scenario,
        )
    ]
    training_file = folder / "training.parquet"
    write_table(pl.concat(simulated[: policy.history_months]), training_file)
    later = simulated[policy.history_months :]
    written = _write_months(later, folder, quiet_count=policy.quiet_months)
    _LOG.info("wrote demo months data_origin=simulated month_count=%d", len(written))
    description = f"SIMULATED: {policy.client_count:,} clients through {len(simulated)} months"
    return DemoData(training_file, written, description)


def _read_checked(data: DataFile, *, month: str) -> pl.DataFrame:
    """Return the file's accepted rows, one a client: the last one in the file."""
    given = None if has_month_column(data.path, schema=CREDIT_CARD) else data.month or month
    validated = check_rows(
        open_statement_file(data.path, schema=CREDIT_CARD, month=given).read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    return validated.accepted_rows().unique(CLIENT_ID, keep="last", maintain_order=True)


def _shrink_batches(policy: DemoPolicy, rows: pl.DataFrame, data: DataFile) -> DemoPolicy:
    """Return the policy with batches small enough to leave nearly half of the clients for training."""
    parts = QUIET_COUNT + POOL_FACTOR * DRIFTED_COUNT
    batch_rows = min(policy.batch_rows, rows.height // (2 * parts))
    if batch_rows < FEWEST_BATCH_ROWS:
        raise InputError(
            f"data {data.path}",
            found=f"{rows.height:,} clients",
            expected=f"at least {2 * parts * FEWEST_BATCH_ROWS:,}, for a history and six months",
            remedy="Name a larger file with --data, or --data simulated.",
        )
    return replace(policy, batch_rows=batch_rows)


def _sample_late_clients(pool: pl.DataFrame, *, seed: int, policy: DemoPolicy) -> pl.DataFrame:
    """Draw clients without replacement, those who are late with a higher chance.

    Weighted sampling of Efraimidis and Spirakis (2006): the rows with the largest log(u)/w are drawn.
    """
    months_late = pool["repayment_status_m1"].clip(lower_bound=0).to_numpy()
    weight = np.exp(policy.late_preference * np.minimum(months_late, 3))
    chance = np.log(np.random.default_rng(seed).random(pool.height)) / weight
    return pool[np.argsort(-chance)[: DRIFTED_COUNT * policy.batch_rows]].sample(
        fraction=1.0, shuffle=True, seed=seed
    )


def _write_months(
    batches: Sequence[pl.DataFrame], folder: Path, *, quiet_count: int
) -> tuple[DemoMonthFiles, ...]:
    """Write the months in order; those after the first `quiet_count` are marked as drifted."""
    return tuple(
        _write_month(batch, folder, drifted=place >= quiet_count)
        for place, batch in enumerate(batches)
    )


def _write_month(rows: pl.DataFrame, folder: Path, *, drifted: bool) -> DemoMonthFiles:
    """Write one month's statements and its outcomes, which are observed when the month is mature."""
    month = str(rows[STATEMENT_MONTH][0])
    statements, outcomes = folder / f"statements-{month}.csv", folder / f"outcomes-{month}.csv"
    write_table(rows.drop(OUTCOME), statements)
    observed_at = f"{add_months(month, MATURITY_MONTHS)}-01T00:00:00Z"
    write_table(
        rows.select(CLIENT_ID, STATEMENT_MONTH, OUTCOME, pl.lit(observed_at).alias("observed_at")),
        outcomes,
    )
    return DemoMonthFiles(month, statements, outcomes, drifted)


def _iterate_months(last: str) -> Iterator[str]:
    """Yield the months after `last`, one after the other, without end."""
    step = 0
    while True:
        step += 1
        yield add_months(last, step)
