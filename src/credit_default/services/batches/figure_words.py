"""Say the figures and reasons of verdicts in words: names without underscores, shares in per cent, no setting's name."""

import math
import re
from collections.abc import Mapping
from typing import Final

from credit_default.settings import Settings
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
_SETTING: Final = rf"(?:{'|'.join(Settings.model_fields)})\.[a-z_]+"
_SETTING_NAMES: Final = re.compile(
    rf"\s*\((?:{_SETTING}(?:, )?|the column's drift_threshold)+\)|: {_SETTING}(?:, {_SETTING})*(?=\))"
)
_NAME: Final = re.compile(r"(?<![\w./-])[a-z]+(?:_[a-z0-9]+)+(?![\w./-]*[\w/-])")
_METHODS: Final = re.compile(r"\bpsi\b")
_SHARES: Final = ("_share", "_probability", "default_share_low", "default_share_high")


def name_figure(name: str) -> str:
    """Return the figure's name as people say it."""
    for suffix, words in _SUFFIXES.items():
        if name.endswith(suffix):
            return name_figure(name.removesuffix(suffix)) + words
    return _NAMES.get(name, name.replace("_", " "))


def name_column(name: str) -> str:
    """Return the column's name as people say it, as `repayment status m1`."""
    return name.replace("_", " ")


def leave_settings_out(reason: str) -> str:
    """Return the reason without the settings that it names: the command line shows them; what people wrote stays to the letter."""
    return _SETTING_NAMES.sub("", reason)


def say_reason(reason: str) -> str:
    """Return a monitor's reason for people: without settings, and columns without underscores."""
    plain = _METHODS.sub("PSI", leave_settings_out(reason)).replace(" -> ", " → ")
    return _NAME.sub(lambda found: name_column(found[0]), plain)


def write_figure(name: str, value: float | None) -> str:
    """Return the figure as text: a share in per cent, anything else to four digits; "–" where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if name.endswith(_SHARES):
        return f"{value:.1%}"
    return format_figure(value)
