"""Rows that are no client's (totals, notes, the header again) are each rejected under one rule."""

from collections import Counter

import polars as pl
import pytest

from credit_default.data.checking.validation import check_rows
from credit_default.data.credit_card.outcomes import OBSERVED_OUTCOMES
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError


@pytest.fixture(scope="module")
def month():
    (simulated,) = simulate(client_count=60, month_count=1, seed=3)
    return simulated.statements.cast(pl.String)


def build_row(month, **cells):
    return pl.DataFrame([{name: cells.get(name) for name in month.columns}], schema=month.schema)


def check(month, *rows, schema=CREDIT_CARD, **options):
    file = pl.concat([month, *rows])
    return check_rows(lambda: file.iter_slices(25), schema=schema, **options)


def build_sums(month, label, **cells):
    sums = dict.fromkeys(month.columns, "99999999")
    return build_row(month, **(sums | {"client_id": label, **cells}))


LABELLED = {
    "a total's label": ({"client_id": "Total"}, "row|total"),
    "a total's label in another language": ({"client_id": "Gesamtsumme:"}, "row|total"),
    "a total's label and the file's month": (
        {"client_id": "GRAND TOTAL", "statement_month": "2005-09"},
        "row|total",
    ),
    "a total's label with what it sums up": ({"client_id": "Summe (60 Kunden)"}, "row|total"),
    "a total's label in French": ({"client_id": "Total général"}, "row|total"),
    "a total's label in Italian": ({"client_id": "Totale"}, "row|total"),
    "a total's label in Chinese": ({"client_id": "合计"}, "row|total"),
    "a total's label in another column": (
        {"statement_month": "Total", "bill_amount_m1": "99999999"},
        "row|total",
    ),
    "sums without an id": (
        {"bill_amount_m1": "99999999", "bill_amount_m2": "99999999", "age": "2400"},
        "row|total",
    ),
    "sums without an id and the month that was given": (
        {"statement_month": "2005-09", "bill_amount_m1": "9", "bill_amount_m2": "9"},
        "row|total",
    ),
    "an empty line": ({}, "row|empty"),
    "an empty line and the month that was given": ({"statement_month": "2005-09"}, "row|empty"),
    "an id and nothing else": ({"client_id": "20001"}, "row|note"),
    "a footer": ({"client_id": "Generated on 2005-12-01 by export.exe"}, "row|note"),
    "a count of rows": ({"client_id": "# rows: 400"}, "row|note"),
    "a footer and the month that was given": (
        {"client_id": "Generated on 2005-12-01", "statement_month": "2005-09"},
        "row|note",
    ),
    "a footer in another column": ({"age": "see the note on page 2"}, "row|note"),
}


@pytest.mark.parametrize("kind", LABELLED)
def test_row_that_is_no_clients_breaks_one_rule_and_the_file_passes(month, kind):
    cells, rule = LABELLED[kind]

    checked = check(month, build_row(month, **cells))

    assert (checked.accepted_count, dict(checked.rule_counts)) == (60, {rule: 1})
    rejected = pl.concat([batch.rejected for batch in checked.batches()])
    assert rejected["rules"].to_list() == [[rule]]


def test_sums_beside_a_total_are_the_same_one_rule(month):
    assert dict(check(month, build_sums(month, "Total")).rule_counts) == {"row|total": 1}


def test_header_that_is_repeated_is_one_rule_under_any_accepted_names(month):
    own = build_row(month, **{name: name for name in month.columns})
    names = {column.name: column.aliases[0] for column in CREDIT_CARD.columns if column.aliases}
    raw = build_row(month, **{**names, "statement_month": "Month"})

    checked = check(month, own, own, raw)

    assert dict(checked.rule_counts) == {"row|header": 3}


def test_totals_with_the_same_label_and_month_repeat_no_client(month):
    total = build_sums(month, "Total", statement_month="2005-09")

    checked = check(month, total, total)

    assert dict(checked.rule_counts) == {"row|total": 2}
    assert sum(batch.rejected.height for batch in checked.batches()) == 2


def test_client_without_values_stays_as_it_is(month):
    bare = build_row(month, client_id="20001", statement_month="2005-09")

    counts = Counter(check(month, bare).rule_counts)

    assert set(counts.values()) == {1}
    assert not any(rule.startswith("row|") for rule in counts)


def test_client_whose_id_alone_is_missing_is_no_total(month):
    nameless = month.head(1).with_columns(client_id=pl.lit(None, dtype=pl.String))

    assert dict(check(month, nameless).rule_counts) == {"client_id|nullability": 1}


def test_client_whose_id_begins_like_a_total_is_none(month):
    called = month.head(1).with_columns(
        client_id=pl.lit("Total-7"), sex=pl.lit("9"), age=pl.lit("7")
    )

    assert set(check(month, called).rule_counts) == {"sex|code", "age|min"}


def test_client_who_is_called_total_and_breaks_no_rule_is_accepted(month):
    called = month.head(1).with_columns(client_id=pl.lit("Total"))

    assert check(month, called).rejected_count == 0


def test_total_below_outcomes_is_one_rule_too():
    outcomes = pl.DataFrame(
        {
            "client_id": ["1", "2", "Total"],
            "statement_month": ["2005-09", "2005-09", None],
            "defaulted": ["0", "1", "1"],
            "observed_at": ["2005-12-01", "2005-12-01", None],
        }
    )

    checked = check(outcomes, schema=OBSERVED_OUTCOMES, outcome="required")

    assert (checked.accepted_count, dict(checked.rule_counts)) == (2, {"row|total": 1})


def test_file_of_ids_and_nothing_else_is_a_fault_of_the_file(month):
    ids = month.with_columns(
        pl.lit(None, dtype=pl.String).alias(name) for name in month.columns[1:]
    )

    with pytest.raises(InputError) as caught:
        check(ids)

    assert caught.value.found == "one filled cell and no other in 60 of 60"
