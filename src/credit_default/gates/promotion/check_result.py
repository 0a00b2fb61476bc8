"""What one check of a challenger found. The gate puts them together: any fault keeps the champion."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """A line for people, figures, and what speaks against the challenger in a few words ("" where nothing does)."""

    told: str
    fault: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
