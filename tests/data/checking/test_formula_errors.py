import polars as pl
import pytest

from credit_default.data.checking.formula_errors import FORMULA_ERRORS
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError


@pytest.fixture(scope="module")
def rows():
    return next(simulate(client_count=40, month_count=1, seed=3)).statements.cast(pl.String)


def spoil(rows, column, text, count=1):
    changed = pl.when(pl.int_range(pl.len()) < count).then(pl.lit(text)).otherwise(column)
    return rows.with_columns(changed.alias(column))


@pytest.mark.parametrize("text", [*FORMULA_ERRORS, "Err:502"])
def test_each_error_of_a_formula_is_a_rule_of_its_own(rows, text):
    spoilt = spoil(rows, "bill_amount_m1", f" {text}")

    assert check_rows(lambda: iter([spoilt]), schema=CREDIT_CARD).rule_counts == {
        "bill_amount_m1|formula_error": 1
    }


@pytest.mark.parametrize("column", ["client_id", "statement_month", "sex", "age", "credit_limit"])
def test_it_is_the_same_rule_in_every_kind_of_column(rows, column):
    checked = check_rows(lambda: iter([spoil(rows, column, "#N/A")]), schema=CREDIT_CARD)

    assert checked.rule_counts == {f"{column}|formula_error": 1}
    (batch,) = checked.batches()
    assert batch.rejected["rules"].to_list() == [[f"{column}|formula_error"]]
    assert batch.rejected[column].to_list() == ["#N/A"]


def test_other_texts_break_the_rule_of_the_type(rows):
    checked = check_rows(lambda: iter([spoil(rows, "age", "#35")]), schema=CREDIT_CARD)

    assert checked.rule_counts == {"age|type": 1}


def test_a_column_full_of_them_is_a_fault_of_the_file(rows):
    spoilt = spoil(rows, "bill_amount_m1", "#REF!", count=21)

    with pytest.raises(InputError, match="repair the formulas") as caught:
        check_rows(lambda: iter([spoilt]), schema=CREDIT_CARD)

    assert caught.value.thing == "column bill_amount_m1"
    assert "21 of 40 rows" in caught.value.found
