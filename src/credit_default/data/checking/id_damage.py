"""Find damage to a file's ids that no single id shows: digits rounded away, leading zeros lost.

Both are done by spreadsheets, which keep 15 digits of a number and no zeros before it. Only ids of
digits alone can be damaged so. A file in which every id has lost its zeros looks like any other: it
is compared with the clients of the lake, where there are some (`services.intake.lost_zeros`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from credit_default.data.checking.value_faults import FAULTS
from credit_default.data.contract.schema import CLIENT_ID
from credit_default.errors import InputError

_EXACT_DIGITS = 15  # what a spreadsheet keeps of a number
_POINTED = r"\A[1-9][0-9]{0,2}(?:\.[0-9]{3})+\z"


@dataclass(frozen=True, slots=True)
class IdDamagePolicy:
    """From how many ids on a pattern among them counts as damage."""

    least_rounded: int = 20  # ids with zeros after the 15th digit: fewer may end so by chance
    rounded_share: float = 0.9  # of the ids that are so long
    least_pointed: int = 20  # ids with a point before every three digits: fewer may be so by chance
    pointed_share: float = 0.9  # of the ids of digits; those below 1.000 have no point
    least_padded: int = 5  # ids with leading zeros: they show the width
    least_shorter: int = 5  # ids that are shorter than that


@dataclass(frozen=True, slots=True)
class IdShape:
    """What ids of digits alone have in common, or those with points where thousands would have them."""

    digit_count: int  # 0 where there are points
    leads_with_zero: bool
    ends_in_zeros: bool  # after the digits that a spreadsheet keeps
    is_pointed: bool = False


def count_id_shapes(ids: pl.Series) -> Counter[IdShape]:
    """Return how many of the checked ids have each shape; ids with other characters have none."""
    lengths = ids.str.len_bytes()
    # Each row's shape as one number, which is counted quickly.
    codes = lengths.cast(pl.Int64) * 4 + ids.str.starts_with("0").cast(pl.Int64) * 2
    if (lengths > _EXACT_DIGITS).any():
        ends_in_zeros = ids.str.contains(rf"\A[0-9]{{{_EXACT_DIGITS}}}0+\z")
        codes = (codes + ends_in_zeros.cast(pl.Int64)).set(ids.str.contains("[^0-9]"), None)
    else:
        codes = codes.set(ids.cast(pl.Int64, strict=False).is_null(), None)
    counts = codes.drop_nulls().value_counts()
    shapes = Counter(
        {IdShape(code // 4, code % 4 > 1, code % 2 == 1): count for code, count in counts.rows()}
    )
    if pointed_count := int(ids.str.contains(_POINTED).sum()):
        shapes[IdShape(0, leads_with_zero=False, ends_in_zeros=False, is_pointed=True)] = (
            pointed_count
        )
    return shapes


def check_id_damage(
    shapes: Mapping[IdShape, int],
    *,
    policy: IdDamagePolicy = IdDamagePolicy(),
) -> None:
    """Check by the shapes of a file's ids that they were neither rounded nor lost leading zeros.

    Nor may they have been written as numbers with points between thousands: 20.001 is client 20001
    then, and another client as it stands.

    Raises:
        InputError: They were.
    """
    _check_points(shapes, policy=policy)
    long = {shape: n for shape, n in shapes.items() if shape.digit_count > _EXACT_DIGITS}
    rounded_count = sum(n for shape, n in long.items() if shape.ends_in_zeros)
    if rounded_count >= max(policy.least_rounded, policy.rounded_share * sum(long.values())):
        fault = FAULTS["identifier"]["rounded"]
        raise InputError(
            f"column {CLIENT_ID}",
            found=f"{rounded_count:,} ids with nothing but zeros after the {_EXACT_DIGITS}th digit:"
            f" {fault.cause}",
            expected="ids with all their digits",
            remedy=f"{fault.next_step} If they do end so, put a letter before them.",
        )
    width = find_padded_width(shapes, policy=policy)
    shorter_count = sum(n for shape, n in shapes.items() if 0 < shape.digit_count < (width or 0))
    if width is not None and shorter_count >= policy.least_shorter:
        raise build_lost_zeros_error(
            f"{shorter_count:,} ids of fewer than {width} digits beside others that have leading"
            f" zeros up to {width}"
        )


def _check_points(shapes: Mapping[IdShape, int], *, policy: IdDamagePolicy) -> None:
    pointed_count = sum(n for shape, n in shapes.items() if shape.is_pointed)
    if pointed_count >= max(policy.least_pointed, policy.pointed_share * sum(shapes.values())):
        fault = FAULTS["identifier"]["separator"]
        raise InputError(
            f"column {CLIENT_ID}",
            found=f"{pointed_count:,} ids such as 20.001, with a point before every three digits:"
            f" {fault.cause}, or the points are part of them",
            expected="ids that can be read in one way only",
            remedy=f"{fault.next_step} If the points are part of the ids, put a letter before them.",
        )


def find_padded_width(
    shapes: Mapping[IdShape, int],
    *,
    policy: IdDamagePolicy = IdDamagePolicy(),
) -> int | None:
    """Return the number of digits to which these ids are filled up with zeros; None if they are not.

    It shows when all ids with leading zeros have the same length, and none is longer.
    """
    padded = {shape.digit_count: 0 for shape in shapes if shape.leads_with_zero}
    for shape, count in shapes.items():
        if shape.leads_with_zero:
            padded[shape.digit_count] += count
    longest = max((shape.digit_count for shape in shapes), default=0)
    is_padded = list(padded) == [longest] and padded[longest] >= policy.least_padded
    return longest if is_padded else None


def build_lost_zeros_error(found: str) -> InputError:
    """Return the error on ids that have lost their leading zeros."""
    return InputError(
        f"column {CLIENT_ID}",
        found=f"{found}: a spreadsheet or a program has read the ids as numbers, and without their"
        " zeros they are other clients",
        expected="ids with their leading zeros",
        remedy="Export the id column as text.",
    )
