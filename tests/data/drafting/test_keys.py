import polars as pl
import pytest

from credit_default.data.drafting.cells import count_cells
from credit_default.data.drafting.keys import find_key

COUNT = 60
ANY = [str(7 * place % 31) for place in range(COUNT)]


def find(outcome=None, **columns):
    rows = pl.DataFrame(columns)
    cells = [count_cells(series, name=series.name) for series in rows.iter_columns()]
    return find_key(cells, rows, outcome=outcome)


def number(first, step=1):
    return [str(first + step * place) for place in range(COUNT)]


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("loan_id", number(5_000, 13)),
        ("SK_ID_CURR", number(100_002, 3)),
        ("CustomerNumber", number(9, 2)),
        ("X", number(7, 5)),
        ("anything", number(1)),
        ("anything", [f"DE-{place:04}" for place in range(COUNT)]),
        ("client_id", number(3, 3)),
        ("loan no", [f"Köln {place}/ä" for place in range(COUNT)]),
    ],
)
def test_a_column_of_ids_is_the_client(name, ids):
    found = find(amount=ANY, **{name: ids})

    assert (found.client, found.is_unique) == (name, True)
    assert found.client_evidence == f"{name}: 60 different ids in 60 rows"
    assert found.used == {name}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("income", number(1_000, 17)),  # numbers that happen to be different
        ("number_of_days", number(1_000, 17)),
        ("loan_id", ANY),  # repeated
        ("loan_id", [*number(1)[:-1], ""]),
        ("paid", number(1_000, 17)),
        ("remark", [f"has {value} cars" for value in number(1)]),
    ],
)
def test_clients_are_numbered_by_row_where_no_column_is_an_id(name, values):
    found = find(**{name: values}, other=ANY)

    assert (found.client, found.used) == ("row-number", frozenset())


def test_in_a_few_rows_only_a_name_makes_an_id():
    rows = pl.DataFrame({"code": ["a", "b", "c"], "loan_id": ["1", "2", "9"]})
    cells = [count_cells(series, name=series.name) for series in rows.iter_columns()]

    assert find_key(cells, rows, outcome=None).client == "loan_id"
    assert find_key(cells[:1], rows, outcome=None).client == "row-number"


def test_ids_that_repeat_month_by_month_are_the_key_with_the_month():
    clients = [str(place // 3) for place in range(COUNT)]
    months = [f"2020-0{1 + place % 3}" for place in range(COUNT)]

    found = find(customer_id=clients, period=months, amount=ANY)

    assert (found.client, found.month, found.is_unique) == ("customer_id", "period", True)
    assert found.used == {"customer_id", "period"}


def test_our_own_columns_are_the_key_even_where_it_repeats():
    found = find(client_id=ANY, statement_month=["2020-01"] * COUNT)

    assert (found.client, found.month, found.is_unique) == ("client_id", "statement_month", False)


def test_the_outcome_is_no_part_of_the_key_and_one_month_is_given_where_none_is_found():
    found = find(outcome="row_id", row_id=number(1))

    assert (found.client, found.month) == ("row-number", "2000-01")
    assert "no column holds months" in found.month_evidence
