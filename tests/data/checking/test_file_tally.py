from dataclasses import fields

import polars as pl
import pytest

from credit_default.data.checking.file_tally import count_rows, merge_tallies
from credit_default.data.checking.number_mark_faults import MarkTally
from credit_default.data.checking.row_rules import build_row_rules
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate


@pytest.fixture(scope="module")
def raw():
    """Rows as texts, of which some break rules, some have marks in numbers, and two have one key."""
    (month,) = simulate(client_count=60, month_count=1, seed=3)
    place = pl.int_range(pl.len())
    rows = month.statements.cast(pl.String).with_columns(
        sex=pl.when(place % 7 == 3).then(pl.lit("9")).otherwise("sex"),
        bill_amount_m1=pl.when(place % 5 == 1).then(pl.lit("1.234,5")).otherwise("bill_amount_m1"),
        bill_amount_m2=pl.lit("12.345"),
    )
    return pl.concat([rows, rows.slice(4, 1)])


def build_rules():
    return build_row_rules(CREDIT_CARD, with_outcome=False, outcome_required=False, marks=None)


def describe(tally):
    shown = {field.name: getattr(tally, field.name) for field in fields(tally)}
    numbers = {field.name: getattr(tally.numbers, field.name) for field in fields(tally.numbers)}
    numbers["examples"] = list(tally.numbers.examples)[:5]
    examples = {column: list(values)[:5] for column, values in tally.examples.items()}
    return {**shown, "keys": None, "numbers": numbers, "examples": examples}


@pytest.mark.parametrize("part_rows", [1, 20, 61])
def test_tallies_of_parts_merge_into_that_of_the_file(raw, part_rows):
    rules, numbers = build_rules(), MarkTally(CREDIT_CARD.columns, None)
    whole = count_rows([raw], schema=CREDIT_CARD, rules=rules)

    parts = [
        count_rows([piece], schema=CREDIT_CARD, rules=rules) for piece in raw.iter_slices(part_rows)
    ]

    assert describe(merge_tallies(parts, numbers=numbers)) == describe(whole)
    assert whole.rule_counts
    assert whole.numbers.marked_row_count
    assert sum(len(rows.hashes) for part in parts for rows in part.keys) == 61
