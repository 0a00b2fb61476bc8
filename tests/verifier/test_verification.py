"""A sound lake holds, with nothing left unnamed; what is not a lake is told apart from what does not hold."""


def test_a_lake_in_which_everything_has_happened_holds(lake, check_lake):
    checked = check_lake(lake)

    assert checked.faults == []
    assert checked.code == 0
