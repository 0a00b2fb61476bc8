"""Keep the register of findings about model versions, and the reviews that give an opinion on them."""

import datetime as dt
import hashlib
import logging
from dataclasses import replace

from credit_default.adapters.tables.model_reviews import (
    read_findings,
    read_reviews,
    write_finding,
    write_review,
)
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint
from credit_default.gates.governance.findings import OPINIONS, SEVERITIES, TIERS, Finding, Review
from credit_default.gates.ledger.governance_events import (
    FindingClosed,
    FindingOpened,
    VersionReviewed,
)
from credit_default.services.champion.alias_history import require_reason
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.context.identity import normalise_identity
from credit_default.services.context.wiring import Wiring
from credit_default.views.summaries.summary import Summary

_LOG = logging.getLogger(__name__)


def open_finding(
    wiring: Wiring,
    number: int,
    *,
    severity: str,
    title: str,
    owner: str,
    due: str,
    by: str,
    opened_at: dt.datetime,
) -> Summary:
    """Open a finding about the version; one of the same title that is open already is left as it is.

    Raises:
        InputError: There is no such version, the severity is unknown, `due` is no date, or a text is empty.
    """
    version = wiring.registry.find_version(number)
    _require_one_of("--severity", severity, SEVERITIES)
    title, owner, by = (
        _read_text("--title", title),
        normalise_identity(owner),
        normalise_identity(by),
    )
    at = _format_time(opened_at)
    finding = _find_open(wiring, version.number, title) or Finding(
        finding_id=hashlib.sha256(f"{version.number} {title} {at}".encode()).hexdigest()[:8],
        model_version=version.number,
        severity=severity,
        title=title,
        owner=owner,
        due=read_date("--due", due).isoformat(),
        opened_by=by,
        opened_at=at,
    )
    write_finding(wiring.lake, finding)
    hit_failpoint("finding.written")
    append_ledger_entry(
        wiring,
        FindingOpened(finding_id=finding.finding_id, severity=finding.severity, due=finding.due),
        key=f"{FindingOpened.name} {finding.finding_id}",
        at=dt.datetime.fromisoformat(finding.opened_at),
        model_version=finding.model_version,
    )
    _LOG.info("opened finding=%s model_version=%d", finding.finding_id, finding.model_version)
    note = f"finding {finding.finding_id}: {finding.severity}, {finding.owner} until {finding.due}: {finding.title}"
    return Summary("models findings open", "finding opened", model_version=number, notes=(note,))


def close_finding(
    wiring: Wiring, finding_id: str, *, reason: str, by: str, closed_at: dt.datetime
) -> Summary:
    """Close the finding; one that is closed already is left as it is.

    Raises:
        InputError: There is no such finding, or no reason or no name was given.
    """
    require_reason(reason)
    by = normalise_identity(by)
    found = next((f for f in read_findings(wiring.lake) if f.finding_id == finding_id), None)
    if found is None:
        raise InputError(
            f"finding {finding_id[:40]!r}",
            found="none of that id",
            expected="the id of a finding",
            remedy="`credit-default models findings show` lists them.",
        )
    if found.is_open:
        found = _close(found, by=by, reason=reason, at=_format_time(closed_at))
        write_finding(wiring.lake, found)
        hit_failpoint("finding.closed")
    append_ledger_entry(
        wiring,
        FindingClosed(finding_id=found.finding_id),
        key=f"{FindingClosed.name} {found.finding_id}",
        at=dt.datetime.fromisoformat(found.closed_at),
        model_version=found.model_version,
    )
    note = f"finding {found.finding_id} closed by {found.closed_by}: {found.closed_because}"
    return Summary(
        "models findings close",
        "finding closed",
        model_version=found.model_version,
        notes=(note,),
    )


def review_version(
    wiring: Wiring,
    number: int,
    *,
    tier: int,
    opinion: str,
    next_review: str,
    reason: str,
    by: str,
    reviewed_at: dt.datetime,
) -> Summary:
    """Record a reviewer's opinion on the version; the last one counts, and the same again changes nothing.

    Raises:
        InputError: There is no such version, tier or opinion, `next_review` is no day after the review, or
            no reason or no name was given.
    """
    require_reason(reason)
    version = wiring.registry.find_version(number)
    _require_one_of("--opinion", opinion, OPINIONS)
    _require_one_of("--tier", str(tier), tuple(map(str, TIERS)))
    wanted = Review(
        model_version=version.number,
        tier=tier,
        opinion=opinion,
        reason=reason,
        next_review=_read_later_date(next_review, than=reviewed_at),
        reviewed_by=normalise_identity(by),
        reviewed_at=_format_time(reviewed_at),
    )
    review = _find_same_review(wiring, wanted) or wanted
    write_review(wiring.lake, review)
    hit_failpoint("review.written")
    append_ledger_entry(
        wiring,
        VersionReviewed(tier=tier, opinion=opinion, next_review=review.next_review),
        key=f"{VersionReviewed.name} v{number} {review.reviewed_at}",
        at=dt.datetime.fromisoformat(review.reviewed_at),
        model_version=number,
    )
    note = f"tier {tier}, {opinion}; next review {review.next_review}"
    return Summary("models review", "reviewed", model_version=number, notes=(note,))


def read_date(option: str, text: str) -> dt.date:
    """Return the date, given as YYYY-MM-DD.

    Raises:
        InputError: It is none.
    """
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            option,
            found=repr(text[:40]),
            expected="a date, YYYY-MM-DD",
            remedy="Write it as 2026-01-31.",
        ) from error


def _find_open(wiring: Wiring, number: int, title: str) -> Finding | None:
    found = read_findings(wiring.lake, model_version=number)
    return next((one for one in found if one.is_open and one.title == title), None)


def _find_same_review(wiring: Wiring, wanted: Review) -> Review | None:
    """Return the version's last review where it says the same, whenever it was."""
    last = read_reviews(wiring.lake, model_version=wanted.model_version)[-1:]
    return next((r for r in last if replace(r, reviewed_at=wanted.reviewed_at) == wanted), None)


def _close(finding: Finding, *, by: str, reason: str, at: str) -> Finding:
    return replace(finding, closed_by=by, closed_because=reason, closed_at=at)


def _read_later_date(text: str, *, than: dt.datetime) -> str:
    day = read_date("--next-review", text)
    if day <= than.date():
        raise InputError(
            "--next-review",
            found=day.isoformat(),
            expected="a day after today",
            remedy="Name the day by which the version is reviewed again.",
        )
    return day.isoformat()


def _read_text(option: str, text: str) -> str:
    words = " ".join(text.split())
    if not words or not words.isprintable():
        raise InputError(
            option,
            found=repr(text[:40]),
            expected="a text in one line",
            remedy="Say what was found.",
        )
    return words


def _require_one_of(option: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise InputError(
            option,
            found=repr(value[:40]),
            expected=", ".join(known),
            remedy="Take one of them.",
        )


def _format_time(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds")
