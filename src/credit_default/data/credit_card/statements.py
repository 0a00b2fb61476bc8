"""The schema of the credit-card portfolio: the only place that knows PAY_0 and what the codes mean.

Source: UCI Machine Learning Repository, dataset 350 "Default of Credit Card Clients" (I-Cheng Yeh,
CC BY 4.0, doi 10.24432/C55S3H), with the column names of the original spreadsheet, its X1..X23 / Y
export (OpenML's too) and Kaggle's copy. Bounds and rules hold for all 30,000 clients there, with a
margin that each description states. `tests/data/credit_card/test_statements.py` measures the
margins again.
"""

from credit_default.data.contract.schema import Column, Rule, Schema, Words

_MONTHS = range(1, 7)  # m1 is the latest statement, m6 the oldest
_UNDOCUMENTED = "undocumented, as in the source"

_REPAYMENT_CODES = {
    -2: "no use of the card (no consumption)",
    -1: "paid in full",
    0: "revolving credit: the minimum was paid",
    **{months: f"payment {months} month{'s' * (months > 1)} late" for months in range(1, 9)},
    9: "payment nine months late or more",
}


def _when(month: int) -> str:
    if month == 1:
        return "the latest statement"
    before = month - 1
    return f"{before} month{'s' * (before > 1)} before the latest statement"


def _repayment_status(month: int) -> Column:
    # The source has no PAY_1: PAY_0 is the latest month, PAY_2 the one before it.
    return Column(
        f"repayment_status_m{month}",
        "code",
        f"Repayment status at {_when(month)}."
        + (
            " Coded provisionally: the value 1 is common here and nearly absent in m2 to m6."
            if month == 1
            else ""
        ),
        aliases=(f"PAY_{0 if month == 1 else month}", f"X{5 + month}"),
        codes=_REPAYMENT_CODES,
        risk_rises_from=1,
    )


def _bill_amount(month: int) -> Column:
    return Column(
        f"bill_amount_m{month}",
        "amount",
        f"Amount of the bill at {_when(month)}, NT dollars; negative when the client is in credit.",
        aliases=(f"BILL_AMT{month}", f"X{11 + month}"),
        minimum=-10_000_000,
        maximum=10_000_000,
    )


def _payment_amount(month: int) -> Column:
    settled = f"; it settles bill_amount_m{month + 1}" if month < _MONTHS[-1] else ""
    return Column(
        f"payment_amount_m{month}",
        "amount",
        f"Amount paid by {_when(month)}, NT dollars{settled}.",
        aliases=(f"PAY_AMT{month}", f"X{17 + month}"),
        minimum=0,
        maximum=10_000_000,
    )


def _bill_rule(month: int) -> Rule:
    bill = f"bill_amount_m{month}"
    return Rule(
        f"bill_within_limit_m{month}",
        f"{bill} <= 15 * credit_limit AND {bill} >= -4 * credit_limit",
        f"{bill} lies between -4 and 15 times credit_limit (the source: -1.51 to 10.69).",
    )


def _payment_rule(month: int) -> Rule:
    payment = f"payment_amount_m{month}"
    if month == _MONTHS[-1]:
        return Rule(
            f"payment_within_bill_m{month}",
            f"{payment} <= 6 * credit_limit",
            f"{payment} is at most 6 times credit_limit; "
            "its bill is not in the file (the source: 2.67).",
        )
    bill = f"bill_amount_m{month + 1}"
    return Rule(
        f"payment_within_bill_m{month}",
        f"{payment} <= 6 * credit_limit OR {payment} - {bill} <= 6 * credit_limit",
        f"{payment} exceeds {bill}, which it settles, "
        "by at most 6 times credit_limit (the source: 3.47).",
    )


def _status_rule(month: int) -> Rule:
    status, before = f"repayment_status_m{month}", f"repayment_status_m{month + 1}"
    return Rule(
        f"status_follows_m{month}",
        f"{status} <= 3 OR {status} - {before} <= 3",
        f"{status} is at most 3 above {before}, or above 0 where that is less (the source: 2).",
    )


CREDIT_CARD = Schema(
    name="credit-card",
    version="1",
    words=Words(
        used_for="reviews existing card clients month by month",
        not_used_for="applicants without statements",
    ),
    columns=(
        Column(
            "client_id",
            "identifier",
            "Who: one client, the same id in every month.",
            aliases=("ID",),
        ),
        Column(
            "statement_month",
            "month",
            "The month of the latest statement, YYYY-MM; 2005-09 in the source.",
        ),
        Column(
            "credit_limit",
            "amount",
            "Credit granted, NT dollars, supplementary cards of the family included "
            "(the source: 10,000 to 1,000,000).",
            aliases=("LIMIT_BAL", "X1"),
            minimum=1_000,
            maximum=5_000_000,
        ),
        Column(
            "sex", "code", "Sex.", aliases=("X2",), codes={1: "male", 2: "female"}, protected=True
        ),
        Column(
            "education",
            "code",
            "Highest education.",
            aliases=("X3",),
            codes={
                0: _UNDOCUMENTED,
                1: "graduate school",
                2: "university",
                3: "high school",
                4: "other",
                5: _UNDOCUMENTED,
                6: _UNDOCUMENTED,
            },
        ),
        Column(
            "marriage",
            "code",
            "Marital status.",
            aliases=("X4",),
            codes={0: _UNDOCUMENTED, 1: "married", 2: "single", 3: "other"},
            protected=True,
        ),
        Column(
            "age",
            "integer",
            "Age in years.",
            aliases=("X5",),
            minimum=18,
            maximum=120,
            protected=True,
        ),
        *(_repayment_status(month) for month in _MONTHS),
        *(_bill_amount(month) for month in _MONTHS),
        *(_payment_amount(month) for month in _MONTHS),
    ),
    outcome=Column(
        "defaulted",
        "outcome",
        "Whether the client defaulted in the month after statement_month.",
        aliases=("default payment next month", "default.payment.next.month", "Y"),
        codes={0: "no default", 1: "default"},
    ),
    rules=(
        *(_bill_rule(month) for month in _MONTHS),
        *(_payment_rule(month) for month in _MONTHS),
        *(_status_rule(month) for month in _MONTHS[:-1]),
    ),
    row_number_for=(*(f"X{number}" for number in range(1, 24)), "Y"),
)
