"""Measure how much memory it takes to check, keep and score a file of any length: below a bound, and constant?

    python benchmarks/memory.py [rows …] [--lake FOLDER]

Each file is simulated by a process of its own and scored, without reasons, by another one, with a small champion that is
trained first, or the champion of the lake that is given. Ends with 1 when a peak is above 832 MiB or grows by more than 10 %
from the smallest file to the largest. Linux only: peaks are read from /proc.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

MIB = 1024  # KiB
HIGHEST_MIB = 832
HIGHEST_GROWTH = 1.10
TRAINING_CLIENTS = 20_000
SEED = 11
COUNTS = (1_000_000, 10_000_000)


def write_statements(path: Path, count: int) -> None:
    """Write one simulated month as Parquet, chunk by chunk."""
    import pyarrow.parquet as pq

    from credit_default.data.simulation.months import simulate_chunks

    writer: Any = None
    for month in simulate_chunks(client_count=count, seed=SEED):
        rows = month.statements.to_arrow()
        writer = writer or pq.ParquetWriter(path, rows.schema, write_page_checksum=True)
        writer.write_table(rows)
    writer.close()


def connect(lake: Path, **settings: Any) -> Any:
    """Return the wiring of the lake."""
    from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT
    from credit_default.services.context.wiring import build_wiring
    from credit_default.settings import Settings

    os.environ.update(MLFLOW_ENVIRONMENT)  # noqa: TID251 - as the command line does before MLflow is imported
    return build_wiring(Settings(lake=str(lake), **settings), commit="benchmark")


def train_champion(lake: Path, folder: Path) -> None:
    """Register a champion in the lake, trained on simulated clients that are not in the files."""
    from credit_default.data.simulation.months import simulate
    from credit_default.services.training.challenger import fit_challenger
    from credit_default.services.training.promotion_contest import judge_challenger
    from credit_default.services.training.register_and_promote import (
        apply_promotion_verdict,
        register_challenger,
    )
    from credit_default.services.training.training_rows import read_training_rows, split_rows

    (month,) = simulate(
        client_count=TRAINING_CLIENTS, month_count=1, seed=SEED + 1, first_month="2005-08"
    )
    labels = month.outcomes.select("client_id", "statement_month", "defaulted")
    month.statements.join(labels, on=["client_id", "statement_month"]).write_csv(
        folder / "training.csv"
    )
    wiring = connect(lake, data=str(folder / "training.csv"), cache=str(folder / "cache"), jobs=1)
    now = datetime.now(UTC)
    training = read_training_rows(wiring, month=None, read_at=now)
    sides = split_rows(wiring, training)
    challenger = fit_challenger(wiring, training, sides)
    registered = register_challenger(wiring, training, challenger, None, trained_at=now)
    verdict = judge_challenger(wiring, challenger, sides, champion=None, now=now)
    apply_promotion_verdict(
        wiring, registered, verdict, champion=None, rows=training, decided_at=now
    )


def score_statements(lake: Path, path: Path) -> None:
    """Print what each step of scoring the file took, one JSON object a line."""
    from credit_default.services.intake.file_check import check_file, judge_file
    from credit_default.services.intake.ingest import save_checked_file
    from credit_default.services.scoring.score_batch import load_champion, score_file

    wiring, now = connect(lake, reasons={"mode": "none"}), datetime.now(UTC)
    checked = measure_step(
        "check", lambda: check_file(wiring, str(path), month=None, outcome="ignored")
    )
    measure_step("judge", lambda: judge_file(wiring, checked, judged_at=now))
    champion = measure_step("champion", lambda: load_champion(wiring, checked))
    measure_step("snapshot", lambda: save_checked_file(wiring, checked, kept_at=now))
    scored = measure_step("scores", lambda: score_file(wiring, checked, champion, scored_at=now))
    print(json.dumps({"scored": scored.scored_count}))


def measure_step(name: str, act: Callable[[], Any]) -> Any:
    """Return the result of the call, after printing its time and the memory so far, in MiB."""
    start = time.perf_counter()
    result = act()
    seconds = time.perf_counter() - start
    status = dict(
        re.findall(
            r"^(VmHWM|VmRSS):\s+(\d+) kB$", Path("/proc/self/status").read_text(), re.MULTILINE
        )
    )
    maximum = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    peak = max(int(status["VmHWM"]), maximum) / MIB
    print(
        json.dumps(
            {"step": name, "seconds": seconds, "peak": peak, "now": int(status["VmRSS"]) / MIB}
        ),
        flush=True,
    )
    return result


def run_child(*arguments: str) -> list[dict[str, Any]]:
    """Run this script again with these arguments; return the JSON objects that it prints."""
    command = [sys.executable, sys.argv[0], *arguments]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)  # noqa: S603 - ourselves
    return [json.loads(line) for line in ended.stdout.splitlines() if line.startswith("{")]


def measure(lake: Path, folder: Path, count: int) -> float:
    """Print a table of the steps of scoring so many rows in a copy of the lake; return the peak in MiB."""
    path, copy = folder / f"statements-{count}.parquet", folder / f"lake-{count}"
    run_child("--write", str(path), str(count))
    shutil.copytree(lake, copy)
    *steps, last = run_child("--score", str(copy), str(path))
    path.unlink()
    shutil.rmtree(copy)
    if last["scored"] != count:
        sys.exit(f"{last['scored']} rows scored of {count}")
    for step in steps:
        speed = f"{step['seconds']:>8.1f} s {count / step['seconds']:>12,.0f} rows/s"
        print(
            f"{count:>11,}  {step['step']:<9} {speed} {step['peak']:>8,.0f} MiB peak {step['now']:>8,.0f} MiB after"
        )
    peak: float = steps[-1]["peak"]
    return peak


def judge(peaks: dict[int, float]) -> int:
    """Print a line about each bound; return 0 when both hold, else 1."""
    smallest, largest = peaks[min(peaks)], peaks[max(peaks)]
    growth = largest / smallest
    print(f"highest peak {max(peaks.values()):,.0f} MiB (bound {HIGHEST_MIB:,})")
    print(
        f"growth from {min(peaks):,} to {max(peaks):,} rows {growth:.3f} (bound {HIGHEST_GROWTH})"
    )
    return int(max(peaks.values()) > HIGHEST_MIB or growth > HIGHEST_GROWTH)


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=int, nargs="*", default=list(COUNTS))
    parser.add_argument(
        "--lake", type=Path, help="a lake with a champion; without it one is trained"
    )
    parser.add_argument("--write", nargs=2, metavar=("FILE", "ROWS"), help=argparse.SUPPRESS)
    parser.add_argument(
        "--train", nargs=2, type=Path, metavar=("LAKE", "FOLDER"), help=argparse.SUPPRESS
    )
    parser.add_argument(
        "--score", nargs=2, type=Path, metavar=("LAKE", "FILE"), help=argparse.SUPPRESS
    )
    asked = parser.parse_args()
    if asked.write:
        write_statements(Path(asked.write[0]), int(asked.write[1]))
    elif asked.train:
        train_champion(*asked.train)
    elif asked.score:
        score_statements(*asked.score)
    else:
        with tempfile.TemporaryDirectory() as folder:
            lake = asked.lake or Path(folder) / "lake"
            if asked.lake is None:
                run_child("--train", str(lake), folder)
            return judge(
                {count: measure(lake, Path(folder), count) for count in sorted(asked.rows)}
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
