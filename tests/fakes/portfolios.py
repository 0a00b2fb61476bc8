"""The two portfolios that malformed files are made for, told once in the words of the project and once to the reference."""

from itertools import pairwise

from reference_reader import Dictionary, Field

SMALL_DECLARATION = {
    "name": "small",
    "version": "1",
    "columns": [
        {"name": "client_id", "kind": "identifier", "description": "x", "aliases": ["ID"]},
        {
            "name": "grade",
            "kind": "code",
            "description": "x",
            "codes": {"0": "none", "1": "good", "2": "bad"},
        },
        {
            "name": "age",
            "kind": "integer",
            "description": "x",
            "minimum": 18,
            "maximum": 120,
            "aliases": ["Years"],
        },
        {"name": "limit", "kind": "amount", "description": "x", "minimum": 0},
        {"name": "bill", "kind": "amount", "description": "x"},
    ],
    "outcome": {"description": "x", "aliases": ["Y"]},
    "rules": [{"name": "bill_within_limit", "expression": "bill <= 2 * limit", "description": "x"}],
}
MONTHS = range(1, 7)
UNDOCUMENTED = (0, 5, 6)


def describe_small() -> Dictionary:
    """The small one."""
    return Dictionary(
        (
            Field("client_id", "identifier", ("ID",)),
            Field("statement_month", "month"),
            Field("grade", "code", codes=(0, 1, 2)),
            Field("age", "integer", ("Years",), low=18, high=120),
            Field("limit", "amount", low=0),
            Field("bill", "amount"),
            Field("defaulted", "outcome", ("Y",), codes=(0, 1), optional=True),
        ),
        (lambda row: row["bill"] <= 2 * row["limit"],),
    )


def describe_credit_card() -> Dictionary:
    """The credit cards, as docs/data-dictionary.md has them."""
    million = 1_000_000
    statuses = tuple(range(-2, 10))
    return Dictionary(
        (
            Field("client_id", "identifier", ("ID",)),
            Field("statement_month", "month"),
            Field("credit_limit", "amount", ("LIMIT_BAL", "X1"), low=1_000, high=5 * million),
            Field("sex", "code", ("X2",), codes=(1, 2)),
            Field("education", "code", ("X3",), codes=(1, 2, 3, 4, *UNDOCUMENTED)),
            Field("marriage", "code", ("X4",), codes=(0, 1, 2, 3)),
            Field("age", "integer", ("X5",), low=18, high=120),
            *(
                Field(
                    f"repayment_status_m{m}",
                    "code",
                    (f"PAY_{m if m > 1 else 0}", f"X{m + 5}"),
                    codes=statuses,
                )
                for m in MONTHS
            ),
            *(
                Field(
                    f"bill_amount_m{m}",
                    "amount",
                    (f"BILL_AMT{m}", f"X{m + 11}"),
                    low=-10 * million,
                    high=10 * million,
                )
                for m in MONTHS
            ),
            *(
                Field(
                    f"payment_amount_m{m}",
                    "amount",
                    (f"PAY_AMT{m}", f"X{m + 17}"),
                    low=0,
                    high=10 * million,
                )
                for m in MONTHS
            ),
            Field(
                "defaulted",
                "outcome",
                ("default payment next month", "default.payment.next.month", "Y"),
                codes=(0, 1),
                optional=True,
            ),
        ),
        (_bills_within_limit, _payments_within_bills, _statuses_follow),
    )


def _bills_within_limit(row):
    return all(
        -4 * row["credit_limit"] <= row[f"bill_amount_m{m}"] <= 15 * row["credit_limit"]
        for m in MONTHS
    )


def _payments_within_bills(row):
    over = [row[f"payment_amount_m{m}"] - row.get(f"bill_amount_m{m + 1}", 0) for m in MONTHS]
    paid = [row[f"payment_amount_m{m}"] for m in MONTHS]
    most = 6 * row["credit_limit"]
    return all(
        a <= most or (b <= most and m < 6) for m, a, b in zip(MONTHS, paid, over, strict=True)
    )


def _statuses_follow(row):
    status = [row[f"repayment_status_m{m}"] for m in MONTHS]
    return all(now <= 3 or now - before <= 3 for now, before in pairwise(status))
