import pytest

from credit_default.data.drafting.scales import find_order


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["yes", "no"], ["no", "yes"]),
        (["High", "Low", "Very_High", "Medium"], ["Low", "Medium", "High", "Very_High"]),
        (["rich", "little", "quite rich"], ["little", "quite rich", "rich"]),
        (["35-44", "<25", "45+", "25-34"], ["<25", "25-34", "35-44", "45+"]),
        (["1,000 to 5,000", "up"], None),
        (["$10,000 or more", "$500 to 9,999"], ["$500 to 9,999", "$10,000 or more"]),
        (["car", "home"], None),
        (["A11", "A12"], None),
        (["yes"], None),
        (["1 a", "1 b"], None),
    ],
)
def test_an_order_is_one_that_the_texts_say(texts, order):
    found = find_order(texts, words=("purpose",))

    assert found == (None if order is None else tuple(order))


def test_letters_are_an_order_in_a_column_of_grades_alone():
    assert find_order(["B", "A", "G"], words=("grade",)) == ("A", "B", "G")
    assert find_order(["B2", "A1", "B1"], words=("sub", "grade")) == ("A1", "B1", "B2")
    assert find_order(["B", "A", "G"], words=("branch",)) is None
    assert find_order(["good one", "A"], words=("grade",)) is None
