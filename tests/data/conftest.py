"""Rows that hold to the credit-card schema, to be spoiled one value at a time."""

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD

BuildRows = Callable[..., pl.DataFrame]


@pytest.fixture(scope="session")
def build_rows() -> BuildRows:
    """Builds `count` raw rows, typed as the schema says; keywords replace whole columns."""

    def build(count: int = 3, **columns: Any) -> pl.DataFrame:
        rows: dict[str, Any] = {
            "client_id": [f"c{number}" for number in range(1, count + 1)],
            "statement_month": ["2005-09"] * count,
            "credit_limit": [20_000.0 + 10_000.0 * number for number in range(count)],
            "sex": [1 + number % 2 for number in range(count)],
            "education": [1 + number % 3 for number in range(count)],
            "marriage": [1 + number % 2 for number in range(count)],
            "age": [21 + number % 40 for number in range(count)],
        }
        for month in range(1, 7):
            rows[f"repayment_status_m{month}"] = [number % 3 - 1 for number in range(count)]
        for month in range(1, 7):
            rows[f"bill_amount_m{month}"] = [1_000.0 * month + number for number in range(count)]
        for month in range(1, 7):
            rows[f"payment_amount_m{month}"] = [100.0 * month for _ in range(count)]
        rows["defaulted"] = [number % 2 for number in range(count)]
        assert [*CREDIT_CARD.names, "defaulted"] == list(rows)
        return pl.DataFrame(
            {name: columns.get(name, values) for name, values in rows.items()}, strict=False
        )

    return build
