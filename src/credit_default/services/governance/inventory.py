"""The inventory of models as of a day, and what a version's card says of reviews, findings and overrides today."""

import datetime as dt
from collections.abc import Iterator

from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.model_reviews import read_findings, read_reviews
from credit_default.gates.governance.findings import Finding
from credit_default.gates.governance.inventory import (
    InventoryLine,
    count_overdue,
    rebuild_inventory,
)
from credit_default.services.context.wiring import Wiring
from credit_default.services.governance.override_outcomes import measure_overrides
from credit_default.views.summaries.summary import Summary
from credit_default.views.terminal.inventory import format_finding_lines, format_inventory_lines
from credit_default.views.terminal.overrides import format_override_lines


def list_inventory(wiring: Wiring, *, as_of: str) -> tuple[InventoryLine, ...]:
    """Return a line for each version that the ledger knew at the end of that day (UTC), newest first."""
    return rebuild_inventory(read_entries(wiring.lake), as_of=as_of)


def summarise_inventory(lines: tuple[InventoryLine, ...], *, as_of: str, listed: bool) -> Summary:
    """Return how many versions there were and what was overdue, with a note for each version where `listed`."""
    champion = next((line.model_version for line in lines if line.status == "champion"), None)
    return Summary(
        "models inventory",
        f"as of {as_of}",
        model_version=champion,
        counts={
            "versions": len(lines),
            "open findings": sum(len(line.findings) for line in lines),
            "overdue": count_overdue(lines, as_of=as_of),
        },
        notes=format_inventory_lines(lines, as_of=as_of) if listed else (),
    )


def list_findings(wiring: Wiring, model_version: int | None) -> tuple[Finding, ...]:
    """Return the findings about a version, or about all: open ones first, the earliest due first."""
    found = read_findings(wiring.lake, model_version=model_version)
    return tuple(sorted(found, key=lambda one: (not one.is_open, one.due, one.finding_id)))


def summarise_findings(
    found: tuple[Finding, ...], model_version: int | None, *, listed: bool
) -> Summary:
    """Return how many findings are open, with a note for each where `listed`."""
    open_count = sum(one.is_open for one in found)
    return Summary(
        "models findings show",
        f"{open_count} open",
        model_version=model_version,
        counts={"open": open_count, "closed": len(found) - open_count},
        notes=format_finding_lines(found) if listed else (),
    )


def describe_version_today(wiring: Wiring, number: int, *, now: dt.datetime) -> tuple[str, ...]:
    """Return the lines of a version's card about reviews, open findings and overrides."""
    return tuple(_describe(wiring, number, now=now))


def _describe(wiring: Wiring, number: int, *, now: dt.datetime) -> Iterator[str]:
    reviews = read_reviews(wiring.lake, model_version=number)
    if reviews:
        last = reviews[-1]
        yield (
            f"reviewed {last.reviewed_at[:10]} by {last.reviewed_by}: tier {last.tier}, {last.opinion} "
            f"({last.reason}); next review {last.next_review}"
        )
    else:
        yield "no reviewer has given an opinion on it yet"
    findings = read_findings(wiring.lake, model_version=number)
    yield from format_finding_lines([one for one in findings if one.is_open])
    closed = sum(not one.is_open for one in findings)
    if closed:
        yield f"{closed} findings were closed"
    overrides = [row for row in measure_overrides(wiring, now=now) if row.model_version == number]
    yield from format_override_lines(overrides)
