"""The feature list of the credit-card portfolio.

Names end in the month that they are about: m1 is the latest statement, m6 the one five months
before it. Features on protected columns are declared too; `choose_features` leaves them out unless
a recipe asks for them.
"""

from typing import Final

from credit_default.model.features.declaration import Feature, describe_features, parse_features


def list_month_columns(stem: str, first: int = 1, last: int = 6) -> tuple[str, ...]:
    """Return a stem's column names from month `first` to month `last`, the latest month first."""
    return tuple(f"{stem}_m{month}" for month in range(first, last + 1))


def _declare_raw() -> list[Feature]:
    names = ("credit_limit", "sex", "education", "marriage", "age")
    stems = ("repayment_status", "bill_amount", "payment_amount")
    return [
        Feature(name, "raw", (name,))
        for name in (*names, *(name for stem in stems for name in list_month_columns(stem)))
    ]


def _declare_lateness() -> list[Feature]:
    # Codes of 0 and below say how a bill was paid, codes above 0 how many months late the client
    # is: only the latter are quantities.
    statuses, severities = list_month_columns("repayment_status"), list_month_columns("severity")
    return [
        *(
            Feature(severity, "clip", (status,), {"minimum": 0.0}, kept=False)
            for severity, status in zip(severities, statuses, strict=True)
        ),
        Feature("severity_maximum", "maximum", severities),
        Feature("severity_mean", "mean", severities),
        Feature("severity_latest_three", "mean", severities[:3]),
        Feature("severity_recent", "weighted_mean", severities, {"decay": 0.7}),
        Feature("late_month_count", "count_at_least", statuses, {"value": 1.0}),
        Feature("two_months_late_count", "count_at_least", statuses, {"value": 2.0}),
        Feature("months_since_late", "months_since_at_least", statuses, {"value": 1.0}),
        Feature("unused_month_count", "count_equal", statuses, {"value": -2.0}),
        Feature("paid_in_full_month_count", "count_equal", statuses, {"value": -1.0}),
        Feature("revolving_month_count", "count_equal", statuses, {"value": 0.0}),
        Feature("status_change", "difference", statuses[:2]),
    ]


def _declare_utilisation() -> list[Feature]:
    bills, utilisations = list_month_columns("bill_amount"), list_month_columns("utilisation")
    return [
        *(
            Feature(utilisation, "ratio", (bill, "credit_limit"))
            for utilisation, bill in zip(utilisations, bills, strict=True)
        ),
        Feature("utilisation_mean", "mean", utilisations),
        Feature("utilisation_maximum", "maximum", utilisations),
        Feature("utilisation_trend", "trend", utilisations),
        Feature("open_credit", "difference", ("credit_limit", "bill_amount_m1")),
        Feature("bill_mean", "mean", bills),
        Feature("bill_spread", "spread", bills),
        Feature("log_credit_limit", "log", ("credit_limit",)),
    ]


def _declare_payments() -> list[Feature]:
    all_payments = list_month_columns("payment_amount")
    return [
        *_declare_paid_shares(),
        Feature("paid_total", "total", list_month_columns("payment_amount", 1, 5), kept=False),
        Feature("billed_total", "total", list_month_columns("bill_amount", 2, 6), kept=False),
        Feature(
            "paid_over_billed",
            "ratio",
            ("paid_total", "billed_total"),
            {"otherwise": 1.0, "maximum": 5.0},
        ),
        Feature("payment_mean", "mean", all_payments),
        Feature("payment_over_limit", "ratio", ("payment_mean", "credit_limit")),
        Feature("payment_minimum", "minimum", all_payments),
        Feature("payment_spread", "spread", all_payments),
        Feature("zero_payment_count", "count_at_most", all_payments, {"value": 0.0}),
    ]


def _declare_paid_shares() -> list[Feature]:
    # The payment of month i settles the bill of the month before, i + 1. Where nothing was due,
    # the share paid is 1.
    payments = list_month_columns("payment_amount", 1, 5)
    settled = list_month_columns("bill_amount", 2, 6)
    shares = list_month_columns("paid_share", 1, 5)
    return [
        *(
            Feature(share, "ratio", (payment, bill), {"otherwise": 1.0, "maximum": 2.0})
            for share, payment, bill in zip(shares, payments, settled, strict=True)
        ),
        Feature("paid_share_mean", "mean", shares),
        Feature("paid_share_minimum", "minimum", shares),
        Feature("paid_share_latest_three", "mean", shares[:3]),
    ]


def _declare_flows(month: int) -> list[Feature]:
    unpaid, charged = f"unpaid_m{month}", f"charged_m{month}"
    return [
        Feature(
            unpaid,
            "difference",
            (f"bill_amount_m{month + 1}", f"payment_amount_m{month}"),
            kept=False,
        ),
        Feature(f"unpaid_over_limit_m{month}", "ratio", (unpaid, "credit_limit")),
        Feature(charged, "difference", (f"bill_amount_m{month}", unpaid), kept=False),
        Feature(f"charged_over_limit_m{month}", "ratio", (charged, "credit_limit")),
    ]


CREDIT_CARD_FEATURES: Final = parse_features(
    describe_features(
        [
            *_declare_raw(),
            *_declare_lateness(),
            *_declare_utilisation(),
            *_declare_payments(),
            *(feature for month in range(1, 6) for feature in _declare_flows(month)),
        ]
    )
)
