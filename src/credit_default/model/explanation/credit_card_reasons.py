"""The reasons of the credit cards: the concepts of features and their wordings for clients.

The wordings follow Regulation B (12 CFR 1002.9): specific, the principal reasons, true of this
client, and nothing about a prohibited basis. Education is not one, and is an input here: where it
counts it must be stated, as what is on file, without any claim about what it might stand for. Each
wording has the conditions under which it holds, which are checked on the client's own inputs.
"""

from typing import Final

from credit_default.model.explanation.credit_card_measures import (
    BILLS,
    CREDIT_CARD_MEASURES,
    PAYMENTS,
    STATUSES,
)
from credit_default.model.explanation.reason_table import Concept, Condition, ReasonTable, Wording
from credit_default.model.features.credit_card import list_month_columns

_CONCEPTS: Final = (
    Concept(
        "late payments",
        "How often and how late payments were in the last six months",
        (
            *STATUSES[1:],
            *(f"severity_{name}" for name in ("maximum", "mean", "latest_three", "recent")),
            *("late_month_count", "two_months_late_count"),
        ),
        (
            Wording(
                "Payments two or more months late, in several of the last six months",
                (Condition("months_two_late", "at least", 2),),
            ),
            Wording(
                "A payment two or more months late in the last six months",
                (Condition("months_two_late", "at least", 1),),
            ),
            Wording(
                "A payment a month late in the last six months",
                (Condition("late_months", "at least", 1),),
            ),
        ),
    ),
    Concept(
        "latest payment",
        "The latest repayment, and how long ago one was late",
        (STATUSES[0], "months_since_late", "status_change"),
        (
            Wording(
                "The latest payment is two or more months late",
                (Condition("latest_status", "at least", 2),),
            ),
            Wording("The latest payment is late", (Condition("latest_status", "at least", 1),)),
            Wording(
                "A payment was late in the last three months",
                (Condition("months_since_late", "at most", 2),),
            ),
        ),
    ),
    Concept(
        "way of repaying",
        "In how many months the card was unused, paid in full or revolving",
        ("unused_month_count", "paid_in_full_month_count", "revolving_month_count"),
        (
            Wording(
                "The balance was carried over, not paid in full, in most of the last six months",
                (Condition("revolving_months", "at least", 4),),
            ),
            Wording(
                "The card was unused in most of the last six months: little repayment to judge by",
                (Condition("unused_months", "at least", 4),),
            ),
            Wording(
                "The bill was paid in full in few of the last six months",
                (Condition("paid_in_full_months", "at most", 2),),
            ),
        ),
    ),
    Concept(
        "balance and limit",
        "Balance compared with the credit limit",
        (
            *list_month_columns("utilisation"),
            *("utilisation_mean", "utilisation_maximum", "open_credit"),
            *list_month_columns("unpaid_over_limit", 1, 5),
        ),
        (
            Wording(
                "Balance is high compared with the credit limit",
                (Condition("used_mean", "above"), Condition("used_latest", "above")),
            ),
            Wording(
                "Balance was high compared with the credit limit in the last six months",
                (Condition("used_mean", "above"),),
            ),
            Wording(
                "The latest balance is high compared with the credit limit",
                (Condition("used_latest", "above"),),
            ),
        ),
    ),
    Concept(
        "balance growth",
        "How the balance moved over the last six months",
        ("utilisation_trend",),
        (
            Wording(
                "Balance has grown over the last six months",
                (Condition("used_trend", "above"), Condition("used_trend", "at least", 1e-6)),
            ),
        ),
    ),
    Concept(
        "amounts billed",
        "Amounts of the bills and how much they vary",
        (*BILLS, "bill_mean", "bill_spread"),
        (
            Wording(
                "Amounts billed in the last six months are high",
                (Condition("billed_mean", "above"),),
            ),
            Wording(
                "Amounts billed vary strongly from month to month",
                (Condition("billed_spread", "above"),),
            ),
            Wording(
                "Amounts billed are low: little use of the card to judge by",
                (Condition("billed_mean", "below"), Condition("used_mean", "below")),
            ),
            Wording(
                "Amounts billed in the last six months are low",
                (Condition("billed_mean", "below"),),
            ),
        ),
    ),
    Concept(
        "credit limit",
        "The credit limit",
        ("credit_limit", "log_credit_limit"),
        (Wording("The credit limit granted so far is low", (Condition("limit", "below"),)),),
    ),
    Concept(
        "payments and bills",
        "Payments compared with the bills they settle",
        (
            *list_month_columns("paid_share", 1, 5),
            *(
                "paid_share_mean",
                "paid_share_minimum",
                "paid_share_latest_three",
                "paid_over_billed",
            ),
            "zero_payment_count",
        ),
        (
            Wording(
                "Nothing was paid on a bill in at least one of the last six months",
                (Condition("paid_least", "at most", 0),),
            ),
            Wording(
                "Payments are small compared with the bills", (Condition("paid_over_due", "below"),)
            ),
        ),
    ),
    Concept(
        "amounts paid",
        "Amounts of the payments",
        (*PAYMENTS, "payment_mean", "payment_minimum", "payment_spread", "payment_over_limit"),
        (
            Wording(
                "Amounts paid in the last six months are low", (Condition("paid_mean", "below"),)
            ),
        ),
    ),
    Concept(
        "new charges",
        "New charges compared with the credit limit",
        list_month_columns("charged_over_limit", 1, 5),
        (
            Wording(
                "New charges are high compared with the credit limit",
                (Condition("charged_mean", "above"),),
            ),
        ),
    ),
    Concept(
        "education",
        "Level of education on file",
        ("education",),
        (
            Wording(
                "No documented level of education on file",
                (Condition("education_code", "at most", 0),),
            ),
            Wording(
                "No documented level of education on file",
                (Condition("education_code", "at least", 5),),
            ),
            Wording("Level of education on file", ()),
        ),
    ),
)

CREDIT_CARD_REASONS: Final = ReasonTable(CREDIT_CARD_MEASURES, _CONCEPTS)
