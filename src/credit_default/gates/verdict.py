"""The value every gate returns: may we go on, how sure are we, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["ok", "watch", "alarm", "refused", "not judged"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a gate decided, with its reasons in plain words and the figures behind them.

    `level`: monitors use ok, watch, alarm; gates that let pass or stop use ok, refused; `not judged` means that there
    was too little to go on, which is never a pass in disguise and never an alarm.
    """

    gate: str
    level: Level
    reasons: tuple[str, ...]
    figures: Mapping[str, float] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """True unless the gate refused or rang."""
        return self.level not in {"alarm", "refused"}
