"""Turn simulated accounts into statement rows as a bank would deliver them."""

import numpy as np
import polars as pl

from credit_default.data.simulation.accounts import Accounts
from credit_default.data.simulation.tables import STATUS_CODES

# Every simulated client_id begins with it, so that a simulated client is recognised anywhere.
SIMULATED_PREFIX = "SIM-"


def build_statement_rows(accounts: Accounts, month: str) -> pl.DataFrame:
    """Return the accounts as statement rows, in the order of the slots and of the schema's columns.

    The first client in slot 7 is SIM-000000007, the second one SIM-000000007-2.

    Args:
        accounts: The accounts at one statement.
        month: The statement month, "YYYY-MM".
    """
    columns = _list_input_columns(accounts)
    frame = pl.DataFrame({"slot": accounts.slot, "generation": accounts.generation, **columns})
    return frame.select(
        _build_client_id().alias("client_id"), pl.lit(month).alias("statement_month"), *columns
    )


def _list_input_columns(accounts: Accounts) -> dict[str, np.ndarray]:
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
    return columns | {
        f"payment_amount_m{i}": payment.astype(np.float64)
        for i, payment in enumerate(accounts.payments, 1)
    }


def _build_client_id() -> pl.Expr:
    number = SIMULATED_PREFIX + pl.col("slot").cast(pl.String).str.zfill(9)
    return (
        pl.when(pl.col("generation") == 1)
        .then(number)
        .otherwise(pl.format("{}-{}", number, "generation"))
    )
