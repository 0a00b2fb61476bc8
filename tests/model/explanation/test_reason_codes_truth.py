"""On the public data every reason is true of its client, checked again on the raw inputs."""

import numpy as np
import polars as pl
import pytest

from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.decision import DecisionPolicy
from credit_default.model.estimator.fitting import fit
from credit_default.model.estimator.recipe_pipeline import Recipe
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.credit_card_reasons import CREDIT_CARD_REASONS
from credit_default.model.explanation.reason_codes import build_reason_finder
from credit_default.model.features.credit_card import CREDIT_CARD_FEATURES

STATUSES, BILLS, PAYMENTS = (
    [f"{stem}_m{month}" for month in range(1, 7)]
    for stem in ("repayment_status", "bill_amount", "payment_amount")
)
USED = pl.sum_horizontal(BILLS) / pl.col("credit_limit")
USED_LATEST = pl.col("bill_amount_m1") / pl.col("credit_limit")
DUE = pl.sum_horizontal(BILLS[1:])
PAID_OVER_DUE = pl.when(DUE > 0).then(pl.sum_horizontal(PAYMENTS[:5]) / DUE).otherwise(1.0)
NEW = pl.sum_horizontal(
    pl.col(f"bill_amount_m{m}") - pl.col(f"bill_amount_m{m + 1}") + pl.col(f"payment_amount_m{m}")
    for m in range(1, 6)
) / pl.col("credit_limit")
TREND = pl.sum_horizontal((3.5 - month) * pl.col(f"bill_amount_m{month}") for month in range(1, 7))
SPREAD = pl.concat_list(BILLS).list.eval(pl.element().cast(pl.Float64)).list.std(ddof=0)


def count(value, *, least=False):
    return pl.sum_horizontal(
        (pl.col(name) >= value if least else pl.col(name) == value) for name in STATUSES
    )


HIGH, LOW = "high", "low"
FACTS = {
    "Payments two or more months late, in several of the last six months": count(2, least=True)
    >= 2,
    "A payment two or more months late in the last six months": count(2, least=True) >= 1,
    "A payment a month late in the last six months": (count(1, least=True) >= 1)
    & (count(2, least=True) == 0),
    "The latest payment is two or more months late": pl.col(STATUSES[0]) >= 2,
    "The latest payment is late": pl.col(STATUSES[0]) == 1,
    "A payment was late in the last three months": pl.any_horizontal(pl.col(STATUSES[:3]) >= 1),
    "The balance was carried over, not paid in full, in most of the last six months": count(0) >= 4,
    "The card was unused in most of the last six months: little repayment to judge by": count(-2)
    >= 4,
    "The bill was paid in full in few of the last six months": count(-1) <= 2,
    "Balance is high compared with the credit limit": ((USED, HIGH), (USED_LATEST, HIGH)),
    "Balance was high compared with the credit limit in the last six months": ((USED, HIGH),),
    "The latest balance is high compared with the credit limit": ((USED_LATEST, HIGH),),
    "Balance has grown over the last six months": TREND > 0,
    "Amounts billed in the last six months are high": ((pl.sum_horizontal(BILLS), HIGH),),
    "Amounts billed vary strongly from month to month": ((SPREAD, HIGH),),
    "Amounts billed are low: little use of the card to judge by": (
        (pl.sum_horizontal(BILLS), LOW),
        (USED, LOW),
    ),
    "Amounts billed in the last six months are low": ((pl.sum_horizontal(BILLS), LOW),),
    "The credit limit granted so far is low": ((pl.col("credit_limit"), LOW),),
    "Nothing was paid on a bill in at least one of the last six months": pl.any_horizontal(
        (pl.col(f"payment_amount_m{m}") <= 0) & (pl.col(f"bill_amount_m{m + 1}") > 0)
        for m in range(1, 6)
    ),
    "Payments are small compared with the bills": ((PAID_OVER_DUE, LOW),),
    "Amounts paid in the last six months are low": ((pl.sum_horizontal(PAYMENTS), LOW),),
    "New charges are high compared with the credit limit": ((NEW, HIGH),),
    "No documented level of education on file": pl.col("education").is_in([0, 5, 6]),
    "Level of education on file": pl.col("education").is_in([1, 2, 3, 4]),
}
ROUNDING = 1e-5  # what 32 bits leave of a value


@pytest.fixture(scope="module")
def explained(real_data):
    """Declined clients of the public data, their reasons, and the accepted ones whom they are compared with."""
    validated = check_rows(
        open_statement_file(real_data, schema=CREDIT_CARD, month="2005-09").read_batches,
        schema=CREDIT_CARD,
        outcome="required",
    )
    rows = pl.concat([batch.accepted for batch in validated.batches()]).sample(
        14_000, shuffle=True, seed=1
    )
    recipe = Recipe(tree_count=15, maximum_depth=6)
    parts = dict(
        schema=CREDIT_CARD, features=CREDIT_CARD_FEATURES, decision_policy=DecisionPolicy()
    )
    bundle = attach_reference(fit(recipe, rows[:8_000], **parts), rows[8_000:10_000])
    asked = rows[10_000:]
    declined = asked.filter(
        pl.Series(score_probability(bundle, asked) >= bundle.decision_policy.threshold)
    )
    finder = build_reason_finder(bundle, CREDIT_CARD_REASONS, schema=CREDIT_CARD)
    return declined, finder.find_reasons(declined), finder.explainer.background_rows


def check_fact(fact, rows, accepted):
    if isinstance(fact, pl.Expr):
        return rows.select(fact).to_series().to_numpy()
    holds = np.ones(rows.height, dtype=bool)
    for value, side in fact:
        median = accepted.select(value.median()).item()
        sign = 1 if side == HIGH else -1
        holds &= sign * (rows.select(value).to_series().to_numpy() - median) > -ROUNDING * abs(
            median
        )
    return holds


def test_every_sentence_is_in_the_table_of_facts():
    words = {
        wording.text for concept in CREDIT_CARD_REASONS.concepts for wording in concept.wordings
    }

    assert set(FACTS) == words


def test_every_reason_is_true_of_its_client(explained):
    declined, reasons, accepted = explained
    holds = {words: check_fact(fact, declined, accepted) for words, fact in FACTS.items()}

    false = [
        (place, words)
        for place, given in enumerate(reasons)
        for words in given
        if not holds[words][place]
    ]

    assert declined.height > 1_500
    assert false == []


def test_no_client_is_without_a_reason_and_most_have_several(explained):
    _, reasons, _ = explained
    counts = np.array([len(given) for given in reasons])

    assert counts.min() >= 1
    assert (counts >= 2).mean() > 0.9
    assert all(len(set(given)) == len(given) for given in reasons)
