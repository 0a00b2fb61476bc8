"""Measure what commands cost from a cold start: CPU-seconds of the process and its children, wall, modules imported.

    python benchmarks/cold_starts.py [--runs 3] [--predict]

The lake is made here, of simulated clients. Commands alternate, and the median of the runs counts; `--predict` also scores a
cold batch of 30,000 rows and prints when its scores and its verdicts were told. Ends with 1 where a command costs more than its
bound in CPU-seconds, which is scaled by a loop of fixed length that runs beside it.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import polars as pl

COMMAND = (sys.executable, "-X", "importtime", "-m", "credit_default.cli.main")
QUIET_LOOP_SECONDS = 0.16  # of the loop below, on the machine for which the bounds are set
BOUNDS = {  # CPU-seconds on a quiet machine
    "settings": 1.0,
    "quarantine BATCH": 1.0,
    "monitor --explain": 1.0,
    "models show": 1.5,
    "verify": 1.5,
    "explain BATCH CLIENT": 2.3,
}
_STEP = re.compile(r"✓ (\w+)")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run of a command cost."""

    cpu_seconds: float
    wall_seconds: float
    module_count: int


def measure_loop() -> float:
    """Return the CPU-seconds of a loop of fixed length: how fast this machine is at present."""
    began, total = time.process_time(), 0
    for number in range(4_000_000):
        total += number
    return time.process_time() - began


def run(arguments: list[str], lake: Path, *, is_timed: bool = True) -> tuple[Cost, str]:
    """Run a command on the lake; return what it cost and what it wrote to both streams, imports left out."""
    command = COMMAND if is_timed else (sys.executable, "-m", COMMAND[-1])
    before, began = os.times(), time.monotonic()
    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *arguments, "--lake", str(lake)], capture_output=True, text=True, check=True
    )
    wall, after = time.monotonic() - began, os.times()
    lines = done.stderr.splitlines()
    imports = [line for line in lines if line.startswith("import time:")]
    cpu = sum(after[2:4]) - sum(before[2:4])
    told = "\n".join((done.stdout, *(line for line in lines if line not in set(imports))))
    return Cost(cpu, wall, len(imports)), told


def make_lake(folder: Path, *, clients: int) -> tuple[Path, Path, str, str]:
    """Make a lake with a champion and one scored batch; return it, a batch file, the scored batch's id and a client of it."""
    lake, simulate = folder / "lake", [sys.executable, "-m", COMMAND[-1], "simulate", "-q"]
    months = ["--months", "2", "--clients", str(clients), "--with-outcomes", "--out", str(folder)]
    subprocess.run([*simulate, *months], check=True, capture_output=True)  # noqa: S603 - ours
    known, fresh = sorted(folder.glob("statements-*.parquet"))
    run(["train", "--data", str(known), "-q"], lake, is_timed=False)
    predict = ["predict", str(known), "--report", "none", "--json"]
    _, told = run(predict, lake, is_timed=False)
    found = re.search(r'"batch_id": "(\w+)"', told)
    client = str(pl.read_parquet(known, columns=["client_id"]).item(0, 0))
    return lake, fresh, found[1] if found else "", client


def measure_commands(lake: Path, names: dict[str, str], *, runs: int) -> dict[str, list[Cost]]:
    """Return what each bounded command cost, run by run; the commands alternate."""
    costs: dict[str, list[Cost]] = {command: [] for command in BOUNDS}
    for _ in range(runs):
        for command, known in costs.items():
            words = [names.get(word, word) for word in command.split()]
            # counting imports costs a tenth of them, so it has a run of its own
            modules = known[0].module_count if known else run(words, lake)[0].module_count
            known.append(replace(run(words, lake, is_timed=False)[0], module_count=modules))
    return costs


def measure_predict(lake: Path, batch: Path) -> None:
    """Score a batch from a cold start, and print when its scores and its verdicts were told, and when the command ended."""
    arguments = [sys.executable, "-m", COMMAND[-1], "predict", str(batch), "--lake", str(lake)]
    before, began = os.times(), time.monotonic()
    with subprocess.Popen(  # noqa: S603 - our own command
        [*arguments, "--report", "later"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        for line in process.stderr or ():
            if found := _STEP.search(line):
                print(f"predict: {found[1]} done after {time.monotonic() - began:.1f} s wall")
    after = os.times()
    cpu = sum(after[2:4]) - sum(before[2:4])
    print(f"predict: {time.monotonic() - began:.1f} s wall, {cpu:.1f} CPU-s, the page not counted")


def main() -> None:
    """Print a table of the commands, and end with 1 where one costs more than its bound."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--clients", type=int, default=30_000)
    parser.add_argument("--predict", action="store_true", help="also score a cold batch")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        lake, fresh, batch, client = make_lake(Path(name), clients=given.clients)
        costs = measure_commands(lake, {"BATCH": batch, "CLIENT": client}, runs=given.runs)
        if given.predict:
            measure_predict(lake, fresh)
    pace = max(1.0, measure_loop() / QUIET_LOOP_SECONDS)
    print(f"this machine takes {pace:.2f} times as long as a quiet one")
    print(f"{'command':24} {'CPU-s':>7} {'wall s':>7} {'modules':>8} {'bound':>7}")
    is_over = False
    for command, bound in BOUNDS.items():
        cpu = median(cost.cpu_seconds for cost in costs[command])
        wall = median(cost.wall_seconds for cost in costs[command])
        modules = costs[command][0].module_count
        print(f"{command:24} {cpu:7.2f} {wall:7.2f} {modules:8} {bound * pace:7.2f}")
        is_over |= cpu > bound * pace
    sys.exit(int(is_over))


if __name__ == "__main__":
    main()
