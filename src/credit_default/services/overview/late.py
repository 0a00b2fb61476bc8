"""What is late, and why: months without a file, files that wait or were refused, outcomes that are due, reports that are owed.

Each item says what is late, why that is so as far as the lake or the server can tell, and what to do.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import polars as pl

from credit_default.adapters.lake.inbox import read_inbox
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.owed_reports import list_owed_reports, read_owed_report
from credit_default.adapters.lake.refused_files import RefusedFile, list_refused_files
from credit_default.adapters.tables.batch_commits import count_rows_by_month, count_scored_by_month
from credit_default.data.months import add_months, count_months
from credit_default.errors import ArtifactError, CreditDefaultError
from credit_default.gates.completeness import CoveragePolicy
from credit_default.services.batches.batch_index import read_batch_index
from credit_default.services.batches.kept_values import keep_value
from credit_default.services.outcomes.coverage import is_mature
from credit_default.services.overview.server_runs import ServerRuns

_SHOWN: Final = 5  # of one kind
_LOOK_BACK: Final = 24  # months
_WAIT: Final = dt.timedelta(
    minutes=15
)  # of a file; it is scored within seconds where somebody listens
_SERVE: Final = "Start `credit-default up`, or `credit-default serve` beside the server."


@dataclass(frozen=True, slots=True)
class LateItem:
    """Something late: what, why, and what to do. `quotes` may hold cells of a file: not for everybody's eyes."""

    what: str
    why: str
    remedy: str
    quotes: str = ""


def list_late(lake: Lake, *, now: dt.datetime, policy: CoveragePolicy) -> tuple[LateItem, ...]:
    """Return what the lake itself says is late, in the order in which a person would see to it."""
    return (
        *_find_refused(lake),
        *_find_waiting(lake, now=now),
        *_find_missing_months(lake, now=now),
        *_find_due_outcomes(lake, now=now, policy=policy),
        *_find_owed_reports(lake),
    )


def describe_away(fault: CreditDefaultError, *, consequence: str) -> LateItem:
    """Return the item of a server that does not answer."""
    return LateItem(
        fault.thing, f"does not answer: {fault.found}. {consequence.rstrip('.')}", fault.remedy
    )


def describe_starting(fault: CreditDefaultError, *, since: dt.datetime) -> LateItem:
    """Return the item of a server that does not answer so soon after this page's own server was started."""
    return LateItem(
        fault.thing,
        f"is still starting, or is away: it has not answered since {since:%H:%M:%S} UTC, when this page's server began",
        "Wait a moment: this page looks again by itself.",
    )


def list_late_runs(runs: ServerRuns) -> Iterator[LateItem]:
    """Yield what the server says is late: deployments that nobody serves, runs that nobody takes."""
    if runs.state == "none":
        return
    if not runs.is_registered:
        yield LateItem(
            "No deployment",
            "the server knows none, so that nothing runs by schedule or by event",
            _SERVE,
        )
    if runs.idle:
        yield LateItem(
            "No worker",
            f"no process asks for runs of {', '.join(runs.idle)}",
            _SERVE,
        )
    if runs.late_count:
        yield LateItem(
            f"{runs.late_count} scheduled {'run' if runs.late_count == 1 else 'runs'}",
            "should have begun by now, and nobody has taken them",
            _SERVE,
        )


def _find_refused(lake: Lake) -> Iterator[LateItem]:
    refused = list_refused_files(lake, most=_SHOWN)
    yield from map(_describe_refused, refused.newest)
    yield from _count_more(refused.count, "refused files", "They stand in refused/, with reasons.")


def _describe_refused(file: RefusedFile) -> LateItem:
    return LateItem(
        f"File {file.name}",
        f"was refused on {file.refused_at:%Y-%m-%d %H:%M} UTC, and nothing of it was scored",
        f"Correct it and send it again; then remove {file.key} and its reason.",
        f"found {file.found}; expected {file.expected}. {file.remedy}" if file.found else "",
    )


