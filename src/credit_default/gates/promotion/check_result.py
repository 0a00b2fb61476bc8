"""The result of one check of a challenger. Any fault keeps the champion."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found."""

    summary: str  # one line for people; "" where there is nothing to say
    fault: str = ""  # what speaks against the challenger, in a few words; "" where nothing does
    # what people must look at although it is no objection, in a few words; "" where there is nothing
    watch: str = ""
    figures: Mapping[str, float] = field(default_factory=dict)
