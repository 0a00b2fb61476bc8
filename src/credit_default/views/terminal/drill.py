"""A drill as people read it: every planted fault with what rang for it and when, then the confusion table."""

from collections.abc import Mapping
from typing import Final

from credit_default.gates.monitoring.drill_verdict import RESPONSES, Drill, DrillCase, Response
from credit_default.gates.verdict import Level, Verdict
from credit_default.views.documents.document import Bullets, Document, Section, Table

_HEADING: Final = ("", *RESPONSES)


def describe_drill(drill: Drill, verdict: Verdict, *, story: str) -> Document:
    """The drill as a document; `story` says on what it was held."""
    return Document(
        f"Drill: {verdict.level}",
        story,
        (
            Section("Planted faults", (_tabulate_exercises(drill),)),
            Section("Confusion", (_tabulate_confusion(drill), _tabulate_gates(drill))),
            Section("Verdict", (Bullets(verdict.reasons),)),
        ),
        "No real client stands behind these figures: the portfolio is simulated.",
    )


def format_exercise_lines(drill: Drill) -> tuple[str, ...]:
    """One text a planted fault, and one a clean month that was not quiet, for those who read no tables."""
    told = [
        f"{e.name} {e.strength}: meant for {' or '.join(e.expects)}; {_format_detection(e)}; {_format_responses(e.rang) or 'nothing rang'}"
        for e in drill.exercises
    ]
    loud = [
        f"clean month {number}: {', '.join(noise)}"
        for number, month in enumerate(drill.clean, start=1)
        if (noise := _list_raised_gates(month))
    ]
    return (*told, *loud)


def _tabulate_exercises(drill: Drill) -> Table:
    rows = [
        (
            e.name,
            str(e.strength),
            " or ".join(e.expects),
            _format_detection(e),
            _format_responses(e.rang) or "–",
        )
        for e in drill.exercises
    ]
    return Table(
        ("planted", "strength", "meant for", "caught", "what rang"), tuple(rows), first_figure=5
    )


def _tabulate_confusion(drill: Drill) -> Table:
    strengths = sorted({exercise.strength for exercise in drill.exercises})
    rows = [(f"planted, strength {s}", drill.count_responses(strength=s)) for s in strengths]
    rows.append(("clean months", drill.count_clean()))
    return Table(_HEADING, tuple((name, *_list_counts(counts)) for name, counts in rows))


def _tabulate_gates(drill: Drill) -> Table:
    """How often each gate rang or asked for a look, by the gate that was meant to first."""
    gates = sorted(
        {gate for exercise in drill.exercises for gate in (*exercise.expects, *exercise.rang)}
    )
    meant = dict.fromkeys(exercise.expects[0] for exercise in drill.exercises)
    rows = [
        (
            f"meant for {name}",
            *(
                str(sum(g in e.rang for e in drill.exercises if e.expects[0] == name))
                for g in gates
            ),
        )
        for name in meant
    ]
    clean = [
        str(sum(month.get(gate) in {"alarm", "refused", "watch"} for month in drill.clean))
        for gate in gates
    ]
    return Table(("rang or asked for a look", *gates), (*rows, ("clean months", *clean)))


def _list_counts(counts: Mapping[Response, int]) -> tuple[str, ...]:
    return tuple(str(counts[response]) for response in RESPONSES)


def _format_detection(exercise: DrillCase) -> str:
    if exercise.caught_in is None:
        return "missed" if exercise.response == "quiet" else f"missed: {exercise.response} only"
    return f"{exercise.response}, batch {exercise.caught_in}"


def _format_responses(rang: Mapping[str, Response]) -> str:
    return ", ".join(f"{gate} {response}" for gate, response in rang.items())


def _list_raised_gates(month: Mapping[str, Level]) -> list[str]:
    return [
        f"{gate} {level}" for gate, level in month.items() if level in {"alarm", "refused", "watch"}
    ]
