"""The draft of a portfolio's declaration, from the rows of a table that nobody has described.

What the draft says is meant to be read and corrected by a person: each part has its evidence, and
`list_decisions` names what the rows cannot tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.checking.type_conversion import convert
from credit_default.data.contract.column import Column
from credit_default.data.contract.schema import OUTCOME
from credit_default.data.drafting.cells import count_cells
from credit_default.data.drafting.columns import DraftColumn, DraftColumns, draft_columns
from credit_default.data.drafting.features import DraftFeature, draft_features
from credit_default.data.drafting.keys import ANY_MONTH, KeyDraft, find_key
from credit_default.data.drafting.leaks import find_leak
from credit_default.data.drafting.number_style import NumberStyle, find_number_style
from credit_default.data.drafting.outcomes import OutcomeDraft, find_outcome, list_misnamed
from credit_default.errors import InputError


@dataclass(frozen=True, slots=True)
class PortfolioDraft:
    """A drafted declaration: key, outcome, columns, features, and how numbers are written."""

    row_count: int
    key: KeyDraft
    other_outcomes: tuple[str, ...]  # columns whose name is an outcome's, and whose values are not
    outcome: OutcomeDraft | None
    columns: DraftColumns
    features: tuple[DraftFeature, ...]
    numbers: NumberStyle


def draft_portfolio(
    rows: pl.DataFrame,
    *,
    outcome: str | None = None,
    marks: NumberMarks | None = None,
    thing: str = "the file",
) -> PortfolioDraft:
    """Return the draft of a declaration by which every one of these rows is accepted.

    Args:
        rows: The raw rows of a table, its columns called as in the file.
        outcome: The column of the outcome, where a person said it.
        marks: How numbers are written, where a person said it.
        thing: The file, for the errors.

    Raises:
        InputError: `outcome` is not there or cannot be one, or no column is left to be an input.
    """
    rows = rows.filter(~pl.all_horizontal(pl.all().is_null()))
    _require_rows(rows, thing)
    cells = [count_cells(series, name=series.name) for series in rows.iter_columns()]
    found = find_outcome(cells, asked=outcome)
    key = find_key(cells, rows, outcome=found.name if found else None)
    used = key.used | ({found.name} if found else set())
    inputs = [one for one in cells if one.name not in used]
    numbers = NumberStyle(marks) if marks is not None else find_number_style(inputs)
    columns = draft_columns(inputs, in_file=rows.columns, marks=numbers.marks)
    if not columns.declared:
        raise InputError(
            thing,
            found=f"{len(cells)} columns, of which none may be an input of a model",
            expected="columns of numbers, dates or few different texts",
            remedy="Name what separates the cells with --separator, or give another file.",
        )
    checked = _read_rows(rows, columns.declared, numbers.marks)
    leaks = _find_leaks(checked, rows, found)
    features = draft_features(columns.declared, checked, leaks=leaks)
    others = list_misnamed(inputs)
    return PortfolioDraft(rows.height, key, others, found, columns, features, numbers)


def _require_rows(rows: pl.DataFrame, thing: str) -> None:
    if rows.height <= 1:
        raise InputError(
            thing,
            found="one row" if rows.height else "no row",
            expected="rows with different values, from which kinds, codes and texts can be read",
            remedy="Give a file with more rows.",
        )


def list_decisions(draft: PortfolioDraft) -> tuple[str, ...]:
    """Return what a person has to decide or look at, the most important first."""
    decisions = list(_list_outcome_decisions(draft.outcome))
    if draft.other_outcomes and (draft.outcome is None or draft.outcome.is_guess):
        named = _name_some(draft.other_outcomes)
        decisions.append(f"{named}: named like an outcome, but no two values: are the names right?")
    if draft.key.month == ANY_MONTH:
        decisions.append(f"key: set the month of the rows in place of {ANY_MONTH}")
    if draft.numbers.evidence:
        decisions.append(f"how numbers are written: {draft.numbers.evidence}")
    declared = draft.columns.declared
    by_sign = {
        "a leak? left out of the features": [f.name for f in draft.features if "leak" in f.note],
        "protected by their names": [c.column.name for c in declared if c.column.protected],
        "say what their special values mean": [c.column.name for c in declared if c.column.special],
        "say what their codes mean": [c.column.name for c in declared if c.column.kind == "code"],
    }
    decisions += [f"{words}: {_name_some(names)}" for words, names in by_sign.items() if names]
    return tuple(decisions)


def _list_outcome_decisions(outcome: OutcomeDraft | None) -> Sequence[str]:
    if outcome is None:
        return ["outcome: no column looks like one; name it, or draft again with --outcome COLUMN"]
    if outcome.is_guess:
        return [f"outcome: is it {outcome.name or 'the unnamed column'}, and is bad what it says?"]
    if outcome.ignore:
        return ["outcome: what is neither bad nor good is ignored"]
    return []


def _name_some(names: Sequence[str]) -> str:
    most = 3
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _read_rows(
    rows: pl.DataFrame, columns: Sequence[DraftColumn], marks: NumberMarks | None
) -> dict[str, pl.Series]:
    raw = pl.DataFrame([rows[one.raw_name].alias(one.column.name) for one in columns])
    frame = convert(raw, columns=tuple(one.column for one in columns), marks=marks).frame
    return {one.column.name: frame[one.column.name] for one in columns}


def _find_leaks(
    checked: dict[str, pl.Series], rows: pl.DataFrame, outcome: OutcomeDraft | None
) -> dict[str, float]:
    if outcome is None:
        return {}
    column = Column(
        OUTCOME,
        "outcome",
        "",
        codes={0: "good", 1: "bad"},
        missing=outcome.missing,
        readings=dict.fromkeys(outcome.bad, 1) | dict.fromkeys(outcome.good, 0),
    )
    raw = pl.DataFrame([rows[outcome.name].alias(OUTCOME)])
    known = convert(raw, columns=(column,)).frame[OUTCOME]
    found = {name: find_leak(values, known) for name, values in checked.items()}
    return {name: area for name, area in found.items() if area is not None}
