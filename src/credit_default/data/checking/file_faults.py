"""Find faults of a file as a whole: columns that are missing or do not hold what they should.

A row that breaks a rule is rejected and the others are used. But where most rows break the rules of
one column, the column does not hold what its name says: values are shifted by one place, two
columns are swapped, or the unit is another one. Then no row can be trusted, and one error says what
was found where.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from credit_default.data.checking.column_remedies import (
    ColumnFault,
    format_number,
    suggest_remedy,
)
from credit_default.data.checking.label_rows import NOTE_ROW
from credit_default.data.checking.row_rules import RowRules
from credit_default.data.checking.value_faults import describe_form
from credit_default.data.contract.schema import Column, Schema
from credit_default.errors import InputError, show_examples

SHOWN_COUNT = 5


@dataclass(frozen=True, slots=True)
class FileFaultPolicy:
    """From how many broken rows on the file as a whole is at fault."""

    broken_share: float = (
        0.5  # of all rows; when more break the rules of one column, the file is at fault
    )
    outcome_share: float = (
        0.05  # outcomes that cannot be read: they are mostly one of the two, and the rest misleads
    )
    least_rows: int = 20  # in a smaller file, broken rows are only rejected


def check_columns(
    found: Collection[str], *, schema: Schema, thing: str, outcome_required: bool = False
) -> None:
    """Check that these names hold every column of the schema, and the outcome where it is required.

    Args:
        found: The column names of the file, as the schema calls them.
        schema: The columns that are wanted.
        thing: What has the columns, for the error.
        outcome_required: Whether the outcome must be among them.

    Raises:
        InputError: Columns are missing; each is named with its other accepted names.
    """
    wanted = (*schema.columns, schema.outcome) if outcome_required else schema.columns
    missing = [column for column in wanted if column.name not in found]
    if not missing:
        return
    if missing == [schema.outcome]:
        raise _build_missing_outcome_error(schema, thing)
    raise _build_missing_columns_error(missing, schema, thing, wanted_count=len(wanted))


def _build_missing_outcome_error(schema: Schema, thing: str) -> InputError:
    return InputError(
        f"the outcome in {thing}",
        found="no such column",
        expected=format_accepted_names(schema.outcome),
        remedy="Give a file with known outcomes; one without can be scored, but not trained on.",
    )


def _build_missing_columns_error(
    missing: Sequence[Column], schema: Schema, thing: str, *, wanted_count: int
) -> InputError:
    names = "; ".join(format_accepted_names(column) for column in missing[:SHOWN_COUNT])
    more = f" … ({len(missing)} in all)" if len(missing) > SHOWN_COUNT else ""
    return InputError(
        f"columns of {thing}",
        found=f"none for {names}{more}",
        expected=f"all {wanted_count} columns of schema {schema.name!r}, in any order",
        remedy="Add what is missing, or rename it to one of the names shown.",
    )


def format_accepted_names(column: Column) -> str:
    """Return the column's name, with the other names that it is accepted under."""
    others = ", ".join(repr(alias) for alias in column.aliases)
    return f"{column.name} (also called {others})" if others else column.name


def collect_examples(
    rejected: pl.DataFrame, *, rules: RowRules, into: dict[str, dict[str, None]]
) -> None:
    """Add to `into` up to five different raw values of each column whose rules are broken.

    Args:
        rejected: Rejected rows, with the rules that each broke and the raw values as texts.
        rules: The rules; they say which of them are on one column alone.
        into: The examples found so far; the inner dict keeps their order.
    """
    broken = rejected.select(pl.col("rules").explode().unique())["rules"].to_list()
    for column, names in rules.column_rules.items():
        seen = into.setdefault(column, {})
        if len(seen) >= SHOWN_COUNT or not set(names) & set(broken):
            continue
        values = rejected.filter(pl.col("rules").list.set_intersection(list(names)).list.len() > 0)[
            column
        ]
        seen.update(
            dict.fromkeys(values.fill_null("").unique(maintain_order=True).head(SHOWN_COUNT))
        )


def check_column_faults(
    rule_counts: Mapping[str, int],
    *,
    examples: Mapping[str, Collection[str]],
    row_count: int,
    rules: RowRules,
    policy: FileFaultPolicy,
) -> None:
    """Check that no column breaks the rules on it in more than the policy's share of the rows.

    Args:
        rule_counts: How many rows broke each rule.
        examples: Raw values by column, to show in the error.
        row_count: The rows of the file.
        rules: The rules; they say which of them are on one column alone.
        policy: The share, and from how many rows on it counts.

    Raises:
        InputError: Columns do; the message names them, shows values, and says what they should
            hold.
    """
    if row_count < policy.least_rows:
        return
    limit = policy.broken_share * row_count
    if (note_count := rule_counts.get(NOTE_ROW, 0)) > limit:
        raise InputError(
            "rows of the file",
            found=f"one filled cell and no other in {note_count} of {row_count}",
            expected="rows with a value in each column",
            remedy="Check that the export holds all columns of each row, then export the file again.",
        )
    found = [_find_fault(column, rule_counts, rules, examples) for column in rules.columns]
    faults = [
        fault
        for fault in found
        if fault.row_count > limit
        or _count_unread_outcomes(fault) > policy.outcome_share * row_count
    ]
    if not faults:
        return
    names = ", ".join(fault.column.name for fault in faults)
    raise InputError(
        f"columns {names}" if len(faults) > 1 else f"column {names}",
        found="; ".join(_describe_fault(fault, row_count) for fault in faults[:SHOWN_COUNT]),
        expected=_describe_limit(faults, limit=limit, policy=policy),
        remedy=suggest_remedy(faults, columns=rules.columns),
    )


def _count_unread_outcomes(fault: ColumnFault) -> int:
    """Return in how many rows an outcome is given that cannot be read; a missing one is not known yet."""
    if fault.column.kind != "outcome":
        return 0
    return fault.row_count - fault.rule_counts.get("nullability", 0)


def _describe_limit(faults: Sequence[ColumnFault], *, limit: float, policy: FileFaultPolicy) -> str:
    if any(fault.row_count > limit for fault in faults):
        return (
            f"no column to break its own rules in more than {policy.broken_share:.0%} of the rows"
        )
    return (
        f"outcomes that can be read, in all but {policy.outcome_share:.0%} of the rows: without the"
        " others the default rate would be another one"
    )


def _find_fault(
    column: Column,
    rule_counts: Mapping[str, int],
    rules: RowRules,
    examples: Mapping[str, Collection[str]],
) -> ColumnFault:
    counts = {
        rule.rpartition("|")[2]: rule_counts.get(rule, 0)
        for rule in rules.column_rules[column.name]
    }
    return ColumnFault(column, tuple(examples.get(column.name, ()))[:SHOWN_COUNT], counts)


def _describe_fault(fault: ColumnFault, row_count: int) -> str:
    held = show_examples(fault.examples) if any(fault.examples) else "nothing"
    return (
        f"{fault.column.name} holds {held} where it should hold {describe_values(fault.column)}"
        f" ({fault.row_count} of {row_count} rows)" + (f": {fault.cause}" if fault.cause else "")
    )


def describe_values(column: Column) -> str:
    """Return what the column may hold, in a few words."""
    if form := describe_form(column):
        return form
    if column.codes:
        return "one of the codes " + ", ".join(str(code) for code in column.codes)
    kind = "whole numbers" if column.kind == "integer" else "numbers"
    bounds = [f"from {format_number(column.minimum)}"] if column.minimum is not None else []
    bounds += [f"to {format_number(column.maximum)}"] if column.maximum is not None else []
    return " ".join([kind, *bounds])
