import polars as pl
import pytest

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.public_data import (
    PUBLIC_DIGEST,
    PUBLIC_MONTH,
    PUBLIC_ROW_COUNT,
    digest_public_rows,
)
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError

MONTHS = range(1, 7)


@pytest.fixture(scope="module")
def real_rows(real_data):
    validated = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month=PUBLIC_MONTH).read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    assert validated.rejected_count == 0
    return validated.accepted_rows()


def test_all_real_rows_are_accepted_and_are_the_public_data(real_rows):
    assert real_rows.height == PUBLIC_ROW_COUNT
    assert real_rows["defaulted"].sum() == 6_636
    assert digest_public_rows(real_rows, schema=CREDIT_CARD) == PUBLIC_DIGEST


def test_bills_keep_the_margin_that_their_rules_state(real_rows):
    ratios = real_rows.select(
        pl.col(f"bill_amount_m{month}") / pl.col("credit_limit") for month in MONTHS
    )

    assert min(column.min() for column in ratios) == pytest.approx(-1.51, abs=0.005)
    assert max(column.max() for column in ratios) == pytest.approx(10.69, abs=0.005)


def test_payments_keep_the_margin_that_their_rules_state(real_rows):
    excess = real_rows.select(
        (pl.col(f"payment_amount_m{month}") - pl.col(f"bill_amount_m{month + 1}").clip(0))
        / pl.col("credit_limit")
        for month in range(1, 6)
    )
    last = real_rows.select(pl.col("payment_amount_m6") / pl.col("credit_limit")).to_series()

    assert max(column.max() for column in excess) == pytest.approx(3.47, abs=0.005)
    assert last.max() == pytest.approx(2.67, abs=0.005)


def test_statuses_keep_the_margin_that_their_rules_state(real_rows):
    rises = real_rows.select(
        pl.col(f"repayment_status_m{month}") - pl.col(f"repayment_status_m{month + 1}").clip(0)
        for month in range(1, 6)
    )

    assert max(column.max() for column in rises) == 2


def test_each_code_means_something_and_undocumented_ones_say_so():
    codes = {column.name: column.codes for column in CREDIT_CARD.inputs if column.codes}

    assert all(meaning for meanings in codes.values() for meaning in meanings.values())
    undocumented = {
        name: [
            code
            for code, meaning in meanings.items()
            if meaning == "undocumented, as in the source"
        ]
        for name, meanings in codes.items()
    }
    assert {name: found for name, found in undocumented.items() if found} == {
        "education": [0, 5, 6],
        "marriage": [0],
    }
    assert list(CREDIT_CARD.columns[7].codes) == [-2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_protected_attributes_are_sex_marriage_and_age():
    assert CREDIT_CARD.protected == ("sex", "marriage", "age")


def test_the_latest_month_is_pay_0_and_there_is_no_pay_1():
    aliases = {column.name: column.aliases for column in CREDIT_CARD.inputs}

    assert aliases["repayment_status_m1"] == ("PAY_0", "X6")
    assert aliases["repayment_status_m2"] == ("PAY_2", "X7")
    assert aliases["bill_amount_m1"] == ("BILL_AMT1", "X12")
    assert aliases["payment_amount_m6"] == ("PAY_AMT6", "X23")
    assert CREDIT_CARD.outcome.aliases == (
        "default payment next month",
        "default.payment.next.month",
        "Y",
    )


def spoil(rows, columns):
    spoilt = check_rows(
        lambda: iter([rows.gather_every(10).with_columns(**columns)]), schema=CREDIT_CARD
    )
    return {name: 10 * count / rows.height for name, count in spoilt.rule_counts.items()}


@pytest.mark.parametrize("month", MONTHS)
def test_a_bill_a_thousand_times_too_large_is_a_fault_of_the_file(real_rows, month):
    with pytest.raises(InputError, match=f"column bill_amount_m{month}: .* is in another unit"):
        spoil(real_rows, {f"bill_amount_m{month}": pl.col(f"bill_amount_m{month}") * 1000})


@pytest.mark.parametrize("month", MONTHS)
def test_a_bill_a_hundred_times_too_large_is_rejected_by_name(real_rows, month):
    shares = spoil(real_rows, {f"bill_amount_m{month}": pl.col(f"bill_amount_m{month}") * 100})

    assert shares[f"bill_within_limit_m{month}"] > 0.5


@pytest.mark.parametrize("factor", [0.001, 1000])
def test_a_limit_in_another_unit_is_a_fault_of_the_file(real_rows, factor):
    with pytest.raises(InputError, match=r"column credit_limit: .* is in another unit"):
        spoil(real_rows, {"credit_limit": pl.col("credit_limit") * factor})


@pytest.mark.parametrize("month", MONTHS)
def test_a_payment_a_thousand_times_too_large_is_rejected_by_name(real_rows, month):
    shares = spoil(
        real_rows, {f"payment_amount_m{month}": pl.col(f"payment_amount_m{month}") * 1000}
    )

    assert shares[f"payment_within_bill_m{month}"] > 0.6


def test_swapped_sex_and_education_are_rejected_by_name(real_rows):
    shares = spoil(real_rows, {"sex": pl.col("education"), "education": pl.col("sex")})

    assert shares["sex|code"] > 0.15
