"""Look at a file as scoring would, and score and keep nothing: rows, broken rules with examples, drift, whether it may be sent."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from credit_default.adapters.files.reading_options import NO_OPTIONS
from credit_default.adapters.files.statement_files import has_month_column
from credit_default.data.checking.row_rules import CheckedBatch
from credit_default.errors import ArtifactError, CreditDefaultError, ServiceError
from credit_default.gates.monitoring.column_drift import ColumnDrift
from credit_default.gates.monitoring.drift_measurement import measure_drift
from credit_default.gates.quality import judge_quality
from credit_default.gates.verdict import Verdict
from credit_default.model.profile.column_counts import profile_frames, profile_rows
from credit_default.model.profile.plan import DECISION_COLUMN, SCORE_COLUMN, plan_profile
from credit_default.services.champion.current import load_registered_champion
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.earlier_batches import list_first_scorings
from credit_default.services.intake.file_check import (
    CheckedFile,
    check_file,
    count_faults,
    read_batch_history,
    require_fitting_months,
)
from credit_default.services.intake.ingest import describe_reading, require_same_origin_as_lake
from credit_default.services.intake.sent_files import KeptFile

_EXAMPLES: Final = 3  # rows that are shown of each rule
_SHOWN_COLUMNS: Final = 5  # of those that moved the furthest
_NO_CHAMPION: Final = "there is no champion whose test rows it could be compared with"
_NO_ROWS: Final = "there are no rows that could be compared"


@dataclass(frozen=True, slots=True)
class RejectedExample:
    """A row that broke a rule: its line in the file (1 is the header's), whose it is, and the value as it stands there."""

    line: int
    client_id: str
    month: str
    value: str


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that rows of the file broke, how many did, and the first of them."""

    rule: str
    row_count: int
    examples: tuple[RejectedExample, ...]


@dataclass(frozen=True, slots=True)
class FileLook:
    """What a file holds, and whether it may be sent to `incoming/`.

    Attributes:
        file: The file, kept until it is sent on.
        batch_id: Which its scores would have.
        read_count: Rows of the file.
        accepted_count: Rows that break no rule; the others would go to quarantine.
        months: Rows by statement month (YYYY-MM).
        rules: Those that rows broke, the most often broken first.
        notes: How the file and its values were read.
        verdict: Of the quality gate, the batches before considered.
        drift: The inputs that moved the furthest from what the champion was tested on; empty without a champion.
        drift_note: Why there is no drift; "" where there is.
        objection: Why it cannot be sent; "" where it can.
    """

    file: KeptFile
    batch_id: str
    read_count: int
    accepted_count: int
    months: Mapping[str, int]
    rules: tuple[BrokenRule, ...]
    notes: tuple[str, ...]
    verdict: Verdict
    drift: tuple[ColumnDrift, ...]
    drift_note: str
    objection: str


def look_at_file(
    wiring: Wiring, kept: KeptFile, *, month: str | None, now: dt.datetime
) -> FileLook:
    """Return what scoring would say of the file; nothing is written and nothing recorded.

    Args:
        wiring: The portfolio by which the file is judged, and the lake.
        kept: The file.
        month: The month of every row (YYYY-MM), where the file names none.
        now: The time by which months must have begun.

    Raises:
        InputError: The file as a whole cannot be used; the message names the file and not where it is kept.
    """
    try:
        return _look(wiring, kept, month=month, now=now)
    except CreditDefaultError as error:
        raise _name_file(error, kept) from error


def _look(wiring: Wiring, kept: KeptFile, *, month: str | None, now: dt.datetime) -> FileLook:
    checked = check_file(wiring, str(kept.path), month=month, outcome="ignored")
    require_same_origin_as_lake(wiring, checked)
    require_fitting_months(wiring, checked, now=now)
    history = read_batch_history(wiring, checked)
    verdict = judge_quality(count_faults(checked), history, policy=wiring.settings.quality)
    rejected = _Rejected()
    validated = checked.validated
    frames = _pass_accepted(checked, rejected)
    drift, note = _measure_drift(wiring, frames, accepted_count=validated.accepted_count)
    return FileLook(
        file=kept,
        batch_id=checked.batch_id,
        read_count=validated.row_count,
        accepted_count=validated.accepted_count,
        months=validated.month_counts,
        rules=rejected.list_rules(validated.rule_counts),
        notes=describe_reading(checked, schema=wiring.schema),
        verdict=verdict,
        drift=drift,
        drift_note=note,
        objection=_find_objection(wiring, kept, checked, verdict),
    )


@dataclass
class _Rejected:
    """Examples of rejected rows, by the rule that they broke."""

    examples: dict[str, list[RejectedExample]] = field(default_factory=dict)

    def add(self, rejected: pl.DataFrame) -> None:
        for row in rejected.iter_rows(named=True):
            for rule in row["rules"]:
                known = self.examples.setdefault(rule, [])
                if len(known) < _EXAMPLES:
                    value = row.get(rule.partition("|")[0])
                    known.append(
                        RejectedExample(
                            int(row["line"]),
                            str(row["client_id"] or ""),
                            str(row["statement_month"] or ""),
                            "" if value is None else str(value),
                        )
                    )

    def list_rules(self, counts: Mapping[str, int]) -> tuple[BrokenRule, ...]:
        worst = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        return tuple(
            BrokenRule(rule, count, tuple(self.examples.get(rule, ()))) for rule, count in worst
        )


def _pass_accepted(checked: CheckedFile, rejected: _Rejected) -> Iterator[pl.DataFrame]:
    batch: CheckedBatch
    for batch in checked.batches():
        rejected.add(batch.rejected)
        if batch.accepted.height:
            yield batch.accepted


def _measure_drift(
    wiring: Wiring, frames: Iterator[pl.DataFrame], *, accepted_count: int
) -> tuple[tuple[ColumnDrift, ...], str]:
    """Return the inputs that moved the furthest, or why that is not known; all frames are read in any case."""
    reference, bundle = None, None
    try:
        champion = load_registered_champion(wiring)
    except (ServiceError, ArtifactError) as error:
        _read_all(frames)
        return (), str(error)
    if champion is not None:
        bundle, reference = champion.bundle, champion.bundle.reference
    if bundle is None or reference is None or reference.is_empty() or not accepted_count:
        _read_all(frames)
        return (), _NO_ROWS if champion else _NO_CHAMPION
    plan = plan_profile(reference, schema=wiring.schema, decision_policy=bundle.decision_policy)
    # Nothing is scored here: the same score and decision for every row, of which nothing is measured.
    unscored = pl.lit(0.5).alias(SCORE_COLUMN), pl.lit("accept").alias(DECISION_COLUMN)
    current = profile_frames(plan, (frame.with_columns(*unscored) for frame in frames))
    report = measure_drift(
        plan,
        profile_rows(plan, reference),
        current,
        schema=wiring.schema,
        policy=wiring.settings.drift,
    )
    furthest = sorted(report.columns, key=lambda column: -column.excess)
    return tuple(furthest[:_SHOWN_COLUMNS]), ""


def _read_all(frames: Iterator[pl.DataFrame]) -> None:
    for _ in frames:
        pass


def _find_objection(wiring: Wiring, kept: KeptFile, checked: CheckedFile, verdict: Verdict) -> str:
    if not verdict.passed:
        return "the quality gate would refuse it"
    scored = {one.entry.batch_id for one in list_first_scorings(wiring)}
    if checked.batch_id in scored:
        return f"it was scored already, as batch {checked.batch_id}"
    options = NO_OPTIONS.complete(wiring.portfolio.file)
    if not has_month_column(kept.path, schema=wiring.schema, options=options):
        return (
            "incoming/ takes only files that name their month: add the column statement_month, or score it "
            "with `credit-default predict FILE --month 2005-10`"
        )
    return ""


def _name_file(error: CreditDefaultError, kept: KeptFile) -> CreditDefaultError:
    """Return the same error with the file's name in place of where it is kept."""
    words = (error.thing, error.found, error.expected, error.remedy)
    thing, found, expected, remedy = (
        text.replace(str(kept.path), kept.name).replace(str(kept.path.parent), "") for text in words
    )
    return type(error)(thing, found=found, expected=expected, remedy=remedy)
