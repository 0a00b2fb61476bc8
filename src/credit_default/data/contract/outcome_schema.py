"""The schema of outcomes as they arrive later: one observation per row, in the words of the portfolio.

The same client and month may occur more than once.
"""

from dataclasses import replace
from typing import Final

from credit_default.data.contract.schema import (
    CLIENT_ID,
    STATEMENT_MONTH,
    Column,
    Schema,
    normalise_name,
)

OBSERVED_AT: Final = "observed_at"
_ROW_NUMBER_NAMES: Final = ("row", "row_number")
_ANY_MONTH: Final = "2000-01"
_USUAL_ID: Final = "ID"


def build_outcome_schema(schema: Schema, *, observed_at: str | None = None) -> Schema:
    """Return the schema of the outcome files of a portfolio; keys and outcomes are called as in its statements.

    Args:
        schema: The portfolio's.
        observed_at: The time of observation of every row, in ISO 8601, of a file that has none.
    """
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
        fixed_observation=observed_at,
    )


def build_numbered_outcome_schema(schema: Schema, *, observed_at: str | None = None) -> Schema:
    """Return the schema of a file whose rows are those of a batch without ids, by number or in its order.

    A column `ID` is not read: what it holds need not be the number of the row. The month of a file that has none is that of
    the batch; until it is known, any month stands for it.

    Args:
        schema: The portfolio's, whose clients are numbered by row.
        observed_at: As for `build_outcome_schema`.
    """
    usual = build_outcome_schema(schema, observed_at=observed_at)
    client, *others = usual.columns
    aliases = tuple(dict.fromkeys((*schema.columns[0].aliases, *_ROW_NUMBER_NAMES)))
    return replace(
        usual,
        columns=(replace(client, aliases=aliases), *others),
        numbers_clients=True,
        fixed_month=schema.fixed_month or _ANY_MONTH,
    )
