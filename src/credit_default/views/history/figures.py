"""Pictures of a history: scores, drift, defaults and performance month by month, champions and alarms on one time line.

Every picture has one place a batch, in the order of months, so that they can be read one below the other.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from credit_default.errors import escape_unprintable
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    MUTED_COLOUR,
    TEXT_COLOUR,
    add_legend,
    label_axes,
    open_figure,
)
from credit_default.views.history.values import History, HistoryBatch, OpenedAlarm

_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_WATCH_COLOUR: Final = "#d99a2b"
_OK_COLOUR: Final = "#7fae8a"
_LEVEL_COLOURS: Final = {
    "ok": _OK_COLOUR,
    "watch": _WATCH_COLOUR,
    "alarm": ALERT_COLOUR,
    "refused": ALERT_COLOUR,
    "not judged": "#d5dbe1",
}
_CHAMPION_COLOURS: Final = ("#1f5f99", "#5a8f5c", "#7b5ea7", "#b07d2b", "#3d8a8a")
_DRIFT_COLOUR_MAP: Final = LinearSegmentedColormap.from_list(
    "moved", ["#f4f6f8", "#f3d9a4", ALERT_COLOUR, "#5c1a0b"]
)
_HIGHEST_DRIFT_RATIO: Final = 3.0  # times its limit, from where a column's drift is drawn alike
_MOST_LABELS: Final = 24
_Z95: Final = 1.96
_BEYOND_CHANCE: Final = 3  # standard deviations
_LONGEST_NAME: Final = 32
_NOT_INPUTS: Final = frozenset({"default_probability", "decision"})


def draw_scores(history: History, *, subtitle: str) -> Figure:
    """The distribution of the score: median, the middle half and all but the outer tenth, batch by batch."""
    figure, axes = open_figure(_build_scores_title(history), subtitle=subtitle, height=4.4)
    quantiles = np.array([batch.find_quantiles(_QUANTILES) for batch in history.batches]).T
    places = np.arange(len(history.batches))
    axes.fill_between(
        places,
        quantiles[0],
        quantiles[4],
        color=MODEL_COLOUR,
        alpha=0.15,
        label="nine in ten clients",
        step="mid",
    )
    axes.fill_between(
        places,
        quantiles[1],
        quantiles[3],
        color=MODEL_COLOUR,
        alpha=0.35,
        label="the middle half",
        step="mid",
    )
    axes.plot(places, quantiles[2], "o-", color=MODEL_COLOUR, label="median")
    _format_month_axis(axes, history, up="default probability")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    add_legend(axes, "upper left")
    return _disable_math_text(figure)


def draw_drift(history: History, *, subtitle: str) -> Figure:
    """A heat map: each column's drift in each batch as a multiple of its limit."""
    excesses = [batch.list_excesses() for batch in history.batches]
    names = list(dict.fromkeys(name for found in excesses for name in found))
    values = np.array([[found.get(name, np.nan) for found in excesses] for name in names])
    figure, axes = open_figure(
        _build_drift_title(names, values), subtitle=subtitle, height=1.8 + 0.22 * max(6, len(names))
    )
    axes.grid(visible=False)
    if names:
        image = axes.imshow(
            values,
            aspect="auto",
            cmap=_DRIFT_COLOUR_MAP,
            vmin=0,
            vmax=_HIGHEST_DRIFT_RATIO,
            interpolation="nearest",
        )
        bar = figure.colorbar(image, ax=axes, shrink=0.6, extend="max")
        bar.set_label("drift, times its limit", color=TEXT_COLOUR)
        axes.set_yticks(range(len(names)), [_shorten(name) for name in names], fontsize=9)
    _format_month_axis(axes, history, up="")
    return _disable_math_text(figure)


