"""Check rows by the schema's rules: which rows satisfy all, and which rules the others broke.

dataframely evaluates the rules. Its schema class is made here from our schema, so that another portfolio needs no class.
Names: `<column>|type`, `|nullability`, `|format`, `|min`, `|max`, `|code`, then `key|repeated`, then the rules across columns
under their own names, then those of `label_rows`. A value that is missing or of the wrong type breaks that rule and no other.
Why a value cannot be read is found out afterwards, for rejected rows alone, and named in place of `|type`: `|rounded` (see
`value_faults`), `|formula_error`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import dataframely as dy
import polars as pl

from credit_default.data.checking.id_conversion import has_id_form
from credit_default.data.checking.label_rows import LABEL_RULES, name_label_rows
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.checking.type_conversion import (
    build_flag_name,
    convert,
    find_checked_type,
    format_as_text,
    name_faults,
)
from credit_default.data.checking.value_faults import name_value_rules
from credit_default.data.checking.word_conversion import write_out_words
from credit_default.data.contract.schema import KEY, LINE, Column, Rule, Schema

REPEATED_KEY = "key|repeated"

_ROW = "row:index"
_REPEATED = "row:repeated"


@dataclass(frozen=True, slots=True)
class CheckedBatch:
    """One batch after checking: rows that satisfy every rule, and others with the rules they broke.

    `accepted`: the schema's columns in their checked types (and `defaulted` where it is kept), in
    the file's order.
    `rejected`: line (1 is the header's), client_id, statement_month, rules, then the raw values as
    texts; of the key, what cannot be read is shown as it stands in the file.
    `keys`: client_id and statement_month of all rows, null where they cannot be read.
    `noted_counts`: by column, how many of its values were not read as they stand.
    """

    accepted: pl.DataFrame
    rejected: pl.DataFrame
    keys: pl.DataFrame
    noted_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RowRules:
    """The schema's rules, ready to be applied to frames with these columns."""

    columns: tuple[Column, ...]
    names: tuple[str, ...]  # every rule's name, in the order in which they are reported
    column_rules: dict[str, tuple[str, ...]]  # by column: the rules on it alone
    frame_class: type[dy.Schema]
    marks: NumberMarks | None = None  # of numbers in texts; None for a decimal point alone

    def leave_out(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Return the raw batch without the rows whose outcome the declaration says is to be ignored."""
        outcome = self.columns[-1]
        if outcome.kind != "outcome" or not outcome.ignored:
            return raw
        texts = write_out_words(raw[outcome.name])
        return raw.filter(~texts.is_in(list(outcome.ignored)).fill_null(value=False))

    def convert_keys(self, raw: pl.DataFrame) -> pl.DataFrame:
        """Return the key columns of a raw batch, converted as `separate` does it."""
        return convert(raw, columns=self.columns[:2]).frame.select(*KEY)

    def separate(self, raw: pl.DataFrame, *, repeated: pl.Series | None = None) -> CheckedBatch:
        """Separate the batch's rows into those that break no rule and those that break one or more.

        Args:
            raw: The rows as they were read, with their lines.
            repeated: True for rows whose key another row of the file has too; None where that is
                not known yet.
        """
        converted = convert(raw, columns=self.columns, marks=self.marks)
        frame = converted.frame.with_columns(
            pl.int_range(pl.len(), dtype=pl.Int64).alias(_ROW),
            pl.lit(value=False).alias(_REPEATED) if repeated is None else repeated.alias(_REPEATED),
        )
        keys = frame.select(*KEY)
        passed, failure = self.frame_class.filter(frame)
        details = failure.details().select(_ROW, *failure.counts())
        places = details[_ROW]
        return CheckedBatch(
            accepted=passed.select(column.name for column in self.columns),
            rejected=self._show_rejected(raw[places], keys=keys[places], details=details),
            keys=keys,
            noted_counts=converted.noted_counts,
        )

    def _show_rejected(
        self, raw: pl.DataFrame, *, keys: pl.DataFrame, details: pl.DataFrame
    ) -> pl.DataFrame:
        texts = [format_as_text(raw[column.name]) for column in self.columns]
        shown = [
            text.zip_with(keys[name].is_null(), keys[name])
            for name, text in zip(KEY, texts[: len(KEY)], strict=True)
        ]
        rules = self._name_broken(raw, details)
        rejected = pl.DataFrame([raw[LINE].cast(pl.Int64), *shown, rules, *texts[len(KEY) :]])
        return name_label_rows(rejected, columns=self.columns)

    def _name_broken(self, raw: pl.DataFrame, details: pl.DataFrame) -> pl.Series:
        """Return for each row the names of the rules that it broke, in the order of `names`."""
        # Most rules hold in most batches: only those that a row broke have a column here.
        broken = [name for name in self.names if name in details.columns]
        if not broken:
            return pl.Series("rules", [], dtype=pl.List(pl.String))
        causes = self._find_causes(raw, broken)
        names = [
            pl.when(pl.col(name) == "invalid").then(causes.get(name, pl.lit(name)))
            for name in broken
        ]
        return details.select(pl.concat_list(names).list.drop_nulls().alias("rules"))["rules"]

    def _find_causes(self, raw: pl.DataFrame, broken: list[str]) -> dict[str, pl.Series]:
        """Return for rules by which values cannot be read the rule that names the cause, by row."""
        causes = {}
        for column in self.columns:
            types, forms = f"{column.name}|type", f"{column.name}|format"
            if types in broken:
                causes[types] = name_faults(raw[column.name], column=column)
            if forms in broken:
                causes[forms] = name_faults(format_as_text(raw[column.name]), column=column)
        return {rule: f"{rule.partition('|')[0]}|" + causes[rule] for rule in causes}


def build_row_rules(
    schema: Schema,
    *,
    with_outcome: bool,
    outcome_required: bool,
    marks: NumberMarks | None = None,
) -> RowRules:
    """Build the schema's rules as one dataframely class, with their names.

    Args:
        schema: The columns and the rules across them.
        with_outcome: Whether the outcome is checked.
        outcome_required: Whether a missing outcome breaks a rule.
        marks: How numbers in texts are written; None for a decimal point and no other mark.
    """
    columns = (*schema.columns, schema.outcome) if with_outcome else schema.columns
    members: dict[str, Any] = {_ROW: dy.Int64(nullable=True), _REPEATED: dy.Bool(nullable=True)}
    column_rules: dict[str, tuple[str, ...]] = {}
    for column in columns:
        members |= {
            column.name: _declare_column(column),
            build_flag_name(column): dy.Bool(nullable=True),
        }
        rules = _build_column_rules(
            column,
            nullable=column.optional or (column.kind == "outcome" and not outcome_required),
        )
        members |= {name: _build_rule(expression) for name, expression in rules.items()}
        own = dict.fromkeys([*name_value_rules(column), *rules, *_name_bound_rules(column)])
        column_rules[column.name] = tuple(own)
    members[REPEATED_KEY] = _build_rule(~pl.col(_REPEATED))
    members |= {rule.name: _build_rule(_read_rule(rule, schema=schema)) for rule in schema.rules}
    across = (rule.name for rule in schema.rules)
    names = (*_concatenate_names(column_rules.values()), REPEATED_KEY, *across, *LABEL_RULES)
    frame_class = type("CheckedRows", (dy.Schema,), members)
    return RowRules(columns, names, column_rules, frame_class, marks)


def _name_bound_rules(column: Column) -> list[str]:
    """Return the names that dataframely gives to the rules of the column's minimum and maximum."""
    bounds = {"min": column.minimum, "max": column.maximum}
    return [f"{column.name}|{word}" for word, bound in bounds.items() if bound is not None]


def _declare_column(column: Column) -> dy.Column:
    """Return the column for dataframely: with the rules |min and |max, none on missing values."""
    if column.kind == "time":
        return dy.Datetime(nullable=True, time_unit="us", time_zone="UTC")
    if find_checked_type(column) == pl.String:
        return dy.String(nullable=True)
    if column.special:
        is_float = find_checked_type(column) == pl.Float64
        return dy.Float64(nullable=True) if is_float else dy.Int64(nullable=True)
    if find_checked_type(column) == pl.Float64:
        return dy.Float64(nullable=True, min=column.minimum, max=column.maximum)
    whole = [None if bound is None else int(bound) for bound in (column.minimum, column.maximum)]
    return dy.Int64(nullable=True, min=whole[0], max=whole[1])


def _build_column_rules(column: Column, *, nullable: bool) -> dict[str, pl.Expr]:
    value, converts = pl.col(column.name), pl.col(build_flag_name(column))
    rules = {f"{column.name}|type": converts}
    if not nullable:
        rules[f"{column.name}|nullability"] = value.is_not_null() | ~converts
    if column.kind == "identifier":
        rules[f"{column.name}|format"] = has_id_form(value, ids=column.ids)
    if column.codes:
        rules[f"{column.name}|code"] = value.is_in(list(column.codes)) | _is_special(column)
    if column.special and column.minimum is not None:
        rules[f"{column.name}|min"] = (value >= column.minimum) | _is_special(column)
    if column.special and column.maximum is not None:
        rules[f"{column.name}|max"] = (value <= column.maximum) | _is_special(column)
    return rules


def _is_special(column: Column) -> pl.Expr:
    """Say whether the value is one of those that are no number: bounds and rules pass it over."""
    if not column.special:
        return pl.lit(value=False)
    return pl.any_horizontal(pl.col(column.name) == number for number in column.special)


def _read_rule(rule: Rule, *, schema: Schema) -> pl.Expr:
    """Return the rule, true where one of its columns holds a special value; missing ones pass too."""
    expression = pl.sql_expr(rule.expression)
    used = set(expression.meta.root_names())
    special = [column for column in schema.inputs if column.special and column.name in used]
    return expression | pl.any_horizontal(map(_is_special, special)) if special else expression


def _build_rule(expression: pl.Expr) -> Any:
    return dy.rule()(lambda _: expression)


def _concatenate_names(groups: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(name for group in groups for name in group)
