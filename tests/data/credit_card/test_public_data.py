import polars as pl
import pytest

from credit_default.data.credit_card.public_data import digest_public_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError

IDS = ["1", "2", "10"]


def digest(rows):
    return digest_public_rows(rows, schema=CREDIT_CARD)


def test_digest_is_a_fixed_number_for_fixed_rows(build_rows):
    assert (
        digest(build_rows(client_id=IDS))
        == "661ac2ffd8c207dc41ce8dd04a30be56ed2b9d72ef84436d1ec8ac2cead26f10"
    )


def test_digest_is_the_same_in_any_order_type_and_month(build_rows):
    rows = build_rows(client_id=IDS)
    others = (
        rows.reverse()
        .select(reversed(rows.columns))
        .cast({"age": pl.Float64, "credit_limit": pl.Int64})
    )

    assert digest(others.with_columns(statement_month=pl.lit("2020-01"))) == digest(rows)


@pytest.mark.parametrize("column", ["age", "payment_amount_m6", "defaulted"])
def test_digest_differs_when_one_value_does(build_rows, column):
    rows = build_rows(client_id=IDS)

    assert digest(rows.with_columns(pl.col(column) + 1)) != digest(rows)


@pytest.mark.parametrize(
    "columns",
    [
        {"client_id": ["1", "2", "x"]},
        {"client_id": IDS, "bill_amount_m1": [1.0, 2.5, 3.0]},
        {"client_id": IDS, "defaulted": [0, 1, None]},
    ],
)
def test_digest_is_refused_for_what_the_source_cannot_hold(build_rows, columns):
    with pytest.raises(InputError, match="expected whole numbers only"):
        digest(build_rows(**columns))
