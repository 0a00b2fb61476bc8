from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_default.data.credit_card.statements import CREDIT_CARD
from credit_default.model.estimator.scoring import score_probability
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
