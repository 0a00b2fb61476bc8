"""Say the figures of verdicts in words: their names without underscores, shares in per cent."""

import math
from collections.abc import Mapping
from typing import Final

from credit_default.views.summaries.summary import format_figure

# What a name does not say when its underscores are blanks.
_NAMES: Final[Mapping[str, str]] = {
    "roc_auc": "ROC AUC",
    "brier": "Brier score",
    "score_drift": "score drift (PSI)",
    "decision_drift": "decision drift (PSI)",
    "mean_probability": "mean default probability",
    "default_share": "defaults that came",
    "expected_default_share": "expected defaults",
    "coverage_share": "outcomes that are known",
    "asked": "trainings asked for",
    "age_months": "months from statement to scoring",
}
_SUFFIXES: Final[Mapping[str, str]] = {"_low": ", lower end", "_high": ", upper end"}
_SHARES: Final = ("_share", "_probability", "default_share_low", "default_share_high")


def name_figure(name: str) -> str:
    """Return the figure's name as people say it."""
    for suffix, words in _SUFFIXES.items():
        if name.endswith(suffix):
            return name_figure(name.removesuffix(suffix)) + words
    return _NAMES.get(name, name.replace("_", " "))


def write_figure(name: str, value: float | None) -> str:
    """Return the figure as text: a share in per cent, anything else to four digits; "–" where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if name.endswith(_SHARES):
        return f"{value:.1%}"
    return format_figure(value)