def _find_waiting(lake: Lake, *, now: dt.datetime) -> Iterator[LateItem]:
    inbox = read_inbox(lake)
    waiting = [stored for stored in inbox.waiting if now - stored.modified_at > _WAIT]
    for stored in waiting[:_SHOWN]:
        yield LateItem(
            f"File {stored.key.rpartition('/')[2]}",
            f"waits in incoming/ since {stored.modified_at:%Y-%m-%d %H:%M} UTC: nobody has scored it",
            f"{_SERVE} Or score it with `credit-default predict --incoming`.",
        )
    yield from _count_more(len(waiting), "files that wait", "They stand in incoming/.")
    for name in inbox.unfinished[:_SHOWN]:
        yield LateItem(
            f"Folder {name}",
            "waits in incoming/ for _SUCCESS, which the job that writes it puts there last",
            "Find out whether the job has ended.",
        )


def _find_missing_months(lake: Lake, *, now: dt.datetime) -> Iterator[LateItem]:
    index = read_batch_index(lake)
    if index.is_empty():
        return
    newest = str(index["statement_month"].max())
    known = {str(month) for month in index["statement_month"].unique()}
    oldest = min(known)
    recent = index.filter(pl.col("statement_month") > add_months(newest, -12))
    ages = [
        count_months(str(month), f"{at:%Y-%m}")
        for month, at in recent.select("statement_month", "scored_at").iter_rows()
    ]
    gaps = [add_months(newest, -back) for back in range(_LOOK_BACK, 0, -1)]
    for month in gaps:
        if month > oldest and month not in known:
            yield LateItem(
                f"No file of {month}",
                f"no batch has that month, though {newest} is there",
                "Ask the sender for it, and score it as the others.",
            )
    yield from _find_next_month(add_months(newest, 1), usual=max(ages), now=now)


def _find_next_month(month: str, *, usual: int, now: dt.datetime) -> Iterator[LateItem]:
    age = count_months(month, f"{now:%Y-%m}")
    if age > usual:
        yield LateItem(
            f"No file of {month}",
            f"that month is {_count(age, 'month')} back, and in the last year a file came"
            f" {_count(usual, 'month')} after its month at most",
            "Ask the sender for it.",
        )


def _find_due_outcomes(
    lake: Lake, *, now: dt.datetime, policy: CoveragePolicy
) -> Iterator[LateItem]:
    def count() -> dict[str, tuple[int, int]]:
        known = count_rows_by_month(lake, "outcomes")
        scored = count_scored_by_month(lake)
        return {month: (known.get(month, 0), rows) for month, rows in scored.items()}

    counts = keep_value(count, name="outcomes due", lake=lake, tables=("scores", "outcomes"))
    due = {
        month: (known, scored)
        for month, (known, scored) in counts.items()
        if is_mature(month, now=now) and known < policy.lowest_share * scored
    }
    for month in sorted(due, reverse=True)[:_SHOWN]:
        known, scored = due[month]
        yield LateItem(
            f"Outcomes of {month}",
            f"{known:,} are on record of {scored:,} scored clients, though all should be known by now",
            "Take them in with `credit-default outcomes FILE`.",
        )
    yield from _count_more(len(due), "months whose outcomes are due", "The newest stand above.")


def _find_owed_reports(lake: Lake) -> Iterator[LateItem]:
    keys = list_owed_reports(lake)
    for key in keys[:_SHOWN]:
        name = key.rpartition("/")[2].removesuffix(".json")
        batch, _, version = name.rpartition("-v")
        try:
            fault = str((read_owed_report(lake, key) or {}).get("fault", ""))
        except ArtifactError as error:
            fault = error.found
        yield LateItem(
            f"Evidently's page of batch {batch}, version {version}",
            f"could not be drawn: {fault}" if fault else "is still to be drawn",
            "`credit-default reconcile` draws it; it also runs by schedule.",
        )
    yield from _count_more(
        len(keys), "pages that are owed", "`credit-default reconcile` draws them."
    )


def _count_more(count: int, what: str, remedy: str) -> Iterator[LateItem]:
    if count > _SHOWN:
        yield LateItem(f"{count - _SHOWN} more {what}", "of the same kind", remedy)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
