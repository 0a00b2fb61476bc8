"""The promotion gate's verdict on a model version, as tags of the registry.

The only module that writes and reads these tags.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from credit_default.adapters.mlflow.model_versions import LONGEST_TAG
from credit_default.gates.verdict import Verdict

_VERDICT: Final = "verdict"
_REASONS: Final = "verdict_reasons"
_FIGURES: Final = "verdict_figures"


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
    """Return the verdict as tags: its gate and level, its reasons one a line, its figures as JSON."""
    return {
        _VERDICT: f"{verdict.gate}: {verdict.level}",
        _REASONS: "\n".join(verdict.reasons)[:LONGEST_TAG],
        _FIGURES: json.dumps(dict(verdict.figures))[:LONGEST_TAG],
    }


def read_version_verdict(tags: Mapping[str, str]) -> VersionVerdict | None:
    """Return the verdict that these tags of a version keep; None where the version was not judged."""
    gate, _, level = tags.get(_VERDICT, "").partition(": ")
    if not level:
        return None
    return VersionVerdict(gate, level, tuple(tags.get(_REASONS, "").split("\n")))
