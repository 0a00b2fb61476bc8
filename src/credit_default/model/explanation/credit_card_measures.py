"""The measures of the credit cards' reasons: what their conditions compare of a client's inputs.

They are separate from the model's features, so that a reason stays true whatever the model uses.
"""

from collections.abc import Sequence
from typing import Final

from credit_default.model.features.credit_card import list_month_columns
from credit_default.model.features.declaration import Feature, describe_features, parse_features


def _declare_ratios(
    stem: str, over: Sequence[str], under: Sequence[str], *, otherwise: float
) -> list[Feature]:
    return [
        Feature(f"{stem}_m{month}", "ratio", pair, {"otherwise": otherwise}, kept=False)
        for month, pair in enumerate(zip(over, under, strict=True), 1)
    ]


STATUSES: Final = list_month_columns("repayment_status")
BILLS: Final = list_month_columns("bill_amount")
PAYMENTS: Final = list_month_columns("payment_amount")

CREDIT_CARD_MEASURES: Final = parse_features(
    describe_features(
        [
            Feature("latest_status", "raw", STATUSES[:1]),
            Feature("latest_change", "difference", STATUSES[:2]),
            Feature("late_months", "count_at_least", STATUSES, {"value": 1.0}),
            Feature("months_two_late", "count_at_least", STATUSES, {"value": 2.0}),
            Feature("months_since_late", "months_since_at_least", STATUSES, {"value": 1.0}),
            Feature("revolving_months", "count_equal", STATUSES, {"value": 0.0}),
            Feature("unused_months", "count_equal", STATUSES, {"value": -2.0}),
            Feature("paid_in_full_months", "count_equal", STATUSES, {"value": -1.0}),
            *_declare_ratios("used", BILLS, ("credit_limit",) * 6, otherwise=0.0),
            Feature("used_mean", "mean", list_month_columns("used")),
            Feature("used_trend", "trend", list_month_columns("used")),
            Feature("used_latest", "ratio", (BILLS[0], "credit_limit")),
            Feature("billed_mean", "mean", BILLS),
            Feature("billed_spread", "spread", BILLS),
            *_declare_ratios("paid", PAYMENTS[:5], BILLS[1:], otherwise=1.0),
            Feature("paid_least", "minimum", list_month_columns("paid", 1, 5)),
            Feature("paid_sum", "total", PAYMENTS[:5], kept=False),
            Feature("due_sum", "total", BILLS[1:], kept=False),
            Feature("paid_over_due", "ratio", ("paid_sum", "due_sum"), {"otherwise": 1.0}),
            Feature("paid_mean", "mean", PAYMENTS),
            Feature("limit", "raw", ("credit_limit",)),
            *(
                Feature(f"rest_m{m}", "difference", (BILLS[m], PAYMENTS[m - 1]), kept=False)
                for m in range(1, 6)
            ),
            *(
                Feature(f"new_m{m}", "difference", (BILLS[m - 1], f"rest_m{m}"), kept=False)
                for m in range(1, 6)
            ),
            *_declare_ratios(
                "charged", list_month_columns("new", 1, 5), ("credit_limit",) * 5, otherwise=0.0
            ),
            Feature("charged_mean", "mean", list_month_columns("charged", 1, 5)),
            Feature("education_code", "raw", ("education",)),
        ]
    )
)
