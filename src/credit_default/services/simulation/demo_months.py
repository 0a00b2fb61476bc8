"""The months of a demonstration, laid out as files: four that are like the past, two that are not.

The public data have one month only, so its months are drawn from clients that training never sees: the quiet ones at
random, the drifted ones with a preference for clients who are late, each with the outcome that really followed. A
simulated portfolio simply lives on, and a recession begins. Real and simulated clients never meet.
"""

from collections.abc import Iterator
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
from credit_default.services.training.data_source import DataFile, NoRealData, find_data
from credit_default.settings import Settings

QUIET_COUNT, DRIFTED_COUNT = 4, 2
POOL_FACTOR = 3  # clients to choose from, for each one that a drifted month takes
FEWEST_BATCH_ROWS = 200


@dataclass(frozen=True, slots=True)
class DemoPolicy:
    """How many clients stand where, and how hard the last months pull."""

    batch_rows: int = 1_500
    late_preference: float = (
        1.2  # each month late multiplies a client's chance to be drawn by e to this
    )
    client_count: int = 4_000  # of a simulated portfolio
    history_months: int = 3
    quiet_months: int = QUIET_COUNT  # of a simulated portfolio, before the scenario begins
    changed_months: int = DRIFTED_COUNT
    scenario: str = "recession"
    scenario_strength: int = 3


@dataclass(frozen=True, slots=True)
class DemoMonthFiles:
    """One month's statements as they arrive, and its outcomes as they become known later."""

    statement_month: str
    statements: Path
    outcomes: Path
    drifted: bool


@dataclass(frozen=True, slots=True)
class DemoData:
    """The history to learn from, and the six months after it."""

    training: Path
    months: tuple[DemoMonthFiles, ...]
    story: str  # where the clients come from, in words
    notes: tuple[str, ...] = ()


def write_demo_months(
    settings: Settings, folder: Path, *, month: str, policy: DemoPolicy = DemoPolicy()
) -> DemoData:
    """The months of a demonstration as files in `folder`, from the data that the settings name.

    Raises:
        InputError: the file that they name is not there, not what it should be, or too small for seven parts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = find_data(settings)
    if isinstance(data, NoRealData):
        return replace(
            write_simulated_demo_months(folder, seed=settings.seed, policy=policy), notes=data.notes
        )
    rows = _read_checked(data, month=month)
    return write_real_demo_months(
        rows, folder, seed=settings.seed, policy=_shrink_batches(policy, rows, data)
    )


def write_real_demo_months(
    rows: pl.DataFrame, folder: Path, *, seed: int, policy: DemoPolicy
) -> DemoData:
    """Months made of real clients that training never sees, their outcomes intact.

    `rows` are checked rows of one month with `defaulted`, one row a client.
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
    write_table(training, folder / "training.parquet")
    return DemoData(
        folder / "training.parquet",
        tuple(
            _write_month(
                batch.with_columns(pl.lit(next(months)).alias(STATEMENT_MONTH)),
                folder,
                drifted=i >= QUIET_COUNT,
            )
            for i, batch in enumerate(batches)
        ),
        f"{rows.height:,} real clients, {training.height:,} of them to learn from",
    )


def write_simulated_demo_months(folder: Path, *, seed: int, policy: DemoPolicy) -> DemoData:
    """Months of one simulated portfolio: its history, more like it, and those of a scenario (two of a recession).

    Raises:
        InputError: no scenario goes by the policy's name.
    """
    start = policy.history_months + policy.quiet_months
    scenario = Scenario(policy.scenario, start=start, strength=policy.scenario_strength)
    lived = [
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
    write_table(pl.concat(lived[: policy.history_months]), folder / "training.parquet")
    return DemoData(
        folder / "training.parquet",
        tuple(
            _write_month(batch, folder, drifted=i >= policy.quiet_months)
            for i, batch in enumerate(lived[policy.history_months :])
        ),
        f"SIMULATED: {policy.client_count:,} clients through {len(lived)} months",
    )


def _read_checked(data: DataFile, *, month: str) -> pl.DataFrame:
    """The file's accepted rows, one a client."""
    given = None if has_month_column(data.path, schema=CREDIT_CARD) else data.month or month
    validated = check_rows(
        open_statement_file(data.path, schema=CREDIT_CARD, month=given).read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    return validated.accepted_rows().unique(CLIENT_ID, keep="last", maintain_order=True)


def _shrink_batches(policy: DemoPolicy, rows: pl.DataFrame, data: DataFile) -> DemoPolicy:
    """The policy with batches that leave nearly half of the clients to learn from."""
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
    """A weighted selection without replacement (Efraimidis and Spirakis 2006): the largest log(u)/w come first."""
    months_late = pool["repayment_status_m1"].clip(lower_bound=0).to_numpy()
    weight = np.exp(policy.late_preference * np.minimum(months_late, 3))
    chance = np.log(np.random.default_rng(seed).random(pool.height)) / weight
    return pool[np.argsort(-chance)[: DRIFTED_COUNT * policy.batch_rows]].sample(
        fraction=1.0, shuffle=True, seed=seed
    )


def _write_month(rows: pl.DataFrame, folder: Path, *, drifted: bool) -> DemoMonthFiles:
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
    step = 0
    while True:
        step += 1
        yield add_months(last, step)
