"""Write simulated months as files, each with its outcomes and the probability that they were drawn with."""

import logging
from pathlib import Path

import polars as pl

from credit_default.adapters.files.table_export import write_table
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.months import add_months
from credit_default.data.simulation.months import Scenario, SimulatedMonth, simulate
from credit_default.errors import InputError
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


def write_simulation(
    folder: Path,
    *,
    client_count: int,
    month_count: int,
    seed: int,
    first_month: str,
    scenario: Scenario,
    with_outcomes: bool,
    last_month: str | None = None,
) -> Summary:
    """Write `statements-YYYY-MM.parquet` and `outcomes-YYYY-MM.parquet` for each month.

    Args:
        folder: Made when it is absent.
        client_count: Clients in each month.
        month_count: Months to write.
        seed: Decides every draw.
        first_month: The first statement month (YYYY-MM).
        scenario: What changes in the portfolio, and when.
        with_outcomes: Whether the statements have the column `defaulted` too.
        last_month: The last statement month that other commands take in by now; later ones are
            written too, and noted. None leaves the note out.

    Returns:
        The numbers of statements and defaults, and where the files are.

    Raises:
        InputError: A count, month or scenario is out of range, or the folder cannot be written to.
    """
    months = simulate(
        client_count=client_count,
        month_count=month_count,
        seed=seed,
        first_month=first_month,
        scenario=scenario,
    )
    _make_folder(folder)
    row_count = default_count = 0
    for month in months:
        outcomes = _write_month(folder, month, with_outcomes=with_outcomes)
        row_count += len(outcomes)
        default_count += int(outcomes.sum())
    _LOG.info("wrote simulated months month_count=%d statement_count=%d", month_count, row_count)
    return Summary(
        "simulate",
        "simulated",
        counts={"statements": row_count, "defaults": default_count},
        figures={"default share": default_count / row_count},
        paths={"folder": str(folder)},
        notes=_describe_future(add_months(first_month, month_count - 1), last_month),
    )


def _describe_future(newest_month: str, last_month: str | None) -> tuple[str, ...]:
    if last_month is None or newest_month <= last_month:
        return ()
    future = f"months after {last_month} lie in the future: other commands refuse them until then"
    return (f"{future}; an earlier --month gives months that they take in",)


def _write_month(folder: Path, month: SimulatedMonth, *, with_outcomes: bool) -> pl.Series:
    """Write one month's two files; return the outcome of each statement."""
    labels = month.outcomes.select(*KEY, OUTCOME)
    rows = month.statements.join(labels, on=KEY, how="left", maintain_order="left")
    statements = rows if with_outcomes else month.statements
    write_table(statements, folder / f"statements-{month.statement_month}.parquet")
    observed_at = f"{add_months(month.statement_month, MATURITY_MONTHS)}-01T00:00:00Z"
    outcomes = month.outcomes.with_columns(observed_at=pl.lit(observed_at))
    write_table(outcomes, folder / f"outcomes-{month.statement_month}.parquet")
    return rows[OUTCOME]


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"folder {folder}",
            found=error.strerror or str(error),
            expected="a folder to write to",
            remedy="Choose another one with --out.",
        ) from error
