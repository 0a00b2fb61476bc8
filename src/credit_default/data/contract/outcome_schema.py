"""The schema of outcomes as they arrive later: one observation per row, in the words of the portfolio.

The same client and month may occur more than once.
"""

from typing import Final

from credit_default.data.contract.schema import (
    CLIENT_ID,
    STATEMENT_MONTH,
    Column,
    Schema,
    normalise_name,
)

OBSERVED_AT: Final = "observed_at"
_USUAL_ID: Final = "ID"


def build_outcome_schema(schema: Schema) -> Schema:
    """Return the schema of the outcome files of a portfolio; keys and outcomes are called as in its statements."""
    client, month = schema.columns[:2]
    taken = {normalise_name(name) for column in (month, schema.outcome) for name in column.aliases}
    usual = () if normalise_name(_USUAL_ID) in taken else (_USUAL_ID,)
    return Schema(
        name="outcomes",
        version="1",
        columns=(
            Column(
                CLIENT_ID,
                "identifier",
                "Who: as in the statements.",
                aliases=tuple(dict.fromkeys((*client.aliases, *usual))),
                ids=client.ids,
            ),
            Column(
                STATEMENT_MONTH,
                "month",
                "The month of the statement that the outcome belongs to, YYYY-MM.",
                aliases=month.aliases,
            ),
            Column(
                OBSERVED_AT,
                "time",
                "When this became known, ISO 8601, in UTC where it names no zone, or a day (UTC).",
            ),
        ),
        outcome=schema.outcome,
        unique_key=False,
        fixed_month=schema.fixed_month,
    )
