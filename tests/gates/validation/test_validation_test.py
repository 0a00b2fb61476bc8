"""What a test lacks, told at the first need that is not met and at each number that is too small."""

import numpy as np
import pytest
from tests.fakes.scored_samples import change, draw_sample

from credit_default.gates.validation.policy import ValidationPolicy
from credit_default.gates.validation.sample import ScoredSample
from credit_default.gates.validation.validation_test import build_input, find_lack

POLICY = ValidationPolicy()


def lack(needs, sample, reference=None):
    return find_lack(build_input(sample, reference, policy=POLICY), needs)


def draw(row_count, default_count, *, unknown=0, clients=None):
    outcomes = np.zeros(row_count + unknown)
    outcomes[:default_count] = 1
    outcomes[row_count:] = np.nan
    sample = change(draw_sample(1, row_count=row_count + unknown), defaulted=outcomes)
    return sample if clients is None else change(sample, client_id=np.arange(row_count) % clients)


@pytest.mark.parametrize(
    ("sample", "found"),
    [
        (draw(200, 10), None),
        (draw(199, 10, unknown=50), "199 rows in the sample have an outcome: at least 200"),
        (draw(200, 9), "9 defaults in 200 rows in the sample: at least 10 of each"),
        (draw(200, 190), None),
        (draw(200, 191), "191 defaults in 200 rows in the sample: at least 10 of each"),
        (draw(0, 0, unknown=300), "no outcomes in the sample"),
        (draw(400, 40, clients=50), None),
        (draw(400, 40, clients=49), "49 clients in the sample have an outcome: at least 50"),
    ],
)
def test_outcomes_are_enough_at_each_number(sample, found):
    told = lack(("outcomes",), sample)

    assert told is None if found is None else told.startswith(found)


@pytest.mark.parametrize(
    ("needs", "missing", "found"),
    [
        (("months",), {"month": None}, "no months"),
        (("clients",), {"client_id": None}, "no client identifiers"),
        (("bands",), {"band": None, "band_order": ()}, "no rating bands"),
        (("segments",), {"segments": {}}, "no segments"),
        (("variables",), {"variables": {}}, "no variables beside the score"),
        (("benchmark",), {"benchmark_probability": None}, "no benchmark's scores"),
        (("months", "clients"), {"month": None, "client_id": None}, "no months"),
        (("clients", "months"), {"month": None, "client_id": None}, "no client identifiers"),
    ],
)
def test_what_the_sample_lacks_is_told_and_nothing_where_it_is_there(needs, missing, found):
    sample = draw_sample(1, row_count=300)

    assert lack(needs, change(sample, **missing)) == found
    assert lack(needs, sample) is None


def test_a_test_with_needs_asks_for_two_hundred_rows_and_one_without_for_none():
    assert lack(("bands",), draw_sample(1, row_count=200)) is None
    assert lack(("bands",), draw_sample(1, row_count=199)).startswith("199 rows: at least 200")
    assert lack((), draw_sample(1, row_count=1)) is None


@pytest.mark.parametrize(
    ("sample", "reference", "found"),
    [
        (draw_sample(1, row_count=200), draw_sample(2, row_count=200), None),
        (draw_sample(1, row_count=300), None, "no development sample to compare with"),
        (draw_sample(1, row_count=300), ScoredSample(np.empty(0)), "no development sample to"),
        (draw_sample(1, row_count=300), draw_sample(2, row_count=199), "199 rows of development"),
        (draw_sample(1, row_count=199), draw_sample(2, row_count=300), "199 rows of the sample"),
        (draw(400, 40, clients=199), draw_sample(2), "199 clients of the sample"),
        (draw(400, 40, clients=200), draw_sample(2), None),
    ],
)
def test_both_sides_need_two_hundred_clients(sample, reference, found):
    told = lack(("reference",), sample, reference)

    assert told is None if found is None else told.startswith(found)


def test_development_needs_outcomes_and_bands_of_its_own():
    sample, reference = draw_sample(1), draw_sample(2)

    assert lack(("reference outcomes",), sample, change(reference, defaulted=None)) == (
        "no outcomes of development"
    )
    assert lack(("reference outcomes",), sample, reference) is None
    assert lack(("reference outcomes",), sample) == "no development sample to compare with"
    assert lack(("reference bands",), sample, change(reference, band=None, band_order=())) == (
        "no rating bands of development"
    )
    assert lack(("reference bands",), sample) == "no development sample to compare with"
    assert lack(("reference bands",), sample, reference) is None


def test_the_newest_row_of_each_client_is_picked_from_the_known_ones():
    sample = ScoredSample(
        np.array([0.1, 0.2, 0.3]),
        np.array([1.0, np.nan, 0.0]),
        month=np.array(["2026-01", "2026-02", "2026-01"]),
        client_id=np.array(["a", "a", "b"]),
    )

    inputs = build_input(sample, None, policy=POLICY)

    assert inputs.now.default_probability.tolist() == [0.2, 0.3]
    assert inputs.known.default_probability.tolist() == [0.1, 0.3]
    assert inputs.known_now.default_probability.tolist() == [0.1, 0.3]
    assert inputs.reference.row_count == inputs.then.row_count == inputs.known_then.row_count == 0
