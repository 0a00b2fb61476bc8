"""Render the inventory of models as of a day, and the register of findings."""

from collections.abc import Sequence

from credit_default.gates.governance.findings import SEVERITIES, Finding
from credit_default.gates.governance.inventory import InventoryLine
from credit_default.views.tables.fitted_table import Column, FittedTable

_INVENTORY = (
    Column("v", is_figure=True),
    Column("status"),
    Column("tier"),
    Column("opinion"),
    Column("review due"),
    Column("findings"),
    Column("alarms", rank=1),
    Column("scored", is_figure=True, rank=2),
    Column("overdue", rank=1),
)
_FINDINGS = (
    Column("id"),
    Column("v", is_figure=True),
    Column("severity"),
    Column("due"),
    Column("owner", rank=1),
    Column("state", rank=2),
)


def render_inventory(lines: Sequence[InventoryLine], *, as_of: str) -> FittedTable:
    """Return one line for each version, in the order given."""
    table = FittedTable(_INVENTORY)
    for line in lines:
        table.add_row(
            str(line.model_version),
            line.status,
            str(line.tier or "–"),
            line.opinion or "none",
            line.next_review or "–",
            _count_severities(line),
            ", ".join(line.open_alarms) or "–",
            f"{line.scored_count:,}",
            ", ".join(line.list_overdue(as_of)) or "–",
        )
    return table


def format_inventory_lines(lines: Sequence[InventoryLine], *, as_of: str) -> tuple[str, ...]:
    """Return one text for each version."""
    return tuple(
        f"version {line.model_version}: {line.status}"
        f"{f' since {line.champion_since[:10]}' if line.status == 'champion' else ''}; "
        f"digest {line.model_digest[:8]}; first on record {line.first_recorded_at[:10]}; "
        f"tier {line.tier or 'none'}; opinion: {line.opinion or 'none'}; next review {line.next_review or 'not set'}; "
        f"open findings: {_count_severities(line)}; open alarms: {', '.join(line.open_alarms) or 'none'}; "
        f"{line.batch_count:,} batches, {line.scored_count:,} rows scored, {line.override_count:,} overridden; "
        f"overdue: {', '.join(line.list_overdue(as_of)) or 'nothing'}"
        for line in lines
    )


def render_findings(findings: Sequence[Finding]) -> FittedTable:
    """Return one line for each finding, in the order given."""
    table = FittedTable(_FINDINGS, sentences="finding")
    for one in findings:
        state = "open" if one.is_open else f"closed {one.closed_at[:10]} by {one.closed_by}"
        cells = (
            one.finding_id,
            str(one.model_version),
            one.severity,
            one.due,
            one.owner,
            state,
        )
        table.add_row(*cells, sentences=(one.title,))
    return table


def format_finding_lines(findings: Sequence[Finding]) -> tuple[str, ...]:
    """Return one text for each finding."""
    return tuple(
        f"finding {one.finding_id} about version {one.model_version}: {one.severity}, {one.owner} until {one.due}, "
        f"{'open' if one.is_open else f'closed by {one.closed_by} ({one.closed_because})'}: {one.title}"
        for one in findings
    )


def _count_severities(line: InventoryLine) -> str:
    counts = [
        f"{count} {severity}" for severity in SEVERITIES if (count := line.count_findings(severity))
    ]
    return ", ".join(counts) or "none"
