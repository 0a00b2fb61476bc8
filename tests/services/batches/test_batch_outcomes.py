import datetime as dt

import polars as pl
from tests.fakes.batch_tables import NOON, put_outcomes, put_scores

from credit_default.adapters.tables.schemas import SHADOW_SCORES
from credit_default.adapters.tables.shadow_scores import write_shadow_scores
from credit_default.services.batches.batch_index import find_batch_keys
from credit_default.services.batches.batch_outcomes import list_shadow_scores, measure_bands

BATCH = "a" * 16


def find(wiring):
    return find_batch_keys(wiring.lake, BATCH)[0]


def test_bands_have_the_counts_of_the_tables(wiring):
    put_scores(wiring.lake, BATCH, "2005-10")
    put_outcomes(wiring.lake, "2005-10", (0, 1, 1))

    low, high, whole = measure_bands(wiring.lake, find(wiring))

    assert (low.band, low.row_count, low.known_count, low.default_count) == ("A", 2, 2, 1)
    assert (high.row_count, high.known_count, high.declined_count) == (2, 1, 2)
    assert (whole.default_share, whole.expected_share) == (2 / 3, 0.25)
    assert round(whole.expected_known_share, 6) == 0.2


def test_outcome_that_came_too_early_is_not_known_yet(wiring):
    put_scores(wiring.lake, BATCH, "2005-10")
    put_outcomes(wiring.lake, "2005-10", (1,), at=dt.datetime(2005, 10, 20, tzinfo=dt.UTC))

    whole = measure_bands(wiring.lake, find(wiring))[-1]

    assert (whole.known_count, whole.default_share) == (0, None)


def test_shadow_scores_stand_beside_those_of_the_version_that_decided(wiring):
    put_scores(wiring.lake, BATCH, "2005-10")
    rows = pl.DataFrame(
        {
            "client_id": ["0", "2"],
            "statement_month": "2005-10",
            "default_probability": [0.2, 0.2],
            "model_version": 2,
            "batch_id": BATCH,
            "scored_at": NOON,
        },
        schema_overrides={"model_version": pl.Int64},
    ).select(SHADOW_SCORES.names)
    write_shadow_scores(wiring.lake, lambda: [rows], batch_id=BATCH, model_version=2)

    [shadow] = list_shadow_scores(wiring.lake, find(wiring))

    assert (shadow.model_version, shadow.row_count) == (2, 2)
    assert round(shadow.mean_probability_shown, 6) == 0.25
    assert round(shadow.mean_difference, 6) == 0.15
