import numpy as np
import polars as pl

from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.services.training.slices import label_groups


def test_credit_card_clients_are_divided_by_what_the_schema_says_of_its_columns(month_rows):
    groups = label_groups(month_rows, schema=CREDIT_CARD)

    assert set(groups.labels) == {
        "credit limit",
        "sex",
        "education",
        "marriage",
        "age",
        "payment",
        "month",
    }
    assert groups.protected == ("sex", "marriage", "age")
    assert all(len(labels) == month_rows.height for labels in groups.labels.values())
    assert set(groups.labels["payment"]) == {"late", "never late"}
    assert set(groups.labels["month"]) == {"2005-09"}
    assert len(set(groups.labels["age"])) == 5


def test_codes_are_labelled_by_their_meaning(month_rows):
    groups = label_groups(month_rows, schema=CREDIT_CARD)

    meanings = next(column.codes for column in CREDIT_CARD.inputs if column.name == "sex")
    assert groups.labels["sex"].tolist() == [meanings[code] for code in month_rows["sex"].to_list()]


def test_a_client_who_was_late_in_any_month_is_late(month_rows):
    statuses = [name for name in month_rows.columns if name.startswith("repayment_status_")]
    rows = month_rows.head(2).with_columns(
        pl.lit(0, dtype=pl.Int64).alias(name) for name in statuses
    )
    rows = rows.with_columns(repayment_status_m6=pl.Series([0, 1]))

    assert label_groups(rows, schema=CREDIT_CARD).labels["payment"].tolist() == [
        "never late",
        "late",
    ]


def test_bands_hold_equal_numbers_and_are_named_by_their_ends():
    schema = parse_schema(
        {
            "name": "loans",
            "version": "1",
            "outcome": {"description": "d"},
            "columns": [{"name": "age", "kind": "integer", "description": "d", "protected": True}],
        }
    )
    rows = pl.DataFrame(
        {
            "client_id": [f"c{i}" for i in range(10)],
            "statement_month": "2026-05",
            "age": range(20, 30),
        }
    )

    groups = label_groups(rows, schema=schema)

    assert groups.protected == ("age",)
    assert set(groups.labels) == {"age", "month"}
    assert sorted(set(groups.labels["age"])) == [
        "20 to 21",
        "22 to 23",
        "24 to 25",
        "26 to 27",
        "28 to 29",
    ]


def test_a_column_that_hardly_varies_has_fewer_bands():
    schema = parse_schema(
        {
            "name": "loans",
            "version": "1",
            "outcome": {"description": "d"},
            "columns": [{"name": "age", "kind": "integer", "description": "d", "protected": True}],
        }
    )
    rows = pl.DataFrame(
        {"client_id": ["a", "b", "c"], "statement_month": "2026-05", "age": [30, 30, 30]}
    )

    assert set(label_groups(rows, schema=schema).labels["age"]) == {"30 to 30"}


def test_no_rows_have_no_labels(month_rows):
    groups = label_groups(month_rows.clear(), schema=CREDIT_CARD)

    assert {len(labels) for labels in groups.labels.values()} == {0}


def test_the_order_of_rows_changes_no_label(month_rows):
    order = np.random.default_rng(1).permutation(month_rows.height)

    plain, mixed = (
        label_groups(rows, schema=CREDIT_CARD) for rows in (month_rows, month_rows[order])
    )

    assert all((plain.labels[name][order] == mixed.labels[name]).all() for name in plain.labels)
