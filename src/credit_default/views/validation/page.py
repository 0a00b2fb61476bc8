"""The validation as a document: the verdict first, then what is red or amber, then every chapter, table and source."""

from collections.abc import Sequence
from typing import Final

from credit_default.gates.validation.result import CHAPTERS, LIGHTS, WHOLE_SAMPLE, ValidationResult
from credit_default.gates.validation_report.report import (
    SampleFacts,
    ValidationReport,
    sort_worst_first,
)
from credit_default.views.documents.document import (
    Bullets,
    Document,
    Paragraph,
    Picture,
    Section,
    Table,
)
from credit_default.views.validation.page_tables import build_table_sections, format_p_value

SIMULATED_WARNING: Final = "SIMULATED data: no real client stands behind these figures"
LIGHT_MEANINGS: Final = {
    "red": "rejected at the stricter level, or beyond the outer limit: to be explained or mended",
    "amber": "rejected at the milder level, or beyond the inner limit: to be looked at",
    "green": "no evidence against the model in this test",
    "for information": "an official form shown beside ours, without a judgement",
    "not judged": "too little to judge by; the reason says what is missing",
}
_SHORT: Final = {"for information": "info"}
_NO_VALUE: Final = "–"
_FIRST_SECTION: Final = "Verdict"


def describe_validation(report: ValidationReport, *, pictures: Sequence[Picture] = ()) -> Document:
    """Return the whole validation as a document.

    Args:
        report: What was found.
        pictures: Figures of the sample, shown below the verdict.
    """
    chapters = [
        _build_chapter(report, chapter)
        for chapter in CHAPTERS
        if any(result.chapter == chapter for result in report.results)
    ]
    return Document(
        title=f"Validation of {report.subject}",
        subtitle=f"input {report.input_digest[:12]}, policy {report.policy_id}",
        warning=SIMULATED_WARNING if report.is_simulated else "",
        sections=(
            _build_verdict_section(report, pictures),
            _build_attention_section(report),
            *chapters,
            *build_table_sections(report),
            _build_sources_section(report),
            _build_input_section(report),
        ),
    )


def _build_verdict_section(report: ValidationReport, pictures: Sequence[Picture]) -> Section:
    rows = []
    for chapter in CHAPTERS:
        counts = report.count_lights(chapter=chapter)
        if any(counts.values()):
            rows.append((chapter, *(str(counts[light] or _NO_VALUE) for light in LIGHTS)))
    total = report.count_lights()
    rows.append(("all", *(str(total[light] or _NO_VALUE) for light in LIGHTS)))
    return Section(
        _FIRST_SECTION,
        (
            Table(
                ("verdict", "of"),
                ((report.verdict.level, f"{report.test_count} tests"),),
                first_figure=2,
                light_column=0,
            ),
            Paragraph(report.verdict.reasons[0]),
            Paragraph(_describe_facts("The sample", report.sample)),
            *(
                (Paragraph(_describe_facts("The reference", report.reference)),)
                if report.reference
                else (Paragraph("There is no reference: nothing could be compared with it."),)
            ),
            Table(("chapter", *(_SHORT.get(light, light) for light in LIGHTS)), tuple(rows)),
            Bullets(tuple(f"{light}: {LIGHT_MEANINGS[light]}" for light in LIGHTS)),
            *pictures,
        ),
    )


def _describe_facts(name: str, facts: SampleFacts) -> str:
    months = ""
    if facts.months:
        first, last = facts.months[0], facts.months[-1]
        months = f" of {first}" if first == last else f" of {first} to {last}"
    outcomes = "no outcome is known"
    if facts.default_rate is not None:
        outcomes = (
            f"{facts.outcome_count:,} outcomes are known, {facts.default_count:,} of them defaults"
            f" ({facts.default_rate:.1%})"
        )
    return (
        f"{name}: {facts.row_count:,} rows{months}; {outcomes};"
        f" expected {facts.mean_probability:.1%} on average."
    )


def _build_attention_section(report: ValidationReport) -> Section:
    found = sort_worst_first([r for r in report.results if r.light in {"red", "amber"}])
    if not found:
        return Section("Red and amber", (Paragraph("No result is red or amber."),))
    return Section("Red and amber", (_tabulate_results(found),))


def _build_chapter(report: ValidationReport, chapter: str) -> Section:
    results = [result for result in report.results if result.chapter == chapter]
    return Section(chapter.capitalize(), (_tabulate_results(results),))


def _tabulate_results(results: Sequence[ValidationResult]) -> Table:
    rows = tuple(
        (
            result.light,
            result.title + ("" if result.subject == WHOLE_SAMPLE else f": {result.subject}"),
            result.reason,
            _format_statistic(result),
            format_p_value(result.p_value),
        )
        for result in results
    )
    return Table(
        ("light", "test", "finding", "statistic", "p"), rows, first_figure=3, light_column=0
    )


def _format_statistic(result: ValidationResult) -> str:
    return _NO_VALUE if result.statistic is None else f"{result.statistic:.4g}"


def _build_sources_section(report: ValidationReport) -> Section:
    tests = {result.test_id: result for result in report.results}
    rows = tuple(
        (test_id, result.null_hypothesis, result.statistic_name, result.source)
        for test_id, result in tests.items()
    )
    return Section(
        "Null hypotheses and sources",
        (Table(("test", "null hypothesis", "statistic", "source"), rows, first_figure=4),),
    )


def _build_input_section(report: ValidationReport) -> Section:
    identity = Table(
        ("identity", "value"),
        (("input digest", report.input_digest), ("policy", report.policy_id)),
        first_figure=2,
    )
    return Section("Input", (identity, *((Bullets(report.notes),) if report.notes else ())))
