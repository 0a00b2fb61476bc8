"""The outcomes of the credit-card portfolio as they arrive later, and when they are known."""

from credit_default.data.contract.outcome_schema import OBSERVED_AT, build_outcome_schema
from credit_default.data.credit_card.statements import CREDIT_CARD

__all__ = ["MATURITY_MONTHS", "OBSERVED_AT", "OBSERVED_OUTCOMES"]

MATURITY_MONTHS = 2  # an outcome is known when the month after the statement's is over

OBSERVED_OUTCOMES = build_outcome_schema(CREDIT_CARD)
