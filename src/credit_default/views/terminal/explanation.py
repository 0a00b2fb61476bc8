"""One client's explanation, as a person reads it in a terminal and as a summary for those who read no tables."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from credit_default.views.summaries.summary import Summary, render_text

_BAR_WIDTH = 24
_SHOWN_CONTRIBUTIONS = 2  # told of a direction
_RECALIBRATION_TOLERANCE = (
    1e-9  # further apart than this the bundle has changed the forest's probability
)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one concept adds to the probability of the average accepted client; below 0 it takes away."""

    name: str
    subject: str
    added: float


@dataclass(frozen=True, slots=True)
class InputLine:
    """One input of the client: its value, what a code means, and whether the model looks at it."""

    name: str
    value: float
    meaning: str
    used: bool


@dataclass(frozen=True, slots=True)
class CounterfactualLine:
    """What would have brought the client below the threshold: by column what it is and what it would have been."""

    told: str
    changes: Mapping[str, tuple[float, float]]
    default_probability: float


@dataclass(frozen=True, slots=True)
class ClientExplanation:
    """Why one client got this score. Probabilities are 0-1; base_probability + contributions = forest_probability."""

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
    base_probability: float
    method: str
    contributions: tuple[Contribution, ...]
    inputs: tuple[InputLine, ...]
    changes: tuple[CounterfactualLine, ...]

    @property
    def declined(self) -> bool:
        """Whether the score reaches the threshold."""
        return self.decision == "decline"


def render_explanation(explained: ClientExplanation) -> RenderableType:
    """The inputs, the reasons, the contributions that add up and what would have changed the decision."""
    parts = [_render_section("Inputs", _render_inputs(explained))]
    if explained.declined:
        parts.append(
            _render_section(
                "Reasons", _render_numbered_lines(explained.reasons or ("none that has words",))
            )
        )
    else:
        parts.append(
            _render_section(
                "What pushed most",
                _render_numbered_lines(tuple(_list_largest_contributions(explained))),
            )
        )
    title = f"From the average accepted client, in percentage points ({explained.method})"
    parts.append(_render_section(title, _render_contributions(explained)))
    parts.append(
        _render_section(
            "What would have changed the decision",
            _render_numbered_lines(tuple(_format_counterfactuals(explained))),
        )
    )
    return Group(*parts)


def summarise_explanation(explained: ClientExplanation, *, told: bool) -> Summary:
    """The decision with its figures; with `told` everything else as notes and figures, for those who read no tables."""
    figures = {
        "default probability": explained.default_probability,
        "threshold": explained.threshold,
    }
    notes: tuple[str, ...] = ()
    if told:
        figures |= {"average of accepted": explained.base_probability}
        figures |= {f"contribution of {part.name}": part.added for part in explained.contributions}
        figures |= {"sum": explained.forest_probability}
        figures |= {f"input {line.name}": line.value for line in explained.inputs if line.used}
        reasons = (f"reason {place}: {reason}" for place, reason in enumerate(explained.reasons, 1))
        changes = (
            f"what would have changed the decision: {change}"
            for change in _format_counterfactuals(explained)
        )
        notes = (*reasons, *changes, f"method: {explained.method}")
    return Summary(
        "explain",
        f"{explained.decision}, band {explained.risk_band}: client {explained.client_id}, {explained.statement_month}",
        batch_id=explained.batch_id,
        model_version=explained.model_version,
        figures=figures,
        notes=notes,
    )


def _render_section(title: str, content: RenderableType) -> RenderableType:
    return Group(render_text(title, style="bold"), content, Text())


def _render_inputs(explained: ClientExplanation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 2), show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    for line in explained.inputs:
        marks = ([line.meaning] if line.meaning else []) + (
            [] if line.used else ["(not used by the model)"]
        )
        style = "" if line.used else "dim"
        table.add_row(
            *(
                render_text(text, style=style)
                for text in (line.name, _format_value(line.value), " ".join(marks))
            )
        )
    return table


def _render_numbered_lines(lines: tuple[str, ...]) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 2), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for place, line in enumerate(lines, 1):
        table.add_row(f"{place}." if len(lines) > 1 else "–", render_text(line))
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
        colour = "red" if part.added > 0 else "green"
        table.add_row(
            render_text(part.subject), f"{100 * part.added:+.2f}", Text(bar, style=colour)
        )
    recalibrated = (
        abs(explained.default_probability - explained.forest_probability) > _RECALIBRATION_TOLERANCE
    )
    name = "the forest's probability" if recalibrated else "this client's default probability"
    table.add_row(
        Text(name, style="bold"), Text(f"{explained.forest_probability:.2%}", style="bold"), ""
    )
    if recalibrated:
        score = Text(f"{explained.default_probability:.2%}", style="bold")
        table.add_row(
            Text("recalibrated: this client's default probability", style="bold"), score, ""
        )
    table.add_row("threshold", f"{explained.threshold:.2%}", "")
    return table


def _list_largest_contributions(explained: ClientExplanation) -> Iterator[str]:
    """The two largest contributions of either direction."""
    for direction, sign in (("up", 1), ("down", -1)):
        parts = [part for part in explained.contributions if sign * part.added > 0][
            :_SHOWN_CONTRIBUTIONS
        ]
        if parts:
            told = ", ".join(f"{part.subject} ({100 * part.added:+.2f})" for part in parts)
            yield f"{direction}: {told}"


def _format_counterfactuals(explained: ClientExplanation) -> Iterator[str]:
    if not explained.declined:
        yield f"nothing: the client is accepted, as the probability is below the threshold of {explained.threshold:.2%}"
        return
    if not explained.changes:
        yield "no single change that was tried, nor two of them together, brings this client below the threshold"
    for change in explained.changes:
        moves = ", ".join(
            f"{name} {_format_value(old)} → {_format_value(new)}"
            for name, (old, new) in change.changes.items()
        )
        yield f"{change.told}: {moves}; the probability would be {change.default_probability:.2%}"


def _format_value(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
