from dataclasses import replace

import pytest

from credit_default.data.contract.schema import Column, normalise_name
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.errors import InputError


def test_schema_refuses_inputs_before_the_key():
    with pytest.raises(InputError, match="expected client_id and statement_month first"):
        replace(CREDIT_CARD, columns=CREDIT_CARD.columns[::-1])


def test_normalise_name_drops_case_blanks_and_the_byte_order_mark():
    assert normalise_name("\ufeff LIMIT_BAL ") == normalise_name("limit_bal")


def test_risk_rises_with_an_input_or_not_at_all():
    assert Column("days_late", "integer", "Days late.", risk_rises_from=1).risk_rises_from == 1
    with pytest.raises(
        InputError, match="found risk_rises_from; expected risk_rises_from for inputs only"
    ):
        Column("client_id", "identifier", "Who.", risk_rises_from=1)
