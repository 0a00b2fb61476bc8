from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.contract.schema import Column
from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.scoring import score_probability
from credit_default.model.fairness import attribute_flip_test
from credit_default.model.fairness.attribute_flip_test import measure_flip_sensitivity

INCLUDED = {"sex": (1, 2), "marriage": (0, 3), "age": (18, 120)}


@pytest.fixture(scope="module")
def swayed(rows, fit_small, bundle):
    """A model that looks at protected attributes, on rows whose outcome hangs on sex."""
    revealing = rows.with_columns(defaulted=(pl.col("sex") == 2).cast(pl.Int64))
    return fit_small(revealing, recipe=replace(bundle.recipe, include_protected=True))


def test_flipping_protected_attributes_changes_no_score(bundle, rows):
    found = measure_flip_sensitivity(bundle, rows, CREDIT_CARD)

    assert [flip.attribute for flip in found] == ["sex", "marriage", "age"]
    assert [flip.flipped_count for flip in found] == [
        2 * rows.height,
        4 * rows.height,
        5 * rows.height,
    ]
    assert {(flip.is_input, flip.changed_count, flip.largest_change) for flip in found} == {
        (False, 0, 0.0)
    }


@settings(max_examples=30)
@given(data=st.data())
def test_no_mixture_of_protected_values_changes_a_bit_of_a_score(bundle, rows, data):
    seed = data.draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    flipped = rows.with_columns(
        **{
            name: pl.Series(generator.integers(low, high + 1, rows.height))
            for name, (low, high) in INCLUDED.items()
        }
    )

    assert score_probability(bundle, flipped).tobytes() == score_probability(bundle, rows).tobytes()


def test_a_model_that_looks_at_sex_is_found_out(swayed, rows):
    sex, _, _ = measure_flip_sensitivity(swayed, rows, CREDIT_CARD)

    assert sex.is_input
    assert sex.changed_count > 0
    assert sex.largest_change > 0.2


def test_rows_are_left_as_they_are(swayed, rows):
    before = rows.clone()

    measure_flip_sensitivity(swayed, rows, CREDIT_CARD)

    assert rows.equals(before)


def test_no_rows_have_nothing_to_flip(bundle, rows):
    found = measure_flip_sensitivity(bundle, rows[:0], CREDIT_CARD)

    assert {(flip.flipped_count, flip.largest_change) for flip in found} == {(0, 0.0)}


def list_values(values, column, *, dtype=pl.Int64):
    rows = pl.DataFrame({"x": values}, schema={"x": dtype})
    return [flipped["x"].to_list() for flipped in attribute_flip_test._list_flips(rows, column)]


def test_a_code_takes_each_permitted_value_and_a_number_five_from_the_least_to_the_greatest():
    number, code = (
        Column("x", "integer", "x"),
        Column("x", "code", "x", codes={1: "one", 3: "three", 5: "five"}),
    )

    assert list_values([8, 0, 4], number) == [[value] * 3 for value in (0, 2, 4, 6, 8)]
    assert list_values([3, 1], code) == [[1, 1], [3, 3], [5, 5]]
    assert list_values([2, 4], number) == [[2, 2], [3, 3], [4, 4]]  # rounded ones come once
    assert list_values([0.0, 1.0], Column("x", "amount", "x"), dtype=pl.Float64) == [
        [value] * 2 for value in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    assert list_values([None, None], number) == []
