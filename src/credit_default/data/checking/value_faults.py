"""What is wrong with ids, months, times and outcomes that cannot be read: the cause and the cure.

The name of a rule ends in the fault's name: `statement_month|instant`. The faults that
`name_month_faults` and its siblings tell apart each have their text here.
"""

from dataclasses import dataclass

from credit_default.data.checking.formula_errors import RULE as FORMULA_ERROR
from credit_default.data.contract.schema import Column, ColumnKind


@dataclass(frozen=True, slots=True)
class ValueFault:
    """Why values of this form are not read, and what to do, each as a clause."""

    cause: str
    cure: str

    @property
    def next_step(self) -> str:
        """Return the cure as a sentence."""
        return f"{self.cure[:1].upper()}{self.cure[1:]}."


_WRITE_MONTHS = "write the months as YYYY-MM"
_WRITE_TIMES = "write the times as in 2006-01-31T08:30:00Z"
_WRITE_OUTCOMES = "write 0 or 1"
_SERIAL_DATE = ValueFault(
    "these are a spreadsheet's day numbers, and which day they count from is not in the file",
    "format the column as a date or as text in the spreadsheet",
)
_DAY_ORDER = "in this form day and month can be taken for each other"

FAULTS: dict[ColumnKind, dict[str, ValueFault]] = {
    "identifier": {
        "rounded": ValueFault(
            "a spreadsheet or a float has rounded the ids, so that different clients may have"
            " become one",
            "export the id column as text, from the system that the ids come from",
        ),
        "hidden": ValueFault(
            "the column was too narrow in the spreadsheet, which wrote # in place of the ids",
            "make the column wider there, or format it as text",
        ),
        "guarded": ValueFault(
            "the ids stand in a spreadsheet's marks for text (=\"…\" or ')",
            "export the id column as text without these marks",
        ),
        "missing_word": ValueFault(
            "a program wrote this word for an id that is missing",
            "fill the ids at their source; a client who is really called so needs another id",
        ),
        "separator": ValueFault(
            "the ids were written as numbers with thousands separators",
            "export the id column as text",
        ),
        "blank": ValueFault(
            "there are blanks in or around the ids",
            "remove them: an id is taken to the letter, and a blank would make another client",
        ),
    },
    "month": {
        "instant": ValueFault(
            "these times are not a midnight in their own zone, so which month they are in depends"
            " on the zone",
            "export the column as a date, or the month as text (YYYY-MM)",
        ),
        "calendar": ValueFault(
            "the calendar has no such day or month from 1900 to 2200", _WRITE_MONTHS
        ),
        "named_month": ValueFault(
            "names of months depend on the language, and two digits may be a year or a day",
            _WRITE_MONTHS,
        ),
        "day_order": ValueFault(_DAY_ORDER, _WRITE_MONTHS),
        "short_year": ValueFault("two digits may be a year, a month or a day", _WRITE_MONTHS),
        "decimal_month": ValueFault("as a number 2005.1 may be January or October", _WRITE_MONTHS),
        "serial_date": _SERIAL_DATE,
        "format": ValueFault("the values have none of these forms", _WRITE_MONTHS),
    },
    "time": {
        "epoch": ValueFault(
            "these are counts since an epoch, and their unit is not in the file", _WRITE_TIMES
        ),
        "half_day": ValueFault("the hours are counted to 12, with AM and PM", _WRITE_TIMES),
        "zone_name": ValueFault(
            "names of zones are ambiguous and their offsets change", _WRITE_TIMES
        ),
        "day_order": ValueFault(_DAY_ORDER, _WRITE_TIMES),
        "serial_date": _SERIAL_DATE,
    },
    "category": {
        "unseen": ValueFault(
            "the declaration does not name these values",
            'add them to `values` of the column, or write unseen = "other"',
        ),
    },
    "date": {
        "date": ValueFault(
            "the dates are not in the form that the declaration names",
            'correct `date_format` of the column, as in "%b-%Y" for Aug-1998',
        ),
    },
    "percent": {
        "percent": ValueFault("these are no numbers", "write percents as in 13.5 or 13.5%"),
    },
    "outcome": {
        "type": ValueFault("the words are not ones for yes or no", _WRITE_OUTCOMES),
        "code": ValueFault("the numbers are neither 0 nor 1", _WRITE_OUTCOMES),
    },
}

TEXT_ID_FAULTS: dict[str, ValueFault] = {
    "unprintable": ValueFault(
        "there are characters in the ids that do not print: control codes, or marks that turn or hide text",
        "remove them, so that what is seen is the id",
    ),
    "spelling": ValueFault(
        "letters of the ids are put together of a letter and a mark, so that another spelling would look the same",
        "write the ids in Unicode's composed form (NFC)",
    ),
}

FORMS: dict[ColumnKind, str] = {
    "identifier": "ids of 1 to 64 letters, digits, _ . - that begin with a letter, a digit or _",
    "month": "months as YYYY-MM, YYYYMM, YYYY-MM-DD, YYYYMMDD, a date, or a time at midnight",
    "time": "times in ISO 8601, in UTC where they name no zone, or days",
    "category": "the values that the declaration names",
    "date": "dates in the form that the declaration names",
    "percent": "numbers, with or without a percent sign",
    "outcome": "0 or 1, true or false, yes or no, y or n, t or f",
}
_TEXT_ID_FORM = "ids of 1 to 64 characters that print, without blanks at either end"

_NOTES: dict[ColumnKind, str] = {
    "identifier": "{count:,} ids in {name} were written with a decimal point, and read without it"
    " (20001.0 is client 20001)",
    "time": "{count:,} times in {name} have no zone and were taken as UTC",
}


def describe_form(column: Column) -> str:
    """Return in which form the column's values are taken; "" for numbers."""
    return _TEXT_ID_FORM if column.ids == "text" else FORMS.get(column.kind, "")


def name_value_rules(column: Column) -> tuple[str, ...]:
    """Return the names of the rules that a value of the column breaks when it cannot be read."""
    names = dict.fromkeys(["type", FORMULA_ERROR, *_list_faults(column)])
    return tuple(f"{column.name}|{name}" for name in names)


def find_value_fault(column: Column, rule: str) -> ValueFault | None:
    """Return what is wrong with values of the column that break the rule; None for other rules."""
    name, _, fault = rule.partition("|")
    return _list_faults(column).get(fault) if name == column.name else None


def describe_value_fault(column: Column, rule: str) -> str:
    """Return the cause and the cure of the rule in one line; "" where it has none."""
    fault = find_value_fault(column, rule)
    return (
        f"{rule}: {fault.cause}; taken are {describe_form(column)}. {fault.next_step}"
        if fault
        else ""
    )


def describe_noted_values(column: Column, count: int) -> str:
    """Return the sentence that tells how so many values of the column were read."""
    return _NOTES[column.kind].format(count=count, name=column.name)


def _list_faults(column: Column) -> dict[str, ValueFault]:
    faults = FAULTS.get(column.kind, {})
    return faults | TEXT_ID_FAULTS if column.ids == "text" else faults