def draw_defaults(history: History, *, subtitle: str) -> Figure:
    """The default share that the scores promised against that which came, with its 95 % interval."""
    figure, axes = open_figure(_build_defaults_title(history), subtitle=subtitle, height=4.4)
    places = np.arange(len(history.batches))
    expected = [_find_expected_default_share(batch) for batch in history.batches]
    came = np.array([batch.find("performance", "default_share") for batch in history.batches])
    counts = np.array([max(1.0, batch.row_count) for batch in history.batches])
    reach = _Z95 * np.sqrt(np.clip(came * (1 - came), 0, None) / counts)
    axes.plot(places, expected, "s-", color=MODEL_COLOUR, label="expected, from the scores")
    axes.errorbar(
        places,
        came,
        yerr=reach,
        fmt="o",
        color=ALERT_COLOUR,
        capsize=3,
        label="came, with its 95 % interval",
    )
    _format_month_axis(axes, history, up="share of clients who default")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    add_legend(axes, "upper left")
    return _disable_math_text(figure)


def draw_performance(history: History, *, subtitle: str) -> Figure:
    """The ROC AUC of each batch whose outcomes are known, with its interval, and the floor in force."""
    figure, axes = open_figure(_build_performance_title(history), subtitle=subtitle, height=4.0)
    places = np.arange(len(history.batches))
    value, low, high, floor = (
        np.array([batch.find("performance", name) for batch in history.batches])
        for name in ("roc_auc", "roc_auc_low", "roc_auc_high", "roc_auc_floor")
    )
    axes.errorbar(
        places,
        value,
        yerr=[value - low, high - value],
        fmt="o",
        color=MODEL_COLOUR,
        capsize=3,
        label="ROC AUC, 95 % interval",
    )
    axes.plot(
        places, floor, color=ALERT_COLOUR, linestyle="--", drawstyle="steps-mid", label="floor"
    )
    _format_month_axis(axes, history, up="ROC AUC")
    add_legend(axes, "lower right")
    return _disable_math_text(figure)


def draw_timeline(history: History, *, subtitle: str) -> Figure:
    """Champions and verdicts on one time line: which version scored a month, and what each gate said of it."""
    gates = list(dict.fromkeys(gate for batch in history.batches for gate in batch.levels))
    figure, axes = open_figure(
        _build_timeline_title(history), subtitle=subtitle, height=2.0 + 0.42 * (len(gates) + 1)
    )
    axes.grid(visible=False)
    _draw_champions(axes, history.batches)
    for row, gate in enumerate(gates, start=1):
        for place, batch in enumerate(history.batches):
            if gate in batch.levels:
                axes.scatter(
                    [place],
                    [row],
                    s=110,
                    marker="s",
                    color=_LEVEL_COLOURS[batch.levels[gate]],
                    zorder=3,
                )
        for alarm in (a for a in history.alarms if a.gate == gate):
            _draw_alarm(axes, history, alarm, row)
    axes.set_yticks(range(len(gates) + 1), ["champion", *map(_shorten, gates)], fontsize=11)
    axes.set_ylim(len(gates) + 0.6, -0.6)
    for level, name in (
        ("ok", "ok"),
        ("watch", "watch"),
        ("alarm", "alarm"),
        ("not judged", "not judged"),
    ):
        axes.scatter([], [], s=80, marker="s", color=_LEVEL_COLOURS[level], label=name)
    if history.alarms:
        axes.plot([], [], color=ALERT_COLOUR, linewidth=3, label="alarm open")
    _format_month_axis(axes, history, up="")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.32), ncols=5, fontsize=10, frameon=False)
    return _disable_math_text(figure)


def _build_timeline_title(history: History) -> str:
    versions = list(dict.fromkeys(batch.model_version for batch in history.batches))
    alarms = f"{len(history.alarms)} alarm{'' if len(history.alarms) == 1 else 's'} opened"
    if len(versions) == 1:
        return f"{alarms}; version {versions[0]} scored every batch"
    taken = next(b.statement_month for b in history.batches if b.model_version == versions[-1])
    return f"{alarms}; version {versions[-1]} scores since {taken}"


def _build_scores_title(history: History) -> str:
    medians = [
        median
        for batch in history.batches
        for median in batch.find_quantiles([0.5])
        if np.isfinite(median)
    ]
    if not medians:
        return "No distribution of scores is on record"
    return f"The median score lay between {min(medians):.1%} and {max(medians):.1%}"


