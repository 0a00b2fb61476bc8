"""The number of the page of a list that a visit asks for."""

from typing import Final

from credit_default.errors import InputError
from credit_default.room.serving.visit import Visit

_MOST_DIGITS: Final = 6


def read_page_number(visit: Visit) -> int:
    """Return the number of the page that was asked for, from 1.

    Raises:
        InputError: It is none.
    """
    given = visit.query.get("page") or visit.form.get("page") or "1"
    if not (given.isascii() and given.isdecimal() and len(given) <= _MOST_DIGITS and int(given)):
        raise InputError(
            "the page's number",
            found=repr(given[:40]),
            expected="a whole number from 1",
            remedy="Follow the links below a list.",
        )
    return int(given)
