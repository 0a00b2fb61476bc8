"""What the server that runs the flows knows: runs under way, runs to come, and whether anybody is there to take them.

These are values only: `flows/deployments/server_runs.py` asks the server.
"""

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final, Literal

_DAYS: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)


@dataclass(frozen=True, slots=True)
class RunUnderWay:
    """A run that has begun: its flow, its name, since when, how many of its steps are done, and which one is under way."""

    flow: str
    name: str
    began_at: dt.datetime | None
    done_count: int
    step: str  # "" between two steps
    address: str  # of its page on the server


@dataclass(frozen=True, slots=True)
class RunToCome:
    """The next run of a deployment, and when it is to begin."""

    deployment: str
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class ServerRuns:
    """What the server answered; with `none`, the settings name no server, and nothing runs by itself."""

    state: Literal["none", "answers"]
    address: str = ""  # of its pages
    running: tuple[RunUnderWay, ...] = ()
    to_come: tuple[RunToCome, ...] = ()
    late_count: int = 0  # runs whose time has come, and that nobody has taken
    idle: tuple[str, ...] = ()  # deployments that no process serves
    is_registered: bool = True  # whether any deployment is there


def build_run_tag(batch_id: str) -> str:
    """Return the tag by which the server finds the runs that scored or monitored a batch."""
    return f"batch {batch_id}"


def say_schedule(line: str, *, time_zone: str) -> str:
    """Return when a cron line lets something run, in words; of a rarer form the line itself, between backticks."""
    if found := re.fullmatch(r"\*/(\d+) \* \* \* \*", line):
        return f"every {found[1]} minutes"
    if found := re.fullmatch(r"(\d+) (\d+) \* \* (\*|[0-7])", line):
        day = "day" if found[3] == "*" else _DAYS[int(found[3])]
        return f"every {day} at {int(found[2]):02}:{int(found[1]):02} {time_zone}"
    if found := re.fullmatch(r"(\d+) (\d+) (\d+) \* \*", line):
        return (
            f"on day {found[3]} of each month at {int(found[2]):02}:{int(found[1]):02} {time_zone}"
        )
    return f"as the cron line `{line}` says, {time_zone}"
