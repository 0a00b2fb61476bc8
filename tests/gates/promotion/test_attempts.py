import pytest

from credit_default.gates.promotion.attempts import (
    Attempt,
    ContestRows,
    count_attempt,
    describe_attempt,
    find_attempt_confidence,
)

OCTOBER = {"2005-10": 1_000}


def make_rows(months=OCTOBER, *, digest="aa", side="test"):
    return ContestRows(side, digest, months)


def try_seeds(count, *, rows):
    return [Attempt(rows, f"seed {seed}") for seed in range(count)]


def count(rows, earlier, *, model_digest="new"):
    return count_attempt(rows, model_digest=model_digest, earlier=earlier).number


def test_nobody_before_makes_it_the_first():
    assert count(make_rows(), []) == 1.0


def test_each_challenger_on_the_same_rows_is_one_more():
    rows = make_rows()

    assert count(rows, try_seeds(4, rows=rows)) == 5.0


def test_the_same_challenger_on_the_same_rows_keeps_its_number():
    rows = make_rows()
    earlier = try_seeds(4, rows=rows)

    assert count(rows, earlier, model_digest="seed 2") == 3.0
    assert count(rows, [*earlier, earlier[2]]) == 5.0


@pytest.mark.parametrize(
    ("months", "number"),
    [
        ({"2005-10": 1_010}, 1 + 1_000 / 1_010),
        ({"2005-10": 900}, 2.0),
        ({"2005-10": 1_000, "2005-11": 1_000}, 1.5),
        ({"2005-11": 1_000}, 1.0),
    ],
    ids=["ten rows came on top", "some were left out", "a month came on top", "another month"],
)
def test_an_earlier_attempt_counts_by_the_share_of_these_rows_that_it_saw(months, number):
    earlier = try_seeds(1, rows=make_rows())

    assert count(make_rows(months, digest="bb"), earlier) == pytest.approx(number)


def test_rows_of_the_other_side_are_other_clients():
    earlier = try_seeds(3, rows=make_rows(side="development"))

    assert count(make_rows(), earlier) == 1.0


def test_the_same_challenger_on_more_rows_is_another_look():
    earlier = [Attempt(make_rows(), "new")]

    assert count(make_rows({"2005-10": 1_001}, digest="bb"), earlier) > 1.9


def test_no_number_of_attempts_spends_more_than_the_whole_risk():
    shares = [Attempt(make_rows(), "m", float(number)).risk_share for number in range(1, 10_000)]

    assert shares[0] == 0.5
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) < 1.0
    assert Attempt(make_rows(), "m", 4.0).spent_share == pytest.approx(sum(shares[:3]))


def test_a_later_attempt_needs_more_confidence_and_nobody_counting_is_the_first():
    first, third = (Attempt(make_rows(), "m", number) for number in (1.0, 3.0))

    assert find_attempt_confidence(None, confidence=0.99) == pytest.approx(0.995)
    assert find_attempt_confidence(first, confidence=0.99) == pytest.approx(0.995)
    assert find_attempt_confidence(third, confidence=0.99) == pytest.approx(1 - 0.01 / 12)


def test_what_an_attempt_spends_is_said():
    first, third = (
        describe_attempt(Attempt(make_rows(), "m", number), confidence=0.9925)
        for number in (1.0, 3.0)
    )

    assert first.summary == (
        "attempt 1 on these rows: 50.0% of the risk of promoting a tie is spent here; a gain must be "
        "shown with 99.63% confidence"
    )
    assert third.summary.startswith(
        "attempt 3 on these rows: 8.3% of the risk of promoting a tie is spent here, 67% before; "
    )
    assert third.fault == ""
    assert third.figures["attempt"] == 3.0


def test_overlap_is_the_share_of_these_rows_by_month():
    now = make_rows({"2005-10": 600, "2005-11": 400})

    assert now.measure_overlap(make_rows({"2005-10": 300, "2005-12": 900})) == 0.3
    assert now.measure_overlap(make_rows({"2005-10": 900, "2005-11": 400})) == 1.0
    assert now.measure_overlap(make_rows({"2005-12": 10})) == 0.0
    assert make_rows({}).measure_overlap(now) == 0.0
    assert now.measure_overlap(make_rows({"2005-10": 600}, side="development")) == 0.0


@pytest.mark.parametrize(
    ("number", "share", "spent"), [(1.0, 1 / 2, 0.0), (2.0, 1 / 6, 1 / 2), (1.5, 1 / 3.75, 1 / 3)]
)
def test_risk_is_shared_by_the_number_of_the_attempt(number, share, spent):
    attempt = Attempt(make_rows(), "aa", number)

    assert attempt.risk_share == pytest.approx(share)
    assert attempt.spent_share == pytest.approx(spent)
    assert find_attempt_confidence(attempt, confidence=0.98) == pytest.approx(1 - 0.02 * share)
    assert find_attempt_confidence(None, confidence=0.98) == pytest.approx(0.99)
    figures = describe_attempt(attempt, confidence=0.98).figures
    assert figures == {"attempt": number, "risk_share": pytest.approx(share)}
    assert (", " in describe_attempt(attempt, confidence=0.98).summary) == (number > 1)


def test_the_number_of_an_attempt_is_told_to_one_digit():
    said = describe_attempt(Attempt(make_rows(), "m", 2.54), confidence=0.99).summary

    assert said.startswith("attempt 2.5 on these rows")
