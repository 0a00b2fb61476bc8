"""Holds a budget of CPU seconds on whatever machine, by what a program of fixed work costs there at the same moment.

The same code takes three times the CPU seconds on a slow host, and half more where two threads of a core share its caches.
"""

import os
import subprocess
import sys

# What commands cost is mostly imports: these are outside libraries alone, so that no change of ours moves the measure.
_PROGRAM = "import polars, deltalake, skops.io, sklearn.ensemble"
_QUIET_SECONDS = 2.0  # of the program, on the quiet machine for which the budgets are set


def is_within(cpu_seconds: float, budget: float) -> bool:
    """Whether so many seconds keep to a budget of a quiet machine; where they do not, this machine's pace is asked for."""
    return cpu_seconds <= budget or cpu_seconds <= budget * measure_pace()


def measure_pace() -> float:
    """How many times as long as on a quiet machine the same work takes now, at least 1."""
    return max(1.0, measure_program(_PROGRAM)[0] / _QUIET_SECONDS)


def measure_program(program: str, *arguments: str) -> tuple[float, str]:
    """The CPU seconds of a program in a process of its own, its children included, and what it wrote to standard error."""
    before = os.times()
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=False
    )
    after = os.times()
    assert done.returncode == 0, done.stderr
    spent = after.children_user + after.children_system
    return spent - before.children_user - before.children_system, done.stderr
