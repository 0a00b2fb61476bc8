from dataclasses import replace

import polars as pl
import pytest

from credit_default.data.contract.schema import Rule
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.scoring import attach_reference, score_probability
from credit_default.model.explanation.actionable_changes import (
    CREDIT_CARD_LEVERS,
    Lever,
    derive_levers,
)
from credit_default.model.explanation.counterfactuals import find_counterfactuals

THRESHOLD = 1 / 6


@pytest.fixture(scope="module")
def declined(bundle, make_rows) -> pl.DataFrame:
    """Declined clients, the one nearest to the threshold first."""
    asked = make_rows(300, seed=9, prefix="Q")
    scored = asked.with_columns(probability=pl.Series(score_probability(bundle, asked)))
    return scored.filter(pl.col("probability") >= THRESHOLD).sort("probability").drop("probability")


def find(bundle, row, *, levers=CREDIT_CARD_LEVERS, schema=CREDIT_CARD):
    return find_counterfactuals(bundle, row, levers=levers, schema=schema)


def test_each_alternative_really_scores_below_the_threshold(bundle, declined):
    found = {place: find(bundle, declined[place]) for place in range(0, declined.height, 8)}

    assert sum(bool(alternatives) for alternatives in found.values()) > len(found) / 2
    for place, alternatives in found.items():
        assert len(alternatives) <= 3
        for alternative in alternatives:
            changed = declined[place].with_columns(
                **{
                    name: pl.lit(new).cast(declined.schema[name])
                    for name, (_, new) in alternative.changes.items()
                }
            )
            assert (
                score_probability(bundle, changed)[0] == alternative.default_probability < THRESHOLD
            )
            old = declined[place].row(0, named=True)
            assert all(was == old[name] != new for name, (was, new) in alternative.changes.items())


def test_pairs_are_reported_only_where_no_single_lever_suffices(bundle, declined):
    levers = [lever for lever in CREDIT_CARD_LEVERS if len(lever.columns) == 1]
    rows = declined[::4].iter_slices(1)

    found = [
        (row, counterfactuals)
        for row in rows
        if (counterfactuals := find(bundle, row, levers=levers))
    ]

    assert {
        len(alternative.levers) for _, counterfactuals in found for alternative in counterfactuals
    } == {1, 2}
    row = next(row for row, counterfactuals in found if len(counterfactuals[0].levers) == 2)
    assert all(find(bundle, row, levers=[lever]) == () for lever in levers)


def test_the_smallest_step_that_suffices_is_reported(bundle, declined):
    lever = Lever(
        "smaller bills", "scale", tuple(f"bill_amount_m{m}" for m in range(1, 7)), (0.9, 0.5, 0.1)
    )
    found = [
        (row, counterfactuals)
        for row in declined[::4].iter_slices(1)
        if (counterfactuals := find(bundle, row, levers=[lever]))
    ]

    assert found
    for row, (alternative,) in found:
        old, new = alternative.changes["bill_amount_m1"]
        step = round(new / old, 1) if old else 1.0
        for larger in (s for s in lever.steps if s > step):
            rest = replace(lever, steps=(larger,))
            assert find(bundle, row, levers=[rest]) == ()


def test_a_changed_row_that_breaks_a_rule_is_no_counterfactual(bundle, declined):
    rule = Rule("never", "repayment_status_m1 > 99 OR bill_amount_m1 > 99999999", "x")

    assert find(bundle, declined[0])
    assert find(bundle, declined[0], schema=replace(CREDIT_CARD, rules=(rule,))) == ()


def test_a_protected_attribute_is_no_lever(bundle, declined):
    levers = [Lever("another age", "set", ("age", "repayment_status_m1"), (50.0,))]

    assert find(bundle, declined[0], levers=levers) == ()


def test_where_two_levers_lead_to_the_same_change_the_first_is_reported(bundle, declined):
    statuses = tuple(f"repayment_status_m{month}" for month in range(1, 7))
    equal_levers = [Lever(name, "cap", statuses, (-1.0,)) for name in ("on time", "in time")]

    found = [
        counterfactuals
        for row in declined.iter_slices(1)
        if (counterfactuals := find(bundle, row, levers=equal_levers))
    ]

    assert found
    assert {alternative.levers for counterfactuals in found for alternative in counterfactuals} == {
        ("on time",)
    }


def test_without_levers_nothing_is_found(bundle, declined):
    assert find(bundle, declined[0], levers=()) == ()


def test_derived_levers_go_the_shortest_way_to_where_accepted_clients_are(
    bundle, declined, make_rows
):
    reference = attach_reference(bundle, make_rows(100, seed=4, prefix="R")).reference
    levers = derive_levers(
        CREDIT_CARD, input_names=bundle.input_names, accepted=reference.filter(decision="accept")
    )

    found = [find(bundle, row, levers=levers) for row in declined.head(5).iter_slices(1)]

    assert any(found)
    assert all(
        new in lever.steps
        for alternatives in found
        for a in alternatives
        for name, (_, new) in a.changes.items()
        for lever in levers
        if lever.columns == (name,)
    )


def search_all(bundle, row, levers):
    """The ways below the threshold by trying every step and, where none suffices, every pair, one by one."""
    values = row.row(0, named=True)

    def try_out(candidates):
        ways = []
        for names, changed, size in candidates:
            moved = row.with_columns(
                **{name: pl.lit(new).cast(row.schema[name]) for name, new in changed.items()}
            )
            allowed = all(
                moved.select(pl.sql_expr(rule.expression)).item() for rule in CREDIT_CARD.rules
            )
            probability = score_probability(bundle, moved)[0]
            if allowed and probability < THRESHOLD:
                ways.append((len(changed), size, names, changed, probability))
        found = []
        for _, _, names, changed, probability in sorted(ways, key=lambda way: way[:2]):
            if not any(set(other) <= set(changed) for _, other, _ in found):
                found.append((names, changed, probability))
        return found

    singles = [
        [
            ((lever.name,), changed, len(changed) * place / len(lever.steps))
            for place, step in enumerate(lever.steps, 1)
            if (changed := lever.apply_step(values, step))
        ]
        for lever in levers
    ]
    pairs = [
        ((*one[0], *two[0]), one[1] | two[1], one[2] + two[2])
        for place, first in enumerate(singles)
        for second in singles[place + 1 :]
        for one in first
        for two in second
    ]
    return (try_out([c for steps in singles for c in steps]) or try_out(pairs))[:3]


@pytest.mark.parametrize("place", [0, 7, 15, 30, -1])
@pytest.mark.parametrize("single", [True, False], ids=["one column each", "all levers"])
def test_the_ways_are_those_that_trying_everything_finds(bundle, declined, place, single):
    row = declined[place]
    levers = [lever for lever in CREDIT_CARD_LEVERS if not single or len(lever.columns) == 1][3:11]

    found = find(bundle, row, levers=levers)

    expected = search_all(bundle, row, levers)
    assert [(way.levers, way.default_probability) for way in found] == [
        (names, probability) for names, _, probability in expected
    ]
    old = row.row(0, named=True)
    assert [dict(way.changes) for way in found] == [
        {name: (float(old[name]), float(new)) for name, new in changed.items()}
        for _, changed, _ in expected
    ]
