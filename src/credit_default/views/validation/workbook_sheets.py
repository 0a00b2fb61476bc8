"""The sheets of the validation workbook, in the shape of the ECB's reporting template.

Source: Instructions for reporting the validation results of internal models (ECB, February 2019), section 2.5.
"""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Final

import polars as pl

from credit_default.gates.validation.result import CHAPTERS, LIGHTS, ValidationResult
from credit_default.gates.validation_report.report import SampleFacts, ValidationReport
from credit_default.gates.validation_report.reporting_tables import BandRow

_BAND_COLUMNS: Final = {
    "month": "month",
    "band": "rating grade",
    "row_count": "N",
    "client_count": "obligors",
    "outcome_count": "known outcomes",
    "default_count": "defaults",
    "default_probability": "PD",
    "default_rate": "DR",
    "jeffreys_p_value": "Jeffreys p-value",
}
_RESULT_COLUMNS: Final = {
    "test_id": pl.String,
    "chapter": pl.String,
    "title": pl.String,
    "subject": pl.String,
    "light": pl.String,
    "statistic_name": pl.String,
    "statistic": pl.Float64,
    "p_value": pl.Float64,
    "reason": pl.String,
    "null_hypothesis": pl.String,
    "source": pl.String,
    "policy_id": pl.String,
    "input_digest": pl.String,
}


def build_sheets(report: ValidationReport) -> Mapping[str, pl.DataFrame]:
    """Return the sheets by name, in their order; figures are numbers, shares and p-values 0-1, null where there are none."""
    by_chapter = {
        chapter: [result for result in report.results if result.chapter == chapter]
        for chapter in CHAPTERS
    }
    return {
        "summary": _summarise(report),
        "discrimination": _tabulate_results(by_chapter["discrimination"]),
        "calibration": _tabulate_bands(report.tables.by_band),
        "calibration tests": _tabulate_results(by_chapter["calibration"]),
        "migration": _tabulate_migration(report),
        "concentration": _tabulate_concentration(report),
        "stability": _tabulate_results(by_chapter["stability"]),
        "all tests": _tabulate_results(report.results),
        "figures": _tabulate_figures(report),
    }


def _summarise(report: ValidationReport) -> pl.DataFrame:
    texts = {
        "subject": report.subject,
        "verdict": report.verdict.level,
        "data": "simulated" if report.is_simulated else "as given",
        "input digest": report.input_digest,
        "policy": report.policy_id,
        **_describe_facts("sample", report.sample),
        **(_describe_facts("reference", report.reference) if report.reference else {}),
        "tests": str(report.test_count),
        **{f"results {light}": str(count) for light, count in report.count_lights().items()},
    }
    for chapter in CHAPTERS:
        counts = report.count_lights(chapter=chapter)
        shown = [f"{counts[light]} {light}" for light in LIGHTS if counts[light]]
        texts[f"chapter {chapter}"] = ", ".join(shown) or "no test"
    reasons = {f"reason {n}": text for n, text in enumerate(report.verdict.reasons, 1)}
    notes = {f"note {n}": text for n, text in enumerate(report.notes, 1)}
    rows = texts | reasons | notes
    return pl.DataFrame({"item": list(rows), "value": list(rows.values())})


def _describe_facts(name: str, facts: SampleFacts) -> dict[str, str]:
    return {
        f"{name} rows": str(facts.row_count),
        f"{name} known outcomes": str(facts.outcome_count),
        f"{name} defaults": str(facts.default_count),
        f"{name} months": " to ".join(dict.fromkeys((facts.months[0], facts.months[-1])))
        if facts.months
        else "not given",
    }


def _tabulate_results(
    results: tuple[ValidationResult, ...] | list[ValidationResult],
) -> pl.DataFrame:
    rows = [{name: getattr(result, name) for name in _RESULT_COLUMNS} for result in results]
    return pl.DataFrame(rows, schema=_RESULT_COLUMNS)


def _tabulate_bands(rows: tuple[BandRow, ...]) -> pl.DataFrame:
    schema = {
        field.name: pl.String
        if field.name in {"month", "band"}
        else pl.Int64
        if field.name.endswith("_count")
        else pl.Float64
        for field in fields(BandRow)
    }
    return pl.DataFrame([asdict(row) for row in rows], schema=schema).rename(_BAND_COLUMNS)


def _tabulate_migration(report: ValidationReport) -> pl.DataFrame:
    migration = report.tables.migration
    if migration is None:
        return pl.DataFrame({"from / to": ["not judged: no client is in two months in a row"]})
    columns = {
        f"to {band}": [counts[place] for counts in migration.counts]
        for place, band in enumerate(migration.bands)
    }
    return pl.DataFrame({"from / to": list(migration.bands), **columns})


def _tabulate_concentration(report: ValidationReport) -> pl.DataFrame:
    tables = report.tables
    names = [
        *(f"share in {band}" for band in tables.bands),
        "coefficient of variation",
        "Herfindahl index",
    ]
    columns = {
        row.sample: [*row.shares, row.variation, row.herfindahl] for row in tables.concentration
    }
    return pl.DataFrame({"figure": names, **columns})


def _tabulate_figures(report: ValidationReport) -> pl.DataFrame:
    """Return every figure behind every statistic, one a row."""
    rows = [
        (result.test_id, result.subject, name, float(value))
        for result in report.results
        for name, value in result.figures.items()
    ]
    schema = {"test_id": pl.String, "subject": pl.String, "figure": pl.String, "value": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row")
