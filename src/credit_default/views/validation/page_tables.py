"""The tables of the reporting template on the page: calibration by band and month, concentration, migration."""

from collections.abc import Callable, Sequence
from typing import Final

from credit_default.gates.validation_report.report import ValidationReport
from credit_default.gates.validation_report.reporting_tables import ALL_MONTHS, BandRow
from credit_default.views.documents.document import Paragraph, Section, Table

_NO_VALUE: Final = "–"


def build_table_sections(report: ValidationReport) -> tuple[Section, ...]:
    """Return a section for each table that the sample could give."""
    tables = report.tables
    how = (
        "The bands are those of the sample, from the least to the greatest risk."
        if tables.are_bands_given
        else "The sample names no bands: it was cut by quantiles of the score."
    )
    sections = [
        Section(
            "Calibration by band",
            (Paragraph(how), _tabulate_bands([r for r in tables.by_band if r.month == ALL_MONTHS])),
        )
    ]
    by_month = [row for row in tables.by_band if row.month != ALL_MONTHS]
    if by_month:
        sections.append(
            Section("Calibration by band and month", (_tabulate_bands(by_month, with_month=True),))
        )
    sections.append(Section("Concentration in bands", (_tabulate_concentration(report),)))
    if tables.migration is not None:
        sections.append(_build_migration_section(report))
    return tuple(sections)


def _tabulate_bands(rows: Sequence[BandRow], *, with_month: bool = False) -> Table:
    columns: list[tuple[str, Callable[[BandRow], str]]] = [
        ("band", lambda row: row.band),
        ("rows", lambda row: f"{row.row_count:,}"),
        ("clients", lambda row: _format_count(row.client_count)),
        ("outcomes", lambda row: f"{row.outcome_count:,}"),
        ("defaults", lambda row: f"{row.default_count:,}"),
        ("expected", lambda row: f"{row.default_probability:.2%}"),
        ("observed", lambda row: _format_share(row.default_rate)),
        ("Jeffreys p", lambda row: format_p_value(row.jeffreys_p_value)),
    ]
    if with_month:
        columns.insert(0, ("month", lambda row: row.month))
    return Table(
        tuple(name for name, _ in columns),
        tuple(tuple(show(row) for _, show in columns) for row in rows),
        first_figure=2 if with_month else 1,
    )


def _tabulate_concentration(report: ValidationReport) -> Table:
    tables = report.tables
    heading = ("figure", *(row.sample for row in tables.concentration))
    shares = [
        (f"share in {band}", *(f"{row.shares[place]:.1%}" for row in tables.concentration))
        for place, band in enumerate(tables.bands)
    ]
    measures = (
        ("coefficient of variation", *(f"{row.variation:.3f}" for row in tables.concentration)),
        ("Herfindahl index", *(f"{row.herfindahl:.3f}" for row in tables.concentration)),
    )
    return Table(heading, (*shares, *measures))


def _build_migration_section(report: ValidationReport) -> Section:
    migration = report.tables.migration
    assert migration is not None
    rows = tuple(
        (band, *(f"{count:,}" for count in counts))
        for band, counts in zip(migration.bands, migration.counts, strict=True)
    )
    introduction = (
        f"Clients by their band in one month (rows) and in the next one (columns), from"
        f" {migration.first_month} to {migration.last_month}."
    )
    return Section(
        "Migration between bands",
        (Paragraph(introduction), Table(("from / to", *migration.bands), rows)),
    )


def format_p_value(p_value: float | None) -> str:
    """Return a p-value in three decimals, very small ones as a bound, a dash where there is none."""
    if p_value is None:
        return _NO_VALUE
    return "< .001" if p_value < 0.001 else f"{p_value:.3f}".lstrip("0")  # noqa: PLR2004


def _format_count(count: int | None) -> str:
    return _NO_VALUE if count is None else f"{count:,}"


def _format_share(share: float | None) -> str:
    return _NO_VALUE if share is None else f"{share:.2%}"
