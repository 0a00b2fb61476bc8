"""The numbers that the credit cards' wordings and levers compare with and step by."""

from credit_default.model.explanation.actionable_changes import CREDIT_CARD_LEVERS
from credit_default.model.explanation.credit_card_measures import CREDIT_CARD_MEASURES
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS


def list_conditions(concept_name):
    (concept,) = [item for item in CREDIT_CARD_REASONS.concepts if item.name == concept_name]
    return [
        [(condition.measure, condition.side, condition.value) for condition in wording.conditions]
        for wording in concept.wordings
    ]


def test_lateness_is_worded_by_months_from_the_worst_on():
    assert list_conditions("late payments") == [
        [("months_two_late", "at least", 2)],
        [("months_two_late", "at least", 1)],
        [("late_months", "at least", 1)],
    ]
    assert list_conditions("latest payment") == [
        [("latest_status", "at least", 2)],
        [("latest_status", "at least", 1)],
        [("months_since_late", "at most", 2)],
    ]


def test_repaying_is_worded_by_most_and_by_few_months():
    assert list_conditions("way of repaying") == [
        [("revolving_months", "at least", 4)],
        [("unused_months", "at least", 4)],
        [("paid_in_full_months", "at most", 2)],
    ]


def test_growth_is_more_than_rounding_and_nothing_paid_is_nothing():
    assert list_conditions("balance growth")[0][1] == ("used_trend", "at least", 1e-6)
    assert list_conditions("payments and bills")[0] == [("paid_least", "at most", 0)]


def test_every_feature_is_in_the_concept_that_speaks_of_it():
    concepts = {item.name: item.features for item in CREDIT_CARD_REASONS.concepts}

    statuses = tuple(f"repayment_status_m{month}" for month in range(2, 7))
    assert concepts["late payments"][:5] == statuses
    assert concepts["latest payment"][0] == "repayment_status_m1"
    assert concepts["balance and limit"][-5:] == tuple(
        f"unpaid_over_limit_m{month}" for month in range(1, 6)
    )
    assert concepts["payments and bills"][:5] == tuple(
        f"paid_share_m{month}" for month in range(1, 6)
    )


def test_measures_on_the_way_to_others_are_not_kept():
    kept = [feature.name for feature in CREDIT_CARD_MEASURES if feature.kept]

    assert kept == [
        "latest_status",
        "latest_change",
        "late_months",
        "months_two_late",
        "months_since_late",
        "revolving_months",
        "unused_months",
        "paid_in_full_months",
        "used_mean",
        "used_trend",
        "used_latest",
        "billed_mean",
        "billed_spread",
        "paid_least",
        "paid_over_due",
        "paid_mean",
        "limit",
        "charged_mean",
        "education_code",
    ]


def test_levers_go_in_the_declared_steps_over_the_declared_months():
    statuses, bills, payments = (
        tuple(f"{stem}_m{month}" for month in range(1, 7))
        for stem in ("repayment_status", "bill_amount", "payment_amount")
    )
    shares, parts = (0.9, 0.75, 0.5, 0.25, 0.0), (0.1, 0.25, 0.5, 0.75, 1.0)

    assert [
        (lever.name, lever.kind, lever.columns, lever.steps, lever.reference_columns)
        for lever in CREDIT_CARD_LEVERS
    ] == [
        *(
            (f"the payment of month m{month} on time", "cap", (status,), (0.0, -1.0), ())
            for month, status in enumerate(statuses, 1)
        ),
        ("every payment on time", "cap", statuses, (0.0, -1.0), ()),
        ("a smaller latest bill", "scale", bills[:1], shares, ()),
        ("smaller bills in all months", "scale", bills, shares, ()),
        ("a larger latest payment", "settle", payments[:1], parts, bills[1:2]),
        ("larger payments in all months", "settle", payments[:5], parts, bills[1:]),
    ]


def test_an_amount_of_nought_or_below_is_not_scaled():
    (scale,) = [lever for lever in CREDIT_CARD_LEVERS if lever.name == "a smaller latest bill"]

    moved = [scale.apply_step({"bill_amount_m1": value}, 0.5) for value in (0.0, -10.0, 1.0, 3.0)]

    assert moved == [{}, {}, {"bill_amount_m1": 0}, {"bill_amount_m1": 2}]
