"""The schema of outcomes as they arrive later: one observation per row.

The same client and month may occur more than once.
"""

from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH, Column, Schema
from credit_default.data.credit_card.statements import CREDIT_CARD

OBSERVED_AT = "observed_at"
MATURITY_MONTHS = 2  # an outcome is known when the month after the statement's is over

OBSERVED_OUTCOMES = Schema(
    name="outcomes",
    version="1",
    columns=(
        Column(CLIENT_ID, "identifier", "Who: as in the statements.", aliases=("ID",)),
        Column(
            STATEMENT_MONTH,
            "month",
            "The month of the statement that the outcome belongs to, YYYY-MM.",
        ),
        Column(
            OBSERVED_AT,
            "time",
            "When this became known, ISO 8601, in UTC where it names no zone, or a day (UTC).",
        ),
    ),
    outcome=CREDIT_CARD.outcome,
    unique_key=False,
)
