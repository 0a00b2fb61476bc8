"""Go through the model of the commit protocol and print what was seen: `python -m tests.protocol [--long] [--faults]`.

With `--faults` it prints, for each planted fault, the shortest trace that shows it. The exit code is 1 where a promise is broken.
"""

import argparse
import sys

from tests.protocol.explorer import explore
from tests.protocol.forms import LONG, SHORT
from tests.protocol.invariants import ALWAYS, AT_REST
from tests.protocol.model import Model
from tests.protocol.mutants import MUTANTS

_ROW = "{:32} {:>10} {:>11} {:>8} {:>8} {:>6}  {}\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.protocol", description=__doc__)
    parser.add_argument("--long", action="store_true", help="the form of the nightly suite")
    parser.add_argument(
        "--faults", action="store_true", help="the planted faults, with their traces"
    )
    given = parser.parse_args()
    return print_faults() if given.faults else print_searches(long=given.long)


def print_searches(*, long: bool) -> int:
    """Print a line for each workload; return 1 where an invariant does not hold."""
    write = sys.stdout.write
    write(_ROW.format("workload", "states", "actions", "longest", "at rest", "CPU s", "found"))
    total, broken = [0, 0, 0.0], 0
    for name, bounds in (LONG if long else SHORT).items():
        search = explore(Model(), bounds)
        found = "nothing" if search.violation is None else f"\n{search.violation}"
        counts = (search.state_count, search.action_count, search.depth, search.rest_count)
        write(_ROW.format(name, *(f"{n:,}" for n in counts), f"{search.cpu_seconds:.1f}", found))
        for place, value in enumerate(
            (search.state_count, search.action_count, search.cpu_seconds)
        ):
            total[place] += value
        broken += search.violation is not None
    states, actions, seconds = total
    write(_ROW.format("in all", f"{states:,}", f"{actions:,}", "", "", f"{seconds:.1f}", ""))
    write(f"{len(ALWAYS)} invariants of every state, {len(AT_REST)} of every state at rest\n")
    return int(broken > 0)


def print_faults() -> int:
    """Print the counterexample to each planted fault; return 1 where there is none."""
    missed = 0
    for mutant in MUTANTS:
        search = explore(mutant.change(Model()), mutant.bounds, invariants=(mutant.breaks,))
        missed += search.violation is None
        sys.stdout.write(f"── {mutant.name}\n{search.violation or 'NOT FOUND'}\n\n")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
