"""Apply the contract to a file of any size: pass one judges it, pass two yields its rows.

Pass one counts the broken rules, finds repeated keys across all batches and faults of the file as a
whole (a column that does not hold what its name says). It keeps nine bytes of each row and no
values. Pass two reads the file again, a batch at a time. Nothing is clamped, imputed or dropped:
accepted and rejected rows together are all rows.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

import polars as pl

from credit_default.data.checking.duplicate_keys import (
    RepeatedKeys,
    find_repeated_keys,
    hash_keys,
)
from credit_default.data.checking.file_faults import (
    FileFaultPolicy,
    check_column_faults,
    check_columns,
)
from credit_default.data.checking.file_tally import FileTally, count_rows, number_lines
from credit_default.data.checking.formula_errors import check_formula_errors
from credit_default.data.checking.id_damage import IdShape, check_id_damage
from credit_default.data.checking.number_mark_faults import check_number_marks
from credit_default.data.checking.number_marks import NumberMarks
from credit_default.data.checking.row_rules import (
    REPEATED_KEY,
    CheckedBatch,
    RowRules,
    build_row_rules,
)
from credit_default.data.contract.schema import OUTCOME, Schema
from credit_default.errors import InputError

ReadBatches = Callable[[], Iterator[pl.DataFrame]]
OutcomeUse = Literal["required", "kept", "ignored"]


@dataclass(frozen=True, slots=True)
class ValidationResult:
    """What pass one found; `batches` reads the rows again and yields them.

    `rule_counts` gives for every broken rule the number of rows that broke it (a row may break
    several); `months` are those of rows that satisfy every rule, in order. `month_counts` gives the
    number of rows of each month, in order, whether they satisfy the rules or not; rows whose month
    cannot be read are in none. `noted_counts` gives by column how many values were not read as they
    stand (ids written as 20001.0, times without a zone). `id_shapes` counts the ids of digits alone
    of rows that satisfy every rule. `has_outcome` says that the file has an outcome column, kept or
    not. Rows whose outcome is to be ignored are in no count but `left_out_count`.
    """

    row_count: int
    left_out_count: int
    accepted_count: int
    rule_counts: Mapping[str, int]
    rule_names: tuple[str, ...]  # every rule that was checked
    months: tuple[str, ...]
    month_counts: Mapping[str, int]
    noted_counts: Mapping[str, int]
    id_shapes: Mapping[IdShape, int]
    has_outcome: bool
    _read: ReadBatches = field(repr=False, compare=False)
    _rules: RowRules = field(repr=False, compare=False)
    _repeated: RepeatedKeys = field(repr=False, compare=False)

    @property
    def rejected_count(self) -> int:
        """Return the number of rows that broke one or more rules."""
        return self.row_count - self.accepted_count

    def batches(self) -> Iterator[CheckedBatch]:
        """Yield the rows of pass two, batch by batch in the file's order.

        Raises:
            InputError: The file is no longer the one that pass one read.
        """
        accepted_count = rejected_count = 0
        for batch in separate_rows(self._read(), rules=self._rules, repeated=self._repeated):
            accepted_count += batch.accepted.height
            rejected_count += batch.rejected.height
            yield batch
        if (accepted_count, rejected_count) != (self.accepted_count, self.rejected_count):
            first = f"{self.accepted_count} accepted + {self.rejected_count} rejected"
            raise InputError(
                "the file",
                found=f"{accepted_count} + {rejected_count} rows the second time",
                expected=f"{first}, as the first time",
                remedy="The file is being written to: wait until that is done, then run again.",
            )

    def accepted_rows(self) -> pl.DataFrame:
        """Return all accepted rows in one frame, for work that needs them together (training)."""
        return pl.concat([batch.accepted for batch in self.batches()])


def check_rows(
    read: ReadBatches,
    *,
    schema: Schema,
    outcome: OutcomeUse = "ignored",
    marks: NumberMarks | None = None,
    policy: FileFaultPolicy = FileFaultPolicy(),  # noqa: B008 - frozen, and so safe to share
) -> ValidationResult:
    """Check all rows of a file by the schema.

    Two different keys are taken for one with a chance of about n² / 2⁶⁵: 2e-5 at 30 million rows.
    Memory grows by 17 bytes a row, for the search for repeated keys.

    Args:
        read: Gives the file's raw batches anew at each call: the schema's columns (text or typed,
            in any order), the outcome if there is one, and `line`, the row's line in the file
            (counted from 2 where the column is absent).
        schema: The portfolio's columns and rules.
        outcome: "required" (training: each row has one), "kept" (checked where there is one) or
            "ignored" (scoring).
        marks: How numbers in texts are written; None for a decimal point and no other mark.
        policy: From how many broken rows on the file is at fault.

    Raises:
        InputError: A column is missing; the outcome is, and is required; there are no rows; numbers
            have other marks than `marks`; more than the policy's share of the rows break the rules
            of one column, so that the file as a whole is at fault; or its ids were rounded or have
            lost leading zeros.
    """
    batches = number_lines(read())
    first = _take_first(batches)
    rules = build_file_rules(first.columns, schema=schema, outcome=outcome, marks=marks)
    tally = count_rows(chain([first], batches), schema=schema, rules=rules)
    return conclude_check(
        tally,
        find_repeated_keys(tally.keys),
        read=read,
        rules=rules,
        has_outcome=OUTCOME in first.columns,
        policy=policy,
    )


def build_file_rules(
    columns: Collection[str],
    *,
    schema: Schema,
    outcome: OutcomeUse,
    marks: NumberMarks | None = None,
) -> RowRules:
    """Return the rules for a file with these columns, as `check_rows` applies them.

    Raises:
        InputError: A column is missing, or the outcome is and is required.
    """
    is_required = outcome == "required"
    check_columns(columns, schema=schema, thing="the file", outcome_required=is_required)
    return build_row_rules(
        schema,
        with_outcome=OUTCOME in columns and outcome != "ignored",
        outcome_required=is_required,
        marks=marks,
    )


def conclude_check(
    tally: FileTally,
    repeated: RepeatedKeys,
    *,
    read: ReadBatches,
    rules: RowRules,
    has_outcome: bool,
    policy: FileFaultPolicy = FileFaultPolicy(),  # noqa: B008 - frozen, and so safe to share
) -> ValidationResult:
    """Judge the file as a whole by what pass one saw of all its rows.

    Args:
        tally: What was seen of all rows.
        repeated: The keys that occur in several of them.
        read: As of `check_rows`, for pass two.
        rules: The rules that were applied.
        has_outcome: Whether the file has an outcome column.
        policy: As of `check_rows`.

    Raises:
        InputError: As `check_rows`.
    """
    _require_rows(tally)
    counts = tally.rule_counts + Counter({REPEATED_KEY: repeated.row_count})
    _check_file_faults(counts, tally=tally, rules=rules, policy=policy)
    return ValidationResult(
        row_count=tally.row_count,
        left_out_count=tally.left_out_count,
        accepted_count=tally.sound_count - repeated.sound_row_count,
        rule_counts={name: counts[name] for name in rules.names if counts[name]},
        rule_names=rules.names,
        months=tuple(sorted(tally.months)),
        month_counts=dict(sorted(tally.month_counts.items())),
        noted_counts=dict(tally.noted_counts),
        id_shapes=dict(tally.id_shapes),
        has_outcome=has_outcome,
        _read=read,
        _rules=rules,
        _repeated=repeated,
    )


def separate_rows(
    batches: Iterable[pl.DataFrame], *, rules: RowRules, repeated: RepeatedKeys
) -> Iterator[CheckedBatch]:
    """Yield the accepted and rejected rows of a file's raw batches, or of those of a part of it: pass two."""
    for read in number_lines(iter(batches)):
        raw = rules.leave_out(read)
        if raw.is_empty():
            continue
        marked = None
        if repeated.row_count:
            marked = pl.Series(repeated.mark(hash_keys(rules.convert_keys(raw))))
        yield rules.separate(raw, repeated=marked)


def _take_first(batches: Iterator[pl.DataFrame]) -> pl.DataFrame:
    if (first := next(batches, None)) is not None:
        return first
    raise InputError(
        "the file", found="no rows", expected="one or more", remedy="Give a file with rows."
    )


def _require_rows(tally: FileTally) -> None:
    if not tally.row_count:
        raise InputError(
            "the file",
            found=f"{tally.left_out_count:,} rows, each with an outcome that is to be ignored",
            expected="rows with other outcomes",
            remedy="Give a file with some, or correct `ignore` of the outcome.",
        )


def _check_file_faults(
    counts: Mapping[str, int], *, tally: FileTally, rules: RowRules, policy: FileFaultPolicy
) -> None:
    check_number_marks(tally.numbers, row_count=tally.row_count)
    if tally.row_count >= policy.least_rows:
        check_formula_errors(counts, row_count=tally.row_count, broken_share=policy.broken_share)
    check_column_faults(
        counts, examples=tally.examples, row_count=tally.row_count, rules=rules, policy=policy
    )
    check_id_damage(tally.id_shapes)
