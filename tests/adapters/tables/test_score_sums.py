from fractions import Fraction

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_default.adapters.tables.score_digests import digest_frames
from credit_default.adapters.tables.score_sums import ScoreSums, sum_exactly, sum_scores

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
UNIT = Fraction(1, 2**1126)


@pytest.fixture
def scores() -> pl.DataFrame:
    risk = np.random.default_rng(3).random(500)
    declined = risk > 0.6
    return pl.DataFrame(
        {
            "client_id": [f"C{place}" for place in range(500)],
            "statement_month": "2005-09",
            "default_probability": risk,
            "decision": np.where(declined, "decline", "accept"),
            "risk_band": np.array(["A", "B", "C"])[(risk * 3).astype(int)],
            "expected_loss": risk * 1e6 / 3,
            "reasons": [
                ["late"] if one and place < 300 else [] for place, one in enumerate(declined)
            ],
        }
    )


@given(st.lists(FLOATS, max_size=40))
def test_a_sum_is_exact(values):
    assert sum_exactly(np.array(values)) * UNIT == sum(map(Fraction, values))


def test_a_sum_is_exact_where_floats_are_not():
    values = [1e16, 1.0, -1e16, 5e-324]

    assert sum_exactly(np.array(values)) * UNIT == 1 + Fraction(5e-324)


@pytest.mark.parametrize("cut", [1, 7, 64, 499, 500])
def test_neither_the_cut_nor_the_order_of_rows_changes_a_bit(scores, cut):
    shuffled = scores.sample(fraction=1, shuffle=True, seed=cut)

    found = sum_scores(shuffled.iter_slices(cut))

    assert found == sum_scores([scores])
    assert found.measure() == sum_scores([scores]).measure()
    assert found.digest == digest_frames([scores])


def test_counts_and_sums_are_those_of_the_rows(scores):
    measured = sum_scores([scores]).measure()

    declined = scores.filter(decision="decline")
    assert measured.scored_count == 500
    assert measured.declined_count == declined.height
    assert measured.reasoned_count == declined["reasons"].list.len().cast(pl.Boolean).sum()
    assert measured.expected_default_share == pytest.approx(scores["default_probability"].mean())
    losses = measured.expected_losses
    assert list(losses) == ["accept", "band A", "band B", "band C", "decline"]
    assert losses["decline"] == pytest.approx(declined["expected_loss"].sum())
    assert losses["band B"] == pytest.approx(scores.filter(risk_band="B")["expected_loss"].sum())


def test_no_rows_add_nothing(scores):
    assert sum_scores([]) == ScoreSums()
    assert sum_scores([scores.clear(), scores]) == sum_scores([scores])
    assert ScoreSums().measure().expected_default_share == 0
