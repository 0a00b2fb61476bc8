"""Measure `credit-default train` stage by stage, beside the training script that is usually written.

    python benchmarks/training_time.py UCI_Credit_Card.csv [--month 2005-09] [--rounds 3] [--only ours]

The two alternate, each in a fresh folder; figures are medians over the rounds. CPU seconds are of the command and all its
processes, in user and system mode. "seated" is the moment at which the champion's alias was set with its verdict; what
follows (fairness, refits, proxies, charts, card) is not in the usual script at all.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import psutil

from credit_default.settings import copy_environment

USUAL = Path(__file__).parent / "usual_path" / "train.py"
# What the command logs when a stage ends, in order.
STAGES = {
    "read training rows": "start, check and read the rows",
    "fitted challenger": "fit, score and evaluate",
    "compared challenger with rivals": "compare with rivals",
    "registered challenger": "record and register",
    "decided on promotion": "judge and promote: seated",
    "assessed challenger": "assess",
    "wrote model card": "draw charts and card",
}
SEATED = "decided on promotion"
END = "end of the command"
Moment = tuple[float, float]  # wall and CPU seconds since the start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--month", default="2005-09")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("ours", "usual"))
    arguments = parser.parse_args()
    data = arguments.data.resolve()
    ours: list[dict[str, Moment]] = []
    usual: list[dict[str, Moment]] = []
    for number in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as folder:
            if arguments.only != "usual":
                ours.append(run_ours(data, folder, month=arguments.month))
        with tempfile.TemporaryDirectory() as folder:
            if arguments.only != "ours":
                usual.append(measure([sys.executable, str(USUAL), str(data), folder], folder))
        last = [
            f"{runs[-1][END][0]:.1f} s, {runs[-1][END][1]:.1f} CPU-s"
            for runs in (ours, usual)
            if runs
        ]
        print(f"round {number + 1}: {'; usual script '.join(last)}", file=sys.stderr)
    if ours:
        print_stages(ours)
    if ours and usual:
        print_ratios(ours, usual)
    elif usual:
        print("usual script: {:.1f} s wall, {:.1f} CPU-s".format(*take_medians(usual, END)))


def run_ours(data: Path, folder: str, *, month: str) -> dict[str, Moment]:
    """Return when each stage of `credit-default train` ended."""
    command = [sys.executable, "-m", "credit_default.cli.main", "train", "--data", str(data)]
    command += ["--month", month, "--lake", f"{folder}/lake", "--log-level", "info"]
    moments = measure(command, folder)
    if missing := set(STAGES) - set(moments):
        raise SystemExit(f"the training did not log {sorted(missing)}")
    return moments


def measure(command: Sequence[str], folder: str) -> dict[str, Moment]:
    """Return the moments at which the command logged the end of a stage, and that of its own end."""
    start, before = time.perf_counter(), read_children_seconds()
    moments: dict[str, Moment] = {}
    lines = []
    with subprocess.Popen(  # noqa: S603
        command,
        cwd=folder,
        env={**copy_environment(), "CREDIT_DEFAULT_CACHE": f"{folder}/cache"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            lines.append(line)
            for message in STAGES:
                if message in line:
                    elapsed = time.perf_counter() - start
                    moments[message] = (elapsed, read_tree_seconds(process.pid))
    if process.returncode:
        raise SystemExit(
            f"{' '.join(command)} ended with {process.returncode}\n{''.join(lines[-20:])}"
        )
    return {**moments, END: (time.perf_counter() - start, read_children_seconds() - before)}


def read_children_seconds() -> float:
    """Return the CPU seconds of all processes that this one has started and that have ended."""
    spent = os.times()
    return spent.children_user + spent.children_system


def read_tree_seconds(process_id: int) -> float:
    """Return the CPU seconds of a running process and its descendants so far."""
    process = psutil.Process(process_id)
    seconds = 0.0
    for one in (process, *process.children(recursive=True)):
        try:
            spent = one.cpu_times()
        except psutil.NoSuchProcess:
            continue
        seconds += spent.user + spent.system + spent.children_user + spent.children_system
    return seconds


def take_medians(runs: Sequence[dict[str, Moment]], name: str) -> Moment:
    """Return the median wall and CPU seconds until the moment of that name."""
    return median(run[name][0] for run in runs), median(run[name][1] for run in runs)


def print_stages(runs: Sequence[dict[str, Moment]]) -> None:
    """Print what each stage took."""
    print(f"{'stage':36} {'wall s':>8} {'CPU-s':>8}   since the start")
    before: dict[int, Moment] = dict.fromkeys(range(len(runs)), (0.0, 0.0))
    for name, title in {**STAGES, END: "end"}.items():
        spans = [
            {name: (run[name][0] - before[place][0], run[name][1] - before[place][1])}
            for place, run in enumerate(runs)
        ]
        wall, cpu = take_medians(spans, name)
        total = "{:.1f} s, {:.1f} CPU-s".format(*take_medians(runs, name))
        print(f"{title:36} {wall:8.1f} {cpu:8.1f}   {total}")
        before = {place: run[name] for place, run in enumerate(runs)}


def print_ratios(ours: Sequence[dict[str, Moment]], usual: Sequence[dict[str, Moment]]) -> None:
    """Print the usual script's seconds divided by the command's."""
    scripted = take_medians(usual, END)
    print("usual script: {:.1f} s wall, {:.1f} CPU-s".format(*scripted))
    for name, title in ((SEATED, "to a seated version"), (END, "to the drawn card")):
        found = take_medians(ours, name)
        wall, cpu = (theirs / own for theirs, own in zip(scripted, found, strict=True))
        print(f"usual / ours, {title}: {wall:.2f} wall, {cpu:.2f} CPU")


if __name__ == "__main__":
    main()
