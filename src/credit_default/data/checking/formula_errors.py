"""Know the errors that formulas of a spreadsheet leave in cells: they are no values, and not empty either.

They come from workbooks as such, and as texts in files that were exported from one. A cell that
holds one breaks the rule `<column>|formula_error` in place of `|type` or `|format`.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from credit_default.errors import InputError

RULE: Final = "formula_error"
REPLACED_RULES: Final = ("type", "format")  # the rules that such a cell would break otherwise
FORMULA_ERRORS: Final = (
    "#DIV/0!",
    "#N/A",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#REF!",
    "#VALUE!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
    "#BLOCKED!",
    "#CONNECT!",
    "#UNKNOWN!",
    # as spreadsheets in German, French, Spanish, Portuguese and Italian export them
    *("#WERT!", "#BEZUG!", "#NV", "#ZAHL!"),
    *("#VALEUR!", "#NOMBRE!", "#NOM?", "#NUL!"),
    *("#¡DIV/0!", "#¡VALOR!", "#¡REF!", "#¡NUM!", "#¡NULO!", "#¿NOMBRE?", "#N/D"),
    *("#VALOR!", "#NÚM!", "#NOME?", "#NULO!", "#VALORE!", "#RIF!", "#NULLO!"),
)
_LIBREOFFICE = r"\AErr:[0-9]{3}\z"


def is_formula_error(texts: pl.Series) -> pl.Series:
    """Return for each text whether it is an error of a spreadsheet's formula; False for null."""
    stripped = texts.str.strip_chars()
    known = stripped.is_in(list(FORMULA_ERRORS)) | stripped.str.contains(_LIBREOFFICE)
    return known.fill_null(value=False)


def check_formula_errors(
    rule_counts: Mapping[str, int], *, row_count: int, broken_share: float
) -> None:
    """Check that no column holds formula errors in more than that share of the rows.

    Raises:
        InputError: Columns do: a formula was copied down that has lost what it refers to.
    """
    counts = {
        rule.partition("|")[0]: count
        for rule, count in rule_counts.items()
        if rule.endswith(f"|{RULE}") and count > broken_share * row_count
    }
    if not counts:
        return
    described = ", ".join(
        f"{name} ({count:,} of {row_count:,} rows)" for name, count in counts.items()
    )
    raise InputError(
        ("columns " if len(counts) > 1 else "column ") + ", ".join(counts),
        found=f"errors of formulas, such as #DIV/0! or #REF!, in {described}",
        expected="values",
        remedy="Open the file where it was made, repair the formulas of that column, and save or export it again.",
    )
