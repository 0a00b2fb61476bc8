"""What a person says about how a file is to be read, where the file alone does not tell.

The options come from the command line or a flow's parameters, and where they are not given from the portfolio's file. A file
read with other options has other rows, so those that are given are part of a batch's identity.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from credit_default.data.checking.number_marks import (
    NumberMarks,
    build_number_marks,
    read_file_table,
)


@dataclass(frozen=True, slots=True)
class ReadingOptions:
    """The options of one file; each is None where it was not given.

    Raises:
        SetupError: A mark is none that is known, or both are the same.
    """

    sheet: str | None = None  # the sheet of a workbook, hidden or not
    decimal: str | None = None  # the mark before decimals, in numbers that are texts
    thousands: str | None = None  # the mark between thousands
    separator: str | None = None  # the character between cells of a text file
    header: tuple[str, ...] = ()  # the columns of a file that has no header, in its order

    def __post_init__(self) -> None:
        _ = self.marks  # checks them

    @property
    def marks(self) -> NumberMarks | None:
        """Return how numbers are written; None where nothing was given, for a decimal point and no other mark."""
        return build_number_marks(self.decimal, self.thousands)

    def complete(self, defaults: "ReadingOptions") -> "ReadingOptions":
        """Return these options, with those of `defaults` in place of what was not given."""
        return ReadingOptions(
            self.sheet or defaults.sheet,
            self.decimal or defaults.decimal,
            self.thousands or defaults.thousands,
            self.separator or defaults.separator,
            self.header or defaults.header,
        )

    def drop_sheet(self) -> "ReadingOptions":
        """Return the options of a file that has no sheets."""
        return replace(self, sheet=None)

    def build_flow_parameter(self) -> dict[str, str]:
        """Return the given options by name, as flows take them and `parse_reading_options` reads them."""
        options = {"sheet": self.sheet, "decimal": self.decimal, "thousands": self.thousands}
        return {name: value for name, value in options.items() if value is not None}

    def describe(self) -> str:
        """Return the given options as one text for the batch's identity; empty where none was given."""
        given: dict[str, object] = dict(self.build_flow_parameter())
        declared = {"separator": self.separator, "header": self.header}
        given |= {name: value for name, value in declared.items() if value}
        return " ".join(f"{name} {value!r}" for name, value in given.items())


NO_OPTIONS: Final = ReadingOptions()


def parse_reading_options(mapping: Any, *, thing: str) -> ReadingOptions:
    """Return the options that plain data declares, as the table `[file]` of a portfolio's file does.

    Raises:
        InputError: Keys are unknown, values are no texts, or a mark is not one that is known.
    """
    return ReadingOptions(**read_file_table(mapping, thing=thing).model_dump())
