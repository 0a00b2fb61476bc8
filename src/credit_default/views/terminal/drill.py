"""The result of a drill: every planted fault with the responses, and confusion tables."""

from collections.abc import Mapping, Sequence
from typing import Final

from credit_default.gates.monitoring.drill_verdict import RESPONSES, Drill, DrillCase, Response
from credit_default.gates.verdict import Level, Verdict
from credit_default.views.documents.document import Bullets, Document, Section, Table

_MENDED: Final = "after a mended recession"
_HEADING: Final = ("", *RESPONSES)
_RAISED_LEVELS: Final = frozenset({"alarm", "refused", "watch"})


def describe_drill(drill: Drill, verdict: Verdict, *, subtitle: str) -> Document:
    """Return the drill as a document; `subtitle` says on which clients it was run."""
    return Document(
        f"Drill: {verdict.level}",
        subtitle,
        (
            Section("Planted faults", (_tabulate_cases(drill),)),
            Section("Confusion", (_tabulate_responses(drill), _tabulate_gates(drill))),
            Section("Verdict", (Bullets(verdict.reasons),)),
        ),
        "No real client stands behind these figures: the portfolio is simulated.",
    )


def format_case_lines(drill: Drill) -> tuple[str, ...]:
    """Return one text for each planted fault, and each other month with an alarm or a watch."""
    raised = [
        f"{kind} {number}: {', '.join(gates)}"
        for kind, months in (
            ("clean month", drill.clean_months),
            ("month after a mended recession", drill.mended_months),
        )
        for number, month in enumerate(months, start=1)
        if (gates := _list_raised_gates(month))
    ]
    return (*(_format_case_line(case) for case in drill.cases), *raised)


def _format_case_line(case: DrillCase) -> str:
    responses = _format_responses(case.responses_by_gate) or "no gate responded"
    return (
        f"{case.name} {case.strength}: expected of {' or '.join(case.expected_gates)}; "
        f"{_format_detection(case)}; {responses}"
    )


def _tabulate_cases(drill: Drill) -> Table:
    rows = tuple(
        (
            case.name,
            str(case.strength),
            " or ".join(case.expected_gates),
            _format_detection(case),
            _format_responses(case.responses_by_gate) or "–",
        )
        for case in drill.cases
    )
    heading = ("planted", "strength", "expected of", "detected", "all responses")
    return Table(heading, rows, first_figure=5)


def _tabulate_responses(drill: Drill) -> Table:
    """Return how many faults of each strength, and other months, had which response."""
    strengths = sorted({case.strength for case in drill.cases})
    rows = [(f"planted, strength {s}", drill.count_responses(strength=s)) for s in strengths]
    rows.append(("clean months", drill.count_clean_months()))
    if drill.mended_months:
        rows.append((_MENDED, drill.count_mended_months()))
    return Table(_HEADING, tuple((name, *_list_counts(counts)) for name, counts in rows))


def _tabulate_gates(drill: Drill) -> Table:
    """Return how often each gate raised an alarm or a watch, by the first gate expected to."""
    gates = sorted(
        {gate for case in drill.cases for gate in (*case.expected_gates, *case.responses_by_gate)}
    )
    expected = dict.fromkeys(case.expected_gates[0] for case in drill.cases)
    rows = [
        (f"expected of {name}", *_count_raised_by(drill, gates, expected=name)) for name in expected
    ]
    rows.append(("clean months", *_count_raised_in(drill.clean_months, gates)))
    if drill.mended_months:
        rows.append((_MENDED, *_count_raised_in(drill.mended_months, gates)))
    return Table(("alarm or watch from", *gates), tuple(rows))


def _count_raised_in(months: Sequence[Mapping[str, Level]], gates: list[str]) -> list[str]:
    return [str(sum(month.get(gate) in _RAISED_LEVELS for month in months)) for gate in gates]


def _count_raised_by(drill: Drill, gates: list[str], *, expected: str) -> list[str]:
    cases = [case for case in drill.cases if case.expected_gates[0] == expected]
    return [str(sum(gate in case.responses_by_gate for case in cases)) for gate in gates]


def _list_counts(counts: Mapping[Response, int]) -> tuple[str, ...]:
    return tuple(str(counts[response]) for response in RESPONSES)


def _format_detection(case: DrillCase) -> str:
    if case.caught_in_batch is None:
        return "missed" if case.response == "quiet" else f"missed: {case.response} only"
    return f"{case.response}, batch {case.caught_in_batch}"


def _format_responses(responses: Mapping[str, Response]) -> str:
    return ", ".join(f"{gate} {response}" for gate, response in responses.items())


def _list_raised_gates(month: Mapping[str, Level]) -> list[str]:
    return [f"{gate} {level}" for gate, level in month.items() if level in _RAISED_LEVELS]
