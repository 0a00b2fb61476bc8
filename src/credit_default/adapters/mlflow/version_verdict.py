"""The promotion gate's verdict on a model version, as tags of the registry.

The only module that writes and reads these tags.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from credit_default.adapters.mlflow.model_versions import LONGEST_TAG
from credit_default.gates.promotion.attempts import Attempt, ContestRows
from credit_default.gates.promotion.promotion_verdict import PromotionVerdict
from credit_default.gates.verdict import Level, Verdict

_VERDICT: Final = "verdict"
_REASONS: Final = "verdict_reasons"
_FIGURES: Final = "verdict_figures"
_CONTEST: Final = "verdict_contest"


@dataclass(frozen=True, slots=True)
class VersionVerdict:
    """What the registry keeps of the verdict on a version."""

    gate: str
    level: str
    reasons: tuple[str, ...]  # at least one; cut short where they were longer than a tag

    @property
    def reason(self) -> str:
        """The first reason: the one that decided."""
        return self.reasons[0]

    @property
    def evidence(self) -> tuple[str, ...]:
        """All reasons but the first."""
        return self.reasons[1:]


def format_verdict_tags(verdict: Verdict) -> dict[str, str]:
    """Return the verdict as tags: its gate and level, its reasons one a line, its figures as JSON.

    Where it spent an attempt, the rows of the comparison are a tag too.
    """
    attempt = verdict.attempt if isinstance(verdict, PromotionVerdict) else None
    return {
        _VERDICT: f"{verdict.gate}: {verdict.level}",
        _REASONS: "\n".join(verdict.reasons)[:LONGEST_TAG],
        _FIGURES: json.dumps(dict(verdict.figures))[:LONGEST_TAG],
        **({_CONTEST: _format_attempt(attempt)} if attempt else {}),
    }


def read_version_attempt(tags: Mapping[str, str]) -> Attempt | None:
    """Return the attempt that the verdict on the version spent; None where it spent none."""
    if _CONTEST not in tags:
        return None
    found = json.loads(tags[_CONTEST])
    rows = ContestRows(found["side"], found["digest"], found["rows"])
    return Attempt(rows, found["model"], found["number"])


def _format_attempt(attempt: Attempt) -> str:
    rows = attempt.rows
    content = {
        "side": rows.side,
        "digest": rows.digest,
        "rows": dict(rows.month_counts),
        "model": attempt.model_digest,
        "number": attempt.number,
    }
    return json.dumps(content, sort_keys=True)


def read_version_verdict(tags: Mapping[str, str]) -> VersionVerdict | None:
    """Return the verdict that these tags of a version keep; None where the version was not judged."""
    gate, _, level = tags.get(_VERDICT, "").partition(": ")
    if not level:
        return None
    return VersionVerdict(gate, level, tuple(tags.get(_REASONS, "").split("\n")))


def rebuild_verdict(tags: Mapping[str, str]) -> Verdict | None:
    """Return the gate's verdict as these tags of a version keep it; None where the version was not judged.

    Reasons or figures that were longer than a tag are cut short, or left out.
    """
    kept = read_version_verdict(tags)
    if kept is None:
        return None
    level = cast("Level", kept.level)
    try:
        figures = json.loads(tags.get(_FIGURES, "{}"))
    except ValueError:  # cut short
        figures = {}
    attempt = read_version_attempt(tags)
    if attempt is None:
        return Verdict(kept.gate, level, kept.reasons, figures)
    return PromotionVerdict(kept.gate, level, kept.reasons, figures, attempt)
