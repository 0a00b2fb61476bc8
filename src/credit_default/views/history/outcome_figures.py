"""Figures of defaults and ranking, month by month, once outcomes are known."""

from typing import Final

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from credit_default.gates.monitoring.monitoring_gates import DRIFT, PERFORMANCE
from credit_default.views.figures.canvas import (
    ALERT_COLOUR,
    MODEL_COLOUR,
    add_legend,
    open_figure,
)
from credit_default.views.history.month_axis import disable_math_text, format_month_axis
from credit_default.views.history.values import History, HistoryBatch

_Z95: Final = 1.96
_BEYOND_CHANCE: Final = 3  # standard deviations


def draw_defaults(history: History, *, subtitle: str) -> Figure:
    """Draw the expected default share of each batch against the observed one with its 95 % interval."""
    figure, axes = open_figure(_build_defaults_title(history), subtitle=subtitle, height=4.4)
    places = np.arange(len(history.batches))
    expected = [_find_expected_default_share(batch) for batch in history.batches]
    observed = np.array([_find_performance(batch, "default_share") for batch in history.batches])
    counts = np.array([max(1.0, batch.row_count) for batch in history.batches])
    reach = _Z95 * np.sqrt(np.clip(observed * (1 - observed), 0, None) / counts)
    axes.plot(places, expected, "s-", color=MODEL_COLOUR, label="expected, from the scores")
    label = "observed, with its 95 % interval"
    axes.errorbar(places, observed, yerr=reach, fmt="o", color=ALERT_COLOUR, capsize=3, label=label)
    format_month_axis(axes, history, y_label="share of clients who default")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    add_legend(axes, "upper left")
    return disable_math_text(figure)


def draw_performance(history: History, *, subtitle: str) -> Figure:
    """Draw the ROC AUC of each batch with known outcomes, with its interval and the floor."""
    figure, axes = open_figure(_build_performance_title(history), subtitle=subtitle, height=4.0)
    places = np.arange(len(history.batches))
    value, low, high, floor = (
        np.array([_find_performance(batch, name) for batch in history.batches])
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
    format_month_axis(axes, history, y_label="ROC AUC")
    add_legend(axes, "lower right")
    return disable_math_text(figure)


def _build_defaults_title(history: History) -> str:
    known = [b for b in history.batches if np.isfinite(_find_performance(b, "default_share"))]
    if not known:
        return "No outcomes are known yet"
    higher_count = sum(
        _find_performance(batch, "calibration_deviations") > _BEYOND_CHANCE for batch in known
    )
    return f"More defaults than chance explains in {higher_count} of {len(known)} batches"


def _build_performance_title(history: History) -> str:
    known = [b for b in history.batches if np.isfinite(_find_performance(b, "roc_auc"))]
    if not known:
        return "How well the model ranks is not known yet"
    below_count = sum(
        _find_performance(batch, "roc_auc") < _find_performance(batch, "roc_auc_floor")
        for batch in known
    )
    return f"The ranking was below its floor in {below_count} of {len(known)} batches"


def _find_performance(batch: HistoryBatch, name: str) -> float:
    return batch.find_figure(PERFORMANCE.name, name)


def _find_expected_default_share(batch: HistoryBatch) -> float:
    at_scoring = batch.find_figure(DRIFT.name, "expected_default_share")
    return _find_performance(batch, "mean_probability") if np.isnan(at_scoring) else at_scoring