def _build_drift_title(names: Sequence[str], values: NDArray[np.float64]) -> str:
    most = {
        n: float(np.nanmax(row, initial=0.0))
        for n, row in zip(names, values, strict=True)
        if n not in _NOT_INPUTS
    }
    if not most:
        return "No column's drift is on record"
    beyond, first = (
        sum(excess >= 1 for excess in most.values()),
        max(most, key=lambda name: most[name]),
    )
    return f"{beyond} of {len(most)} columns went beyond their limit; {_shorten(first)} moved most"


def _build_defaults_title(history: History) -> str:
    known = [b for b in history.batches if np.isfinite(b.find("performance", "default_share"))]
    if not known:
        return "What came of the clients is not known yet"
    higher = [b for b in known if b.find("performance", "calibration_deviations") > _BEYOND_CHANCE]
    return f"More defaults came than chance explains in {len(higher)} of {len(known)} batches"


def _build_performance_title(history: History) -> str:
    known = [b for b in history.batches if np.isfinite(b.find("performance", "roc_auc"))]
    if not known:
        return "How well the model ranks is not known yet"
    below = [
        b
        for b in known
        if b.find("performance", "roc_auc") < b.find("performance", "roc_auc_floor")
    ]
    return f"The ranking was below its floor in {len(below)} of {len(known)} batches"


def _shorten(name: str) -> str:
    plain = escape_unprintable(name.replace("_", " "))
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[:_LONGEST_NAME]}…"


def _draw_champions(axes: Axes, batches: Sequence[HistoryBatch]) -> None:
    versions = list(dict.fromkeys(batch.model_version for batch in batches))
    for version in versions:
        places = [place for place, batch in enumerate(batches) if batch.model_version == version]
        for place in places:
            axes.barh(
                0,
                1,
                left=place - 0.5,
                height=0.7,
                color=_CHAMPION_COLOURS[versions.index(version) % len(_CHAMPION_COLOURS)],
            )
        axes.text(
            places[0] - 0.4,
            0,
            f"v{version}",
            color="white",
            va="center",
            fontsize=11,
            weight="bold",
        )


def _draw_alarm(axes: Axes, history: History, alarm: OpenedAlarm, row: int) -> None:
    months = [batch.statement_month for batch in history.batches]
    within = [
        p
        for p, m in enumerate(months)
        if alarm.opened_month <= m and (not alarm.closed_month or m <= alarm.closed_month)
    ]
    if within:
        axes.plot(
            [within[0] - 0.4, within[-1] + 0.4],
            [row + 0.33] * 2,
            color=ALERT_COLOUR,
            linewidth=3,
            zorder=2,
        )


def _find_expected_default_share(batch: HistoryBatch) -> float:
    drift = batch.find("drift", "expected_default_share")
    return batch.find("performance", "mean_probability") if np.isnan(drift) else drift


def _format_month_axis(axes: Axes, history: History, *, up: str) -> None:
    """Months beneath, slanted; of many every n-th; a line wherever another champion came."""
    label_axes(axes, across="", up=up)
    places = range(0, len(history.batches), -(-len(history.batches) // _MOST_LABELS) or 1)
    axes.set_xticks(
        list(places),
        [history.labels[place] for place in places],
        rotation=45,
        ha="right",
        fontsize=10,
    )
    axes.set_xlim(-0.6, len(history.batches) - 0.4)
    versions = [batch.model_version for batch in history.batches]
    for place in range(1, len(versions)):
        if versions[place] != versions[place - 1]:
            axes.axvline(place - 0.5, color=MUTED_COLOUR, linestyle=":", linewidth=1.5)


def _disable_math_text(figure: Figure) -> Figure:
    """The figure; a dollar sign in a column's name is not mathematics."""
    for text in figure.findobj(Text):
        if isinstance(text, Text):
            text.set_parse_math(False)
    return figure
