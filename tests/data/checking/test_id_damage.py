from collections import Counter

import polars as pl
import pytest

from credit_default.data.checking.id_damage import (
    IdShape,
    check_id_damage,
    count_id_shapes,
    find_padded_width,
)
from credit_default.errors import InputError

PADDED = [f"{number:06d}" for number in range(90_000, 110_000, 1_000)]  # half with a leading zero
UNPADDED = [str(number) for number in range(90_000, 110_000, 1_000)]
LONG = [str(4_500_123_456_789_012 + 7 * number) for number in range(25)]
ROUNDED = [str(4_500_123_456_789_010 + 10 * number) for number in range(25)]


def check(*ids):
    check_id_damage(count_id_shapes(pl.Series(ids, dtype=pl.String)))


def test_shapes_are_those_of_ids_of_digits_alone():
    ids = pl.Series(["1", "01", "12", "A1", "1-2", None, "4500123456789010", "4" * 30])

    assert count_id_shapes(ids) == Counter(
        {
            IdShape(1, leads_with_zero=False, ends_in_zeros=False): 1,
            IdShape(2, leads_with_zero=True, ends_in_zeros=False): 1,
            IdShape(2, leads_with_zero=False, ends_in_zeros=False): 1,
            IdShape(16, leads_with_zero=False, ends_in_zeros=True): 1,
            IdShape(30, leads_with_zero=False, ends_in_zeros=False): 1,
        }
    )


@pytest.mark.parametrize(
    "ids",
    [
        PADDED,
        UNPADDED,
        LONG,
        [*LONG, *ROUNDED],  # more than some end in zeros, as one in ten does by chance
        ROUNDED[:19],  # too few to tell
        [*PADDED, "1", "2", "3", "4"],  # too few are shorter
        [*PADDED, *UNPADDED, "1234567"],  # one is longer: the ids have no fixed width
        [*PADDED, "0123", "1", "2", "3", "4", "5"],  # zeros, but of no fixed width
        [*PADDED, *(f"A{number}" for number in range(20))],
        ["0", "1", "2", "10", "11", "12"],
        [],
    ],
)
def test_ids_that_may_be_whole_pass(ids):
    check(*ids)


@pytest.mark.parametrize("others", [[], ["A1", "20001"], [f"A{n}" for n in range(500)], LONG[:2]])
def test_ids_whose_last_digits_are_all_zeros_were_rounded(others):
    with pytest.raises(InputError) as caught:
        check(*ROUNDED, *others)

    told = str(caught.value)
    assert "25 ids with nothing but zeros after the 15th digit: a spreadsheet or a float" in told
    assert "Export the id column as text" in told


def test_shorter_ids_beside_padded_ones_have_lost_their_zeros():
    with pytest.raises(InputError) as caught:
        check(*PADDED, *UNPADDED[:5])

    told = str(caught.value)
    assert told.startswith("column client_id: found 5 ids of fewer than 6 digits")
    assert "leading zeros up to 6" in told
    assert "Export the id column as text" in told


@pytest.mark.parametrize(
    ("ids", "width"), [(PADDED, 6), (UNPADDED, None), (PADDED[:4], None), ([], None)]
)
def test_the_width_shows_in_ids_with_leading_zeros(ids, width):
    shapes = count_id_shapes(pl.Series(ids, dtype=pl.String))

    assert find_padded_width(shapes) == width


def with_points(number):
    return f"{number:,}".replace(",", ".")


@pytest.mark.parametrize("first", [20_001, 4_500_123, 990])
def test_ids_with_points_between_thousands_are_refused(first):
    with pytest.raises(InputError) as caught:
        check(*(with_points(number) for number in range(first, first + 200)))

    assert "thousands separators" in caught.value.found
    assert caught.value.remedy.startswith("Export the id column as text.")


@pytest.mark.parametrize(
    "ids",
    [
        [with_points(number) for number in range(20_001, 20_020)],  # too few to tell
        [f"A{with_points(number)}" for number in range(20_001, 20_101)],
        [f"{number}.01" for number in range(20_001, 20_101)],
        [*(with_points(number) for number in range(20_001, 20_031)), *UNPADDED],
    ],
)
def test_other_ids_with_points_are_taken(ids):
    check(*ids)
