"""Find who a row is about and of which month: a column of ids, else the row's number; months, else one."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.data.checking.id_conversion import convert_to_id, has_id_form
from credit_default.data.checking.month_conversion import convert_to_month
from credit_default.data.contract.schema import CLIENT_ID, STATEMENT_MONTH, normalise_name
from credit_default.data.drafting.cells import Cells
from credit_default.data.drafting.names import split_words

ROW_NUMBER: Final = "row-number"
ANY_MONTH: Final = "2000-01"
_ID_WORDS: Final = frozenset(
    (
        *("id", "key", "no", "number", "nr", "client", "customer", "account", "member", "contract"),
        *(
            "applicant",
            "borrower",
            "ref",
            "reference",
            "index",
            "row",
            "rownum",
            "x",
            "uid",
            "uuid",
        ),
        *("guid",),
    )
)
_COUNT_WORDS: Final = frozenset({"of", "num", "numbers", "count"})
_ID_NAME: Final = re.compile(
    r"(client|cust|customer|loan|member|acc|account|user|person|app|applicant|borrower|case|row|record)id"
)
_MONTH_WORDS: Final = frozenset(
    (
        *("month", "period", "snapshot", "statement", "reporting", "asof", "cutoff", "yearmonth"),
        *("yyyymm", "cohort", "vintage", "observation"),
    )
)
_FEW_ROWS: Final = 50  # in so few rows numbers are all different by chance


@dataclass(frozen=True, slots=True)
class KeyDraft:
    """The columns of the key as `key` of a schema names them, and why; `used` are those of the file."""

    client: str
    client_evidence: str
    month: str
    month_evidence: str
    is_unique: bool = True  # False: rows are observations, several of one client and month

    @property
    def used(self) -> frozenset[str]:
        """Return the columns of the file that are part of the key."""
        return frozenset({self.client, self.month} - {ROW_NUMBER, ANY_MONTH})


def find_key(columns: Sequence[Cells], rows: pl.DataFrame, *, outcome: str | None) -> KeyDraft:
    """Return the likely key.

    Args:
        columns: The columns of the file, in its order.
        rows: The rows, in columns of these names.
        outcome: The column of the outcome, which is no part of the key.
    """
    others = [cells for cells in columns if cells.name != outcome and cells.name.strip()]
    month = _find_month(others)
    client = _find_client([cells for cells in others if cells.name != month], rows, month=month)
    row_count = rows.height
    client_evidence = "no column is an id: clients are numbered by row"
    is_unique = True
    if client is not None:
        by_name = {cells.name: cells for cells in others}
        different = len(by_name[client].shown)
        client_evidence = f"{client}: {different:,} different ids in {row_count:,} rows"
        key = [client, month] if month is not None else [client]
        is_unique = rows.select(key).n_unique() == row_count
    return KeyDraft(
        client or ROW_NUMBER,
        client_evidence,
        month or ANY_MONTH,
        f"{month}: months" if month else f"no column holds months: each row gets {ANY_MONTH}",
        is_unique,
    )


def _find_month(columns: Sequence[Cells]) -> str | None:
    for cells in columns:
        is_ours = normalise_name(cells.name) == STATEMENT_MONTH
        is_named = bool(_MONTH_WORDS & set(split_words(cells.name)))
        is_month = (
            cells.missing_count == 0 and not convert_to_month(cells.values).values.null_count()
        )
        if is_ours or (is_named and is_month):
            return cells.name
    return None


def _find_client(columns: Sequence[Cells], rows: pl.DataFrame, *, month: str | None) -> str | None:
    ours = [cells.name for cells in columns if normalise_name(cells.name) == CLIENT_ID]
    if ours:
        return ours[0]
    scores: Mapping[str, int] = {cells.name: score_id(cells) for cells in columns}
    best = max(scores.values(), default=0)
    if best:
        return next(name for name, score in scores.items() if score == best)
    repeated = [cells for cells in columns if month and _is_named_id(cells) and _holds_ids(cells)]
    unique = [
        one.name for one in repeated if rows.select(one.name, month).n_unique() == rows.height
    ]
    return unique[0] if unique else None


def score_id(cells: Cells) -> int:
    """Return how much speaks for ids in a column whose values are all different; 0 for no id."""
    if len(cells.shown) < cells.row_count or not _holds_ids(cells):
        return 0
    named = 2 if _is_named_id(cells) else 0
    if cells.row_count < _FEW_ROWS:
        return named
    return named + (1 if _counts_rows(cells) or _are_texts(cells) else 0)


def _is_named_id(cells: Cells) -> bool:
    words = split_words(cells.name)
    if not words or _COUNT_WORDS & set(words):
        return False
    return bool(_ID_WORDS & set(words)) or any(map(_ID_NAME.fullmatch, words))


def _holds_ids(cells: Cells) -> bool:
    ids = convert_to_id(cells.values).values.alias("id")
    if ids.null_count() or cells.missing_count:
        return False
    return bool(ids.to_frame().select(has_id_form(pl.col("id"), ids="text").all()).item())


def _are_texts(cells: Cells) -> bool:
    """Return whether the values are texts of one word: sentences are different in every row too."""
    is_number = cells.texts.cast(pl.Float64, strict=False).is_not_null()
    return not is_number.any() and not cells.texts.str.contains(r"\s").any()


def _counts_rows(cells: Cells) -> bool:
    """Return whether the values are the row numbers from 0 or 1."""
    numbers = cells.texts.cast(pl.Int64, strict=False)
    if numbers.null_count():
        return False
    first = int(numbers.min())  # type: ignore[arg-type]
    return first in {0, 1} and numbers.max() == first + cells.row_count - 1
