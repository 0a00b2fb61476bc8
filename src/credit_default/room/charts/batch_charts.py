"""The charts of a batch: how far each column moved, a column beside the reference, defaults expected and observed."""

from collections.abc import Sequence
from typing import Any, Final

from credit_default.room.charts.chart import Chart
from credit_default.services.batches.batch_columns import ColumnMove, Distribution
from credit_default.services.batches.batch_outcomes import BandOutcomes
from credit_default.services.batches.figure_words import name_column

# What charts.js chooses a colour by; a pattern says the same in grey print.
_BATCH: Final = "model"
_REFERENCE: Final = "reference"
_REALISED: Final = "truth"
_METHODS: Final = {"psi": "PSI"}
_LONGEST_NAME: Final = 32  # letters of a column that stand beside its bar


def draw_moves(moves: Sequence[ColumnMove]) -> Chart:
    """Return how far each column moved, as a multiple of its limit, the farthest first."""
    ordered = sorted(moves, key=lambda move: move.ratio)
    bars = {
        "type": "bar",
        "orientation": "h",
        "x": [round(move.ratio, 4) for move in ordered],
        "y": [name_column(move.name)[:_LONGEST_NAME] for move in ordered],
        "customdata": [
            f"{name_column(move.name)}: {move.ratio:.2f} times the limit, {'moved' if move.has_moved else 'held'}"
            for move in ordered
        ],
        "meta": {
            "role": _BATCH,
            "levels": ["alarm" if move.has_moved else "ok" for move in ordered],
        },
    }
    layout = {
        "height": 140 + 22 * len(ordered),
        "xaxis": {"title": {"text": "times its limit"}, "rangemode": "tozero"},
        "yaxis": {"automargin": True, "tickmode": "linear"},
        "shapes": [{"type": "path", "path": "M 1,0 L 1,1", "yref": "paper"}],
        "showlegend": False,
    }
    rows = [
        (
            name_column(move.name),
            move.description or "–",
            _METHODS.get(move.method, move.method),
            f"{move.statistic:.3f}",
            f"{move.threshold:.3f}",
            f"{move.ratio:.2f}",
            "moved" if move.has_moved else "held",
        )
        for move in reversed(ordered)
    ]
    return Chart(
        "moves",
        "How far each column moved from the reference",
        {"data": [bars], "layout": layout},
        ("column", "what it is", "method", "statistic", "limit", "times the limit", ""),
        rows,
    )


def draw_distribution(found: Distribution, *, name: str = "", title: str = "") -> Chart:
    """Return the column's values as bars, the reference's beside them where it is on record."""
    traces = [_draw_shares(found.labels, found.shares, "this batch", _BATCH)]
    if found.reference_shares:
        traces.append(_draw_shares(found.labels, found.reference_shares, "reference", _REFERENCE))
    layout = {
        "barmode": "group",
        "height": 380,
        "xaxis": {"type": "category", "automargin": True},
        "yaxis": {"title": {"text": "share of the rows"}, "tickformat": ".0%"},
        "legend": {"orientation": "h", "y": 1.12},
    }
    reference = found.reference_shares or [None] * len(found.labels)
    rows = [
        (label, f"{count:,}", f"{share:.1%}", "–" if other is None else f"{other:.1%}")
        for label, count, share, other in zip(
            found.labels, found.counts, found.shares, reference, strict=True
        )
    ]
    return Chart(
        name or f"column-{found.name}",
        title or ": ".join(filter(None, (name_column(found.name), found.description))),
        {"data": traces, "layout": layout},
        ("value", "rows", "share", "reference"),
        rows,
    )


def draw_defaults(bands: Sequence[BandOutcomes]) -> Chart:
    """Return expected and realised defaults of each risk band; of the realised only what is known."""
    shown = [band for band in bands if band.band != "all"]
    labels = [band.band for band in shown]
    expected = [band.expected_share for band in shown]
    realised = [band.default_share for band in shown]
    layout = {
        "barmode": "group",
        "height": 380,
        "xaxis": {"type": "category", "title": {"text": "risk band"}},
        "yaxis": {"title": {"text": "share of defaults"}, "tickformat": ".0%"},
        "legend": {"orientation": "h", "y": 1.12},
    }
    rows = [
        (
            band.band,
            f"{band.row_count:,}",
            f"{band.declined_count:,}",
            f"{band.expected_share:.1%}",
            f"{band.known_count:,}",
            "–" if band.default_share is None else f"{band.default_share:.1%}",
        )
        for band in bands
    ]
    traces = [
        _draw_shares(labels, expected, "expected", _BATCH),
        _draw_shares(labels, realised, "observed", _REALISED),
    ]
    return Chart(
        "defaults",
        "Defaults by risk band: expected and observed",
        {"data": traces, "layout": layout},
        ("band", "rows", "declined", "expected", "outcomes known", "defaulted"),
        rows,
    )


def _draw_shares(
    labels: Sequence[str], shares: Sequence[float | None], name: str, role: str
) -> dict[str, Any]:
    return {
        "type": "bar",
        "name": name,
        "x": list(labels),
        "y": [None if share is None else round(share, 6) for share in shares],
        "customdata": [
            f"{label}, {name}: {'not known' if share is None else f'{share:.1%}'}"
            for label, share in zip(labels, shares, strict=True)
        ],
        "marker": {"pattern": {"shape": "/" if role == _REFERENCE else ""}},
        "meta": {"role": role},
    }
