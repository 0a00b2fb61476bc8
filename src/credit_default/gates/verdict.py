"""The value that every gate returns: a level, the reasons and the figures behind them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "watch", "alarm", "refused", "not judged"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate decided.

    Monitors use the levels `ok`, `watch` and `alarm`; gates that let something pass or stop it use
    `ok` and `refused`. `not judged` means that there was too little to judge by: it is neither a
    pass nor an alarm.
    """

    gate: str
    level: Level
    reasons: tuple[str, ...]  # in words, the most important first
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Return whether the gate neither refused nor raised an alarm."""
        return self.level not in {"alarm", "refused"}
