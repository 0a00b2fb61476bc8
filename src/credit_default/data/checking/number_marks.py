"""Read numbers in texts that are written with a decimal comma or with separated thousands.

"1.234,50", "1,234.50" and "1 234,50" are one number in three countries. Which marks a file has is
never guessed: an option or the table `[file]` of a portfolio's file says it, and `number_mark_faults` finds out when one is
needed.
"""

from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from credit_default.data.contract.declared_tables import FileTable
from credit_default.data.contract.table_parsing import build_declaration_error, read_table
from credit_default.errors import InputError, SetupError

# What each separator may look like in a file: blanks and apostrophes have typographic forms.
_SPELLINGS: Final = {
    ".": r"\.",
    ",": ",",
    " ": "[ \u00a0\u2009\u202f]",
    "'": "['\u2019]",
}
DECIMAL_MARKS: Final = (".", ",")
THOUSANDS_MARKS: Final = tuple(_SPELLINGS)
_MINUS = "\u2212"


@dataclass(frozen=True, slots=True)
class NumberMarks:
    """How the numbers of a file are written: the mark before their decimals, and the one between thousands.

    Raises:
        SetupError: A mark is none that is known, or both are the same.
    """

    decimal: str = "."
    thousands: str = ""  # none

    def __post_init__(self) -> None:
        _check_mark("--decimal", self.decimal, accepted=DECIMAL_MARKS)
        if self.thousands:
            _check_mark("--thousands", self.thousands, accepted=THOUSANDS_MARKS)
        if self.decimal == self.thousands:
            raise SetupError(
                "--decimal and --thousands",
                found=f"{self.decimal!r} for both",
                expected="two different marks",
                remedy="Look into the file which of the two is before the decimals.",
            )

    def normalise(self, texts: pl.Series) -> pl.Series:
        """Return the numbers with a decimal point and no other mark; null where a text is not written with these marks.

        A minus may stand before the number, or behind it as SAP writes it.
        """
        stripped = texts.str.strip_chars()
        fits = stripped.str.contains(self._pattern)
        plain = stripped.str.replace_all(_MINUS, "-", literal=True)
        if self.thousands:
            plain = plain.str.replace_all(_SPELLINGS[self.thousands], "")
        if self.decimal != ".":
            plain = plain.str.replace(self.decimal, ".", literal=True)
        plain = plain.str.replace(r"\A(.+)-\z", "-$1")
        return plain.zip_with(fits.fill_null(value=False), _build_nulls(texts))

    @property
    def _pattern(self) -> str:
        whole, mark = "[0-9]+", _SPELLINGS[self.decimal]
        if self.thousands:
            t = _SPELLINGS[self.thousands]
            # groups of three; or of two before the last, as India writes lakhs
            whole = f"(?:[0-9]{{1,3}}(?:{t}[0-9]{{3}})+|[0-9]{{1,2}}(?:{t}[0-9]{{2}})+{t}[0-9]{{3}}|[0-9]+)"
        number = f"(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+)"
        return f"\\A(?:[+\\-{_MINUS}]?{number}(?:[eE][+-]?[0-9]+)?|{number}-)\\z"


def build_number_marks(decimal: str | None, thousands: str | None) -> NumberMarks | None:
    """Return the marks that were given, None where none was.

    Where only the mark between thousands is given, the decimals have the other one of point and comma.
    """
    if decimal is None and thousands is None:
        return None
    return NumberMarks(decimal or ("," if thousands == "." else "."), thousands or "")


def read_file_table(mapping: Any, *, thing: str) -> FileTable:
    """Return the options by which the lender's files are read.

    Raises:
        InputError: Keys are unknown, values are no texts, or a mark is not one that is known.
    """
    table = read_table(FileTable, mapping, place=thing)
    try:
        build_number_marks(table.decimal, table.thousands)
    except InputError as error:
        raise build_declaration_error(
            f"{error.thing.replace('--', '')} of {thing}",
            found=error.found,
            expected=error.expected,
        ) from error
    return table


def _build_nulls(texts: pl.Series) -> pl.Series:
    return pl.Series(texts.name, [None], dtype=pl.String).new_from_index(0, len(texts))


def _check_mark(option: str, mark: str, *, accepted: tuple[str, ...]) -> None:
    if mark not in accepted:
        raise SetupError(
            option,
            found=repr(mark),
            expected="one of " + ", ".join(repr(one) for one in accepted),
            remedy=f'Write it in quotes, as in {option} "{accepted[1]}".',
        )
