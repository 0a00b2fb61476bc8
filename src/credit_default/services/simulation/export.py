"""Simulated months laid out as files, each with its outcomes and the probability that drew them."""

from pathlib import Path

import polars as pl

from credit_default.adapters.files.table_export import write_table
from credit_default.data.contract.schema import KEY, OUTCOME
from credit_default.data.credit_card.outcomes import MATURITY_MONTHS
from credit_default.data.months import add_months
from credit_default.data.simulation.months import Scenario, simulate
from credit_default.errors import InputError
from credit_default.views.summaries.summary import Summary


def write_simulation(
    folder: Path,
    *,
    client_count: int,
    month_count: int,
    seed: int,
    first_month: str,
    scenario: Scenario,
    with_outcomes: bool,
) -> Summary:
    """What was written: `statements-YYYY-MM.parquet` and `outcomes-YYYY-MM.parquet` for each month.

    Raises:
        InputError: a count, month or scenario that cannot be, or a folder that cannot be written to.
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
        labels = month.outcomes.select(*KEY, OUTCOME)
        rows = month.statements.join(labels, on=KEY, how="left", maintain_order="left")
        write_table(
            rows if with_outcomes else month.statements,
            folder / f"statements-{month.statement_month}.parquet",
        )
        observed_at = f"{add_months(month.statement_month, MATURITY_MONTHS)}-01T00:00:00Z"
        write_table(
            month.outcomes.with_columns(observed_at=pl.lit(observed_at)),
            folder / f"outcomes-{month.statement_month}.parquet",
        )
        row_count += rows.height
        default_count += int(rows[OUTCOME].sum())
    return Summary(
        "simulate",
        "simulated",
        counts={"statements": row_count, "defaults": default_count},
        figures={"default share": default_count / row_count},
        paths={"folder": str(folder)},
    )


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
