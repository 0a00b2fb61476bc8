import numpy as np
import pytest

from credit_default.errors import InputError
from credit_default.gates.validation.sample import ScoredSample

SCORES = np.array([0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("scores", "found", "remedy"),
    [
        ([10.0, 20.0, 100.0], "3 of 3 missing or outside 0-1, such as 10", "percentages by 100"),
        ([0.1, np.nan, 0.3], "1 of 3 missing or outside 0-1, such as nan", "without a score"),
        ([0.1, -2.5, 0.3], "1 of 3 missing or outside 0-1, such as -2.5", "points or log odds"),
        ([600.0, 0.2, 0.3], "1 of 3 missing or outside 0-1, such as 600", "points or log odds"),
        ([np.inf, 0.2, 0.3], "such as inf", "points or log odds"),
    ],
)
def test_scores_that_are_no_probabilities_are_refused_with_the_cure(scores, found, remedy):
    with pytest.raises(InputError) as raised:
        ScoredSample(np.array(scores))

    assert found in raised.value.found
    assert remedy in raised.value.remedy


@pytest.mark.parametrize("outcome", [2.0, -1.0, 0.5, np.inf])
def test_outcomes_other_than_0_and_1_are_refused(outcome):
    with pytest.raises(InputError, match="outcomes: found 1 of 3 other values"):
        ScoredSample(SCORES, np.array([0, 1, outcome]))


@pytest.mark.parametrize(
    "fields",
    [
        {"defaulted": np.array([0.0, 1.0])},
        {"month": np.array(["2026-01"])},
        {"client_id": np.arange(4)},
        {"segments": {"sex": np.array(["a"])}},
        {"variables": {"income": np.zeros(2)}},
        {"benchmark_probability": np.array([0.1])},
    ],
)
def test_arrays_of_another_length_are_refused(fields):
    with pytest.raises(InputError, match="expected 3, one a score"):
        ScoredSample(SCORES, **fields)


@pytest.mark.parametrize("month", ["2026-13", "2026-1", "202601", "01/2026", "2026-00", ""])
def test_months_of_another_form_are_refused(month):
    with pytest.raises(InputError, match="months: found"):
        ScoredSample(SCORES, month=np.array(["2026-01", month, "2026-02"]))


def test_band_without_its_probability_or_place_is_refused():
    band = np.array(["A", "B", "C"])

    with pytest.raises(InputError, match="no entry for C"):
        ScoredSample(SCORES, band=band, band_order=("A", "B"))
    with pytest.raises(InputError, match="no entry for B, C"):
        ScoredSample(SCORES, band=band, band_probability={"A": 0.1})
    with pytest.raises(InputError, match="outside 0-1"):
        ScoredSample(SCORES, band=band, band_probability={"A": 0.1, "B": 2.0, "C": 0.3})


def test_known_rows_are_those_with_an_outcome():
    sample = ScoredSample(
        SCORES,
        np.array([1.0, np.nan, 0.0]),
        month=np.array(["2026-01", "2026-02", "2026-03"]),
        variables={"income": np.array([1.0, 2.0, 3.0])},
    )

    known = sample.take_known()

    assert known.outcomes.tolist() == [1.0, 0.0]
    assert known.month.tolist() == ["2026-01", "2026-03"]
    assert known.variables["income"].tolist() == [1.0, 3.0]
    assert ScoredSample(SCORES).take_known().row_count == 0


def test_newest_row_of_each_client_is_that_of_the_last_month():
    sample = ScoredSample(
        np.array([0.1, 0.2, 0.3, 0.4]),
        month=np.array(["2026-02", "2026-01", "2026-03", "2026-02"]),
        client_id=np.array(["a", "a", "b", "b"]),
    )

    assert sample.take_newest().default_probability.tolist() == [0.1, 0.3]
    assert ScoredSample(SCORES).take_newest().row_count == 3


def test_scores_that_look_like_percentages_are_told_so_up_to_a_hundred():
    def remedy(*scores):
        with pytest.raises(InputError) as raised:
            ScoredSample(np.array(scores))
        return raised.value.remedy

    assert remedy(0.0, 100.0).startswith("Divide percentages by 100")
    assert remedy(0.0, 100.1).startswith("Give the probability")
    assert remedy(-0.001, 50.0).startswith("Give the probability")


@pytest.mark.parametrize("month", ["2026-01", "2026-12", "0001-09"])
def test_months_of_the_form_are_accepted(month):
    assert ScoredSample(np.array([0.0]), month=np.array([month])).row_count == 1


@pytest.mark.parametrize(
    "month", ["20266-01", "2026-001", "2026-ab", "abcd-01", "2026-01-01", "2026"]
)
def test_months_of_further_forms_are_refused(month):
    with pytest.raises(InputError, match="months: found"):
        ScoredSample(np.array([0.5]), month=np.array([month]))


def test_five_lacking_bands_are_named_at_most():
    with pytest.raises(InputError, match=r"no entry for b1, b2, b3, b4, b5\b(?!, b6)"):
        ScoredSample(
            np.full(7, 0.5), band=np.array([f"b{n}" for n in range(7)]), band_order=("b0",)
        )


def test_the_newest_row_without_months_is_the_last_given():
    sample = ScoredSample(np.array([0.1, 0.2, 0.3]), client_id=np.array(["a", "a", "b"]))

    assert sample.take_newest().default_probability.tolist() == [0.2, 0.3]
    alone = ScoredSample(np.array([0.1, 0.2]), client_id=np.array(["a", "b"]))
    assert alone.take_newest() is alone


def test_rows_that_are_taken_keep_every_column_and_the_bands():
    sample = ScoredSample(
        np.array([0.1, 0.2]),
        np.array([1.0, 0.0]),
        band=np.array(["A", "B"]),
        band_order=("A", "B"),
        band_probability={"A": 0.1, "B": 0.2},
        segments={"sex": np.array(["f", "m"])},
        declined=np.array([True, False]),
        final_declined=np.array([False, False]),
        benchmark_probability=np.array([0.3, 0.4]),
    )

    taken = sample.take(np.array([False, True]))

    assert (taken.band.tolist(), taken.band_order) == (["B"], ("A", "B"))
    assert taken.segments["sex"].tolist() == ["m"]
    assert (taken.declined.tolist(), taken.benchmark_probability.tolist()) == ([False], [0.4])
    assert sample.take_known() is sample


def test_a_sample_without_outcomes_has_none():
    bare = ScoredSample(np.array([0.1, 0.2]))

    assert bare.outcomes.shape == (0,)
    assert bare.take_known().row_count == 0
    assert bare.take_known().outcomes.shape == (0,)
