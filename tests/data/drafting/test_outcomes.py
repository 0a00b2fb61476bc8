import polars as pl
import pytest

from credit_default.data.drafting.cells import count_cells
from credit_default.data.drafting.outcomes import find_outcome, list_misnamed
from credit_default.errors import InputError

NUMBERS = [str(place) for place in range(100)]


def binary(first, second, *, share):
    """A hundred cells, of which this share is the second value."""
    return [second] * round(100 * share) + [first] * (100 - round(100 * share))


def find(asked=None, **columns):
    cells = [count_cells(pl.Series(values), name=name) for name, values in columns.items()]
    return find_outcome(cells, asked=asked)


@pytest.mark.parametrize(
    ("name", "values", "bad", "good"),
    [
        ("BAD", binary("0", "1", share=0.2), (), ()),
        ("default payment next month", binary("0", "1", share=0.8), (), ()),
        ("SeriousDlqin2yrs", binary("0", "1", share=0.1), (), ()),
        ("default", binary("no", "yes", share=0.3), (), ()),
        ("CLASSIFICATION", binary("0", "1", share=0.7), ("0",), ("1",)),
        ("classification", binary("1", "2", share=0.3), ("2",), ("1",)),
        ("target", binary("0", "1", share=0.3), (), ()),
        ("repaid", binary("0", "1", share=0.45), ("0",), ("1",)),
        ("creditability", binary("no", "yes", share=0.7), ("no",), ("yes",)),
        ("no_default", binary("0", "1", share=0.7), ("0",), ("1",)),
        ("Risk", binary("good", "bad", share=0.3), ("bad",), ("good",)),
        ("RiskPerformance", binary("Good", "Bad", share=0.52), ("Bad",), ("Good",)),
        ("label", binary("-1", "1", share=0.1), ("1",), ("-1",)),
    ],
)
def test_the_outcome_is_found_by_its_name_and_its_bad_value_by_name_text_or_share(
    name, values, bad, good
):
    flag = binary("0", "1", share=0.4)

    found = find(income=NUMBERS, has_phone=flag, **{name: values}, other=NUMBERS)

    assert (found.name, found.bad, found.good, found.is_guess) == (name, bad, good, False)


def test_states_of_a_loan_are_bad_good_or_neither():
    states = ["Charged Off"] * 10 + ["Fully Paid"] * 60 + ["Current"] * 20
    states += ["Late (31-120 days)"] * 5 + ["In Grace Period"] * 5

    found = find(amount=NUMBERS, loan_status=states)

    assert (found.bad, found.good) == (("Charged Off",), ("Fully Paid",))
    assert set(found.ignore) == {"Current", "Late (31-120 days)", "In Grace Period"}
    assert found.evidence.startswith("Fully Paid 60.0 %, Current 20.0 %")


def test_where_nothing_is_lost_late_is_bad_and_current_is_good():
    found = find(loan_status=binary("Current", "Late", share=0.1), amount=NUMBERS)

    assert (found.bad, found.good) == (("Late",), ("Current",))


def test_a_first_or_last_column_of_two_digits_is_a_guess_that_says_so():
    column = binary("0", "1", share=0.48)

    assert find(column_1=column, column_2=NUMBERS).is_guess
    assert find(column_1=column, column_2=NUMBERS).name == "column_1"
    assert "last column" in find(column_1=NUMBERS, column_2=column).evidence


def test_no_column_is_an_outcome_where_none_looks_like_one():
    assert find(income=NUMBERS, phone=binary("A1", "A2", share=0.5), age=NUMBERS) is None


@pytest.mark.parametrize(
    ("values", "bad", "good"), [(("1", "2"), ("2",), ("1",)), (("0", "1"), (), ())]
)
def test_shares_that_are_alike_make_the_bad_value_a_guess(values, bad, good):
    found = find(amount=NUMBERS, target=binary(*values, share=0.5))

    assert (found.bad, found.good, found.is_guess) == (bad, good, True)
    assert found.evidence.endswith("neither name nor shares tell, a guess")


def test_the_outcome_that_a_person_names_is_taken():
    found = find(
        asked="FLAG_X", flag_x=binary("0", "1", share=0.1), bad=binary("0", "1", share=0.2)
    )

    assert found.name == "flag_x"


@pytest.mark.parametrize(
    ("asked", "found"), [("nothing", "no such column"), ("amount", "100 different values")]
)
def test_an_outcome_that_cannot_be_one_is_refused(asked, found):
    with pytest.raises(InputError, match=found):
        find(asked=asked, amount=NUMBERS, bad=binary("0", "1", share=0.2))


def test_a_column_named_like_an_outcome_that_holds_numbers_is_listed():
    cells = [count_cells(pl.Series(NUMBERS), name=name) for name in ("RiskPerformance", "x")]

    assert list_misnamed(cells) == ("RiskPerformance",)


def test_outcomes_that_are_not_known_yet_are_missing():
    found = find(amount=NUMBERS, bad=["1"] * 10 + ["0"] * 80 + ["NA"] * 5 + [""] * 5)

    assert (found.bad, found.missing) == ((), ("NA",))
    assert "not known in 10.0 % of the rows" in found.evidence


def test_a_column_of_our_own_name_is_the_outcome_and_no_other_can_be():
    flag, other = binary("0", "1", share=0.3), binary("0", "1", share=0.2)

    assert find(bad=other, Defaulted=flag).name == "Defaulted"
    with pytest.raises(InputError, match="Rename it"):
        find(asked="bad", bad=other, defaulted=flag)
    with pytest.raises(InputError, match="Rename it"):
        find(bad=other, defaulted=NUMBERS)
