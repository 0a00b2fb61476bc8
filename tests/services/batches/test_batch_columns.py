import pytest
from tests.fakes.batch_tables import PROFILE, put_profile

from credit_default.errors import InputError
from credit_default.services.batches.batch_columns import build_distribution, read_batch_profile

BATCH = "a" * 16


@pytest.fixture
def profile(wiring):
    put_profile(wiring.lake, BATCH)
    return read_batch_profile(wiring.lake, wiring.schema, batch_id=BATCH, model_version=1)


def test_moves_have_the_statistics_of_the_published_profile(profile):
    found = {move.name: (move.statistic, move.ratio, move.has_moved) for move in profile.moves}

    assert found["age"] == (0.25, 2.5, True)
    assert found["sex"][2] is False


def test_p_value_moves_where_it_is_below_its_limit(wiring):
    drift = {"age": {"statistic": 0.01, "threshold": 0.05, "method": "ks"}}
    put_profile(wiring.lake, BATCH, content={**PROFILE, "drift": drift})

    [move] = read_batch_profile(wiring.lake, wiring.schema, batch_id=BATCH, model_version=1).moves

    assert (move.ratio, move.has_moved) == (5.0, True)


def test_column_stands_beside_the_reference_by_the_same_classes(profile, wiring):
    found = build_distribution(profile, wiring.schema, "age")

    assert found.labels == ("below 30", "30 to 40", "40 and above")
    assert (found.counts, found.shares) == ((2, 1, 1), (0.5, 0.25, 0.25))
    assert found.reference_shares == (0.2, 0.4, 0.4)


def test_codes_are_named_by_their_meaning(profile, wiring):
    assert build_distribution(profile, wiring.schema, "sex").labels == ("1: male", "2: female")
    assert build_distribution(profile, wiring.schema, "decision").labels == ("accept", "decline")


def test_missing_values_have_a_bar_only_where_there_are_some(wiring):
    columns = {"age": {"edges": [30.0], "counts": [2, 1, 0, 1]}}
    put_profile(wiring.lake, BATCH, content={"columns": columns, "drift": {}})
    profile = read_batch_profile(wiring.lake, wiring.schema, batch_id=BATCH, model_version=1)

    found = build_distribution(profile, wiring.schema, "age")

    assert found.labels == ("below 30", "30 and above", "missing")
    assert (found.reference_shares, profile.has_reference) == ((), False)


def test_column_that_is_not_published_is_an_error_in_words(profile, wiring):
    with pytest.raises(InputError, match="nothing published"):
        build_distribution(profile, wiring.schema, "nothing")
