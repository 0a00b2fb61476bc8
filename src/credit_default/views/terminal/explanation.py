"""Render one client's explanation as tables for the terminal or as a summary without tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from credit_default.model.statistics.logistic import logit
from credit_default.views.summaries.summary import Summary, render_text

_BAR_WIDTH: Final = 24  # characters of the largest contribution
_SHOWN_CONTRIBUTIONS: Final = 2  # in each direction
# Further apart than this, the bundle has recalibrated the forest's probability.
_RECALIBRATION_TOLERANCE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one concept adds to the average accepted client's probability."""

    name: str
    subject: str  # in words
    added: float  # on the scale of the explanation


@dataclass(frozen=True, slots=True)
class InputLine:
    """One input of the client: its value, what a code means, and whether the model uses it."""

    name: str
    value: float | None  # None where it is missing
    meaning: str
    used: bool


@dataclass(frozen=True, slots=True)
class CounterfactualLine:
    """A change that would have brought the client below the threshold."""

    description: str
    changes: Mapping[str, tuple[float, float]]  # by column: the value, and what it would have been
    default_probability: float  # after the change


@dataclass(frozen=True, slots=True)
class ClientExplanation:
    """Why one client got this score.

    Probabilities are 0-1. On the scale `probability`, the base probability and the contributions
    add up to the estimator's probability; on `log odds`, their log odds do.
    """

    client_id: str
    statement_month: str
    batch_id: str
    model_version: int
    default_probability: float  # the score
    forest_probability: float  # before any recalibration; else the same
    threshold: float
    decision: str
    risk_band: str
    reasons: tuple[str, ...]
    base_probability: float  # of the average accepted client
    method: str
    contributions: tuple[Contribution, ...]
    inputs: tuple[InputLine, ...]
    changes: tuple[CounterfactualLine, ...]
    scale: Literal["probability", "log odds"] = "probability"
    noun: str = "forest"  # what the model is called

    @property
    def declined(self) -> bool:
        """Return whether the client was declined."""
        return self.decision == "decline"

    @property
    def is_recalibrated(self) -> bool:
        """Return whether the score differs from the forest's probability."""
        difference = abs(self.default_probability - self.forest_probability)
        return difference > _RECALIBRATION_TOLERANCE


def render_explanation(explained: ClientExplanation) -> RenderableType:
    """Return inputs, reasons, contributions and what would have changed the decision.

    For an accepted client the largest contributions are shown in place of reasons.
    """
    if explained.declined:
        title = "Reasons"
        lines = explained.reasons or ("no reason that can be put in words applies",)
    else:
        title = "Largest contributions"
        lines = tuple(list_largest_contributions(explained))
    unit = "percentage points" if explained.scale == "probability" else explained.scale
    added = f"From the average accepted client, in {unit} ({explained.method})"
    return Group(
        _render_section("Inputs", _render_inputs(explained)),
        _render_section(title, _render_numbered_lines(lines)),
        _render_section(added, _render_contributions(explained)),
        _render_section(
            "What would have changed the decision",
            _render_numbered_lines(tuple(format_counterfactuals(explained))),
        ),
    )


def summarise_explanation(explained: ClientExplanation, *, listed: bool) -> Summary:
    """Return the decision with its figures.

    Args:
        explained: The explanation.
        listed: Whether to list everything else as figures and notes, for output without tables.
    """
    figures = {
        "default probability": explained.default_probability,
        "threshold": explained.threshold,
    }
    return Summary(
        "explain",
        f"{explained.decision}, band {explained.risk_band}: "
        f"client {explained.client_id}, {explained.statement_month}",
        batch_id=explained.batch_id,
        model_version=explained.model_version,
        figures=figures | (_list_figures(explained) if listed else {}),
        notes=_list_notes(explained) if listed else (),
    )


