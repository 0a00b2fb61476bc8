"""A validation in the terminal: lights by chapter, then what is red or amber, at 80 columns."""

from rich.console import Group, RenderableType
from rich.text import Text

from credit_default.gates.validation.result import CHAPTERS, LIGHTS, WHOLE_SAMPLE
from credit_default.gates.validation_report.report import ValidationReport, sort_worst_first
from credit_default.views.summaries.summary import (
    LIGHT_STYLES,
    Summary,
    render_level,
    render_text,
)
from credit_default.views.tables.fitted_table import Column, FittedTable

_HEADINGS = {"for information": "info"}


def render_validation(report: ValidationReport) -> RenderableType:
    """Return the counts of lights by chapter, and every result that is red or amber, worst first."""
    worst = sort_worst_first([r for r in report.results if r.light in {"red", "amber"}])
    parts: list[RenderableType] = [_tabulate_chapters(report)]
    if worst:
        table = FittedTable((Column("light"), Column("finding")))
        for result in worst:
            subject = "" if result.subject == WHOLE_SAMPLE else f", {result.subject}"
            finding = render_text(f"{result.title}{subject}: ", style="bold")
            finding.append(render_text(result.reason, style="not bold"))
            table.add_row(render_level(result.light), finding)
        parts += [Text(), table]
    return Group(*parts, Text())


def summarise_validation(report: ValidationReport, *, listed: bool) -> Summary:
    """Return the summary of the command `validate`: it fails (exit code 1) where the verdict is an alarm.

    Args:
        report: What was found.
        listed: Whether red and amber results are listed, as reasons of the verdict, as `--json` does.
    """
    verdict = report.verdict
    shown = verdict if listed else type(verdict)(verdict.gate, verdict.level, verdict.reasons[:1])
    facts = report.sample
    return Summary(
        "validate",
        f"{report.subject}: {verdict.level}",
        exit_code=int(not verdict.passed),
        verdicts=(shown if verdict.level != "not judged" else verdict,),
        counts={
            "validated": facts.row_count,
            "with known outcomes": facts.outcome_count,
            "defaults": facts.default_count,
        },
        figures={"tests": float(report.test_count)},
        paths={"input": report.input_digest, "policy": report.policy_id},
        notes=report.notes,
    )


def _tabulate_chapters(report: ValidationReport) -> FittedTable:
    lights = (Column(_HEADINGS.get(light, light), is_figure=True) for light in LIGHTS)
    table = FittedTable((Column("chapter"), *lights))
    for chapter in CHAPTERS:
        counts = report.count_lights(chapter=chapter)
        if any(counts.values()):
            cells = (
                Text(str(counts[light]) if counts[light] else "–", LIGHT_STYLES.get(light, ""))
                for light in LIGHTS
            )
            table.add_row(chapter, *cells)
    return table
