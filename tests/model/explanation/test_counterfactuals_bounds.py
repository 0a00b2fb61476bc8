"""Which levers may be pulled, in which order their steps are tried, and that the threshold itself is too much."""

from dataclasses import replace
from types import SimpleNamespace

import polars as pl
import pytest

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.explanation.actionable_changes import Lever
from credit_default.model.explanation.counterfactuals import find_counterfactuals

STATUSES = tuple(f"repayment_status_m{month}" for month in range(1, 7))
ON_TIME = Lever("on time", "cap", STATUSES, (-1.0,))


def alter(schema, name, **changes):
    columns = tuple(replace(c, **changes) if c.name == name else c for c in schema.columns)
    return replace(schema, columns=columns)


@pytest.fixture(scope="module")
def declined(bundle, make_rows) -> pl.DataFrame:
    """Clients who were late in every month, and would be accepted if they never had been."""
    asked = make_rows(120, seed=9, prefix="Q").with_columns(
        pl.lit(2, dtype=pl.Int64).alias(name) for name in STATUSES
    )
    mended = asked.with_columns(pl.lit(-1, dtype=pl.Int64).alias(name) for name in STATUSES)
    limit = bundle.decision_policy.threshold
    found = asked.filter(
        pl.Series(score_probability(bundle, asked) >= limit)
        & pl.Series(score_probability(bundle, mended) < limit)
    )
    assert found.height > 5
    return found


def find(bundle, row, *levers, schema=CREDIT_CARD):
    return find_counterfactuals(bundle, row, levers=levers, schema=schema)


def test_a_lever_on_a_column_that_is_protected_is_never_pulled(bundle, declined):
    assert find(bundle, declined[0], ON_TIME)

    protected = alter(CREDIT_CARD, "repayment_status_m4", protected=True)

    assert find(bundle, declined[0], ON_TIME, schema=protected) == ()


@pytest.mark.parametrize(("code", "found"), [(2, False), (3, True)])
def test_a_value_that_is_special_now_is_not_to_be_left(bundle, declined, code, found):
    special = alter(CREDIT_CARD, "repayment_status_m6", codes={}, kind="integer", special={})
    special = alter(special, "repayment_status_m6", special={code: "no account yet"})

    assert bool(find(bundle, declined[0], ON_TIME, schema=special)) is found


def test_a_step_that_leads_to_a_special_value_in_one_of_its_columns_is_not_tried(bundle, declined):
    special = alter(CREDIT_CARD, "repayment_status_m6", codes={}, kind="integer", special={})
    special = alter(special, "repayment_status_m6", special={-1: "no account yet"})

    assert find(bundle, declined[0], ON_TIME, schema=special) == ()


def test_a_reference_without_a_number_bars_a_lever_too(bundle, declined):
    row = declined[0].with_columns(bill_amount_m6=pl.lit(777.0))
    lever = replace(ON_TIME, reference_columns=(*STATUSES[:5], "bill_amount_m6"))
    assert find(bundle, row, lever)

    special = alter(CREDIT_CARD, "bill_amount_m6", special={777.0: "no bill"})

    assert find(bundle, row, lever, schema=special) == ()


@pytest.mark.parametrize("steps", [(-2.0, -1.0, 0.0), (0.0, -1.0, -2.0)])
def test_of_given_values_the_nearest_that_suffices_is_found(bundle, declined, steps):
    lever = Lever("elsewhere", "set", STATUSES, steps)

    new = [
        way.changes["repayment_status_m1"]
        for row in declined.head(8).iter_slices(1)
        for way in find(bundle, row, lever)
    ]

    assert (2.0, 0.0) in new


def test_what_takes_the_smaller_part_of_a_levers_way_comes_first(bundle, make_rows):
    """Half of the way of one lever before two thirds of another's, whichever is named first."""
    asked = make_rows(300, seed=9, prefix="Q").filter(
        (pl.col("repayment_status_m1") == 2) & (pl.col("repayment_status_m2") == 2)
    )
    half = Lever("half", "cap", ("repayment_status_m1",), (-1.0, -1.0))
    two_thirds = Lever("two thirds", "cap", ("repayment_status_m2",), (9.0, -1.0, -1.0))
    asked = asked.head(25)
    scores = score_probability(bundle, asked)
    found = []
    for row, score in zip(asked.iter_slices(1), scores, strict=True):
        # A threshold just below the score: any single improvement suffices.
        lenient = replace(bundle, decision_policy=SimpleNamespace(threshold=float(score)))
        found.append([way.levers for way in find(lenient, row, two_thirds, half)])

    assert [("half",), ("two thirds",)] in found
    assert [("two thirds",), ("half",)] not in found


def test_a_way_that_leads_to_the_threshold_itself_does_not_suffice(bundle, declined):
    (way,) = find(bundle, declined[0], ON_TIME)

    def with_threshold(limit):
        return replace(bundle, decision_policy=SimpleNamespace(threshold=limit))

    assert find(with_threshold(way.default_probability), declined[0], ON_TIME) == ()
    assert find(with_threshold(way.default_probability + 1e-12), declined[0], ON_TIME) == (way,)


def test_at_most_three_ways_are_told(bundle, declined):
    lenient = replace(bundle, decision_policy=SimpleNamespace(threshold=1.0))
    levers = [Lever(name, "cap", (name,), (-1.0,)) for name in STATUSES]

    ways = find(lenient, declined[0], *levers)

    assert [way.levers for way in ways] == [(name,) for name in STATUSES[:3]]