def _list_figures(explained: ClientExplanation) -> dict[str, float]:
    sums, suffix = (explained.base_probability, explained.forest_probability), ""
    if explained.scale == "log odds":
        sums, suffix = (float(logit(sums[0])), float(logit(sums[1]))), " (log odds)"
    figures = {f"average of accepted{suffix}": sums[0]}
    figures |= {f"contribution of {part.name}": part.added for part in explained.contributions}
    figures |= {f"sum{suffix}": sums[1]}
    known = {line.name: line.value for line in explained.inputs if line.used}
    return figures | {f"input {name}": v for name, v in known.items() if v is not None}


def _list_notes(explained: ClientExplanation) -> tuple[str, ...]:
    return (
        *(f"reason {number}: {reason}" for number, reason in enumerate(explained.reasons, 1)),
        *(
            f"what would have changed the decision: {change}"
            for change in format_counterfactuals(explained)
        ),
        f"method: {explained.method}",
    )


def _render_section(title: str, content: RenderableType) -> RenderableType:
    return Group(render_text(title, style="bold"), content, Text())


def _render_inputs(explained: ClientExplanation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for line in explained.inputs:
        marks = (line.meaning, "" if line.used else "(not used by the model)")
        cells = (line.name, format_input_value(line.value), " ".join(filter(None, marks)))
        style = "" if line.used else "dim"
        table.add_row(*(render_text(cell, style=style) for cell in cells))
    return table


def _render_numbered_lines(lines: tuple[str, ...]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 2), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, line in enumerate(lines, 1):
        table.add_row(f"{number}." if len(lines) > 1 else "–", render_text(line))
    return table


def _render_contributions(explained: ClientExplanation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), show_header=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    largest = max((abs(part.added) for part in explained.contributions), default=0.0) or 1.0
    table.add_row("average accepted client", f"{explained.base_probability:.2%}", "")
    for part in explained.contributions:
        bar = "█" * round(_BAR_WIDTH * abs(part.added) / largest)
        bar_text = Text(bar, style="red" if part.added > 0 else "green")
        table.add_row(render_text(part.subject), format_added(explained, part), bar_text)
    for name, probability in list_totals(explained):
        table.add_row(Text(name, style="bold"), Text(f"{probability:.2%}", style="bold"), "")
    table.add_row("threshold", f"{explained.threshold:.2%}", "")
    return table


def list_totals(explained: ClientExplanation) -> list[tuple[str, float]]:
    """Return what the contributions add up to, and the score where it was recalibrated."""
    score = "this client's default probability"
    if not explained.is_recalibrated:
        return [(score, explained.forest_probability)]
    return [
        (f"the {explained.noun}'s probability", explained.forest_probability),
        (f"recalibrated: {score}", explained.default_probability),
    ]


def format_added(explained: ClientExplanation, part: Contribution) -> str:
    """Return what a concept adds, in percentage points or log odds."""
    return f"{(100 if explained.scale == 'probability' else 1) * part.added:+.2f}"


def list_largest_contributions(explained: ClientExplanation) -> Iterator[str]:
    """Yield the largest contributions in each direction."""
    for direction, sign in (("up", 1), ("down", -1)):
        parts = [part for part in explained.contributions if sign * part.added > 0]
        shown = [
            f"{part.subject} ({format_added(explained, part)})"
            for part in parts[:_SHOWN_CONTRIBUTIONS]
        ]
        if shown:
            yield f"{direction}: {', '.join(shown)}"


def format_counterfactuals(explained: ClientExplanation) -> Iterator[str]:
    """Yield what would have changed the decision, a sentence each."""
    if not explained.declined:
        yield (
            "nothing: the client is accepted, as the probability is below the threshold of "
            f"{explained.threshold:.2%}"
        )
        return
    if not explained.changes:
        yield "no single change that was tried, nor two of them, brings this client below the threshold"
    for change in explained.changes:
        moves = ", ".join(
            f"{name} {format_input_value(old)} → {format_input_value(new)}"
            for name, (old, new) in change.changes.items()
        )
        yield (
            f"{change.description}: {moves}; "
            f"the probability would be {change.default_probability:.2%}"
        )


def format_input_value(value: float | None) -> str:
    """Return the value of an input, "–" where it is missing."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
