"""Compare commands on a lake of thousands of batches with the same commands on a fresh one.

    python benchmarks/long_lake_speed.py [--batches 10000] [--entries 100000] [--apart 200] [--rounds 3] [--times 1.5]
        [--lake FOLDER --batch FILE]

A model is trained on simulated clients and scores a month; or `--lake` names a lake that has scored a batch, and `--batch`
a table of statements to score for it, which is read and given other ids. A copy of that lake is grown (`long_lake`) and maintained by
`credit-default maintain`. Then both lakes are asked in turn, each command in a process of its own; CPU is that of the
process and of those that it started. The median of the rounds counts. `verify` is told apart: the whole, whose time follows
the number of entries, and `--since` the last head. Ends with 1 when any other command takes more than `--times` as long.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from long_lake import Growth, checkpoint, grow_lake

from credit_default.services.context.wiring import build_wiring
from credit_default.settings import load_settings

CLIENTS = 5_000
WHOLE = "verify"  # grows with the ledger, as it has to


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command took, in seconds."""

    cpu: float
    wall: float


class Workshop:
    """A folder with the two lakes, in which commands are run."""

    def __init__(self, folder: Path, batch: Path | None = None) -> None:
        self.folder, self.batch, self.scored_count = folder, batch, 0
        self.fresh, self.long = folder / "fresh", folder / "long"

    def call(self, *words: str) -> str:
        """Run a command and return what it printed.

        Raises:
            SystemExit: It failed otherwise than by a verdict.
        """
        command = [sys.executable, "-m", "credit_default.cli.main", *words]
        ended = subprocess.run(  # noqa: S603 - our own command line
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )
        if ended.returncode > 1:
            sys.exit(f"{' '.join(words)} ended with {ended.returncode}\n{ended.stderr[-2000:]}")
        return ended.stdout

    def measure(self, *words: str) -> Cost:
        """Return what the command took, its child processes included."""
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        self.call(*words)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(cpu, wall)

    def write_month(self) -> str:
        """Write the month that is scored once more, as a batch of other clients; return the file."""
        self.scored_count += 1
        path = self.folder / f"batch-{self.scored_count}.parquet"
        source = self.batch or self.folder / "simulated" / "statements-2005-10.parquet"
        is_csv = source.suffix == ".csv"
        month = pl.read_csv(source, infer_schema=False) if is_csv else pl.read_parquet(source)
        ids = pl.format("{}", pl.int_range(pl.len()) + 10_000_000 * self.scored_count)
        month.with_columns(client_id=ids).write_parquet(path)
        return str(path)

    def find_head(self, lake: Path) -> str:
        """Return the hash of the last entry of the lake's ledger."""
        found = json.loads(self.call("verify", "--json", "--lake", str(lake)))
        return str(found["paths"]["head"])


def make_lakes(shop: Workshop, growth: Growth) -> None:
    """Train, score and monitor one month where no lake was given, then copy the lake and grow the copy."""
    if not shop.fresh.exists():
        shop.call("simulate", "--clients", str(CLIENTS), "--months", "2", "--with-outcomes")
        training = shop.folder / "simulated" / "statements-2005-09.parquet"
        lake = ("--lake", str(shop.fresh))
        shop.call("train", *lake, "--data", str(training))
        shop.call("predict", shop.write_month(), *lake, "--report", "none")
    shutil.copytree(shop.fresh, shop.long)
    settings = load_settings({"lake": str(shop.long)}, environment={}).settings
    grown = build_wiring(settings, commit="benchmark").lake
    grow_lake(grown, growth)
    checkpoint(grown)


def list_commands(
    shop: Workshop, heads: dict[Path, str]
) -> dict[str, Callable[[Path], Sequence[str]]]:
    """Return the words of each command, made for a lake."""
    return {
        "predict": lambda _: ("predict", shop.write_month(), "--report", "none"),
        "monitor --history": lambda _: ("monitor", "--history"),
        "models show": lambda _: ("models", "show"),
        "verify --since": lambda lake: ("verify", "--since", heads[lake]),
        WHOLE: lambda _: ("verify",),
    }


def compare(shop: Workshop, *, rounds: int, times: float) -> int:
    """Print a line for each command; return how many were too slow on the long lake."""
    lakes = (shop.fresh, shop.long)
    heads = {lake: shop.find_head(lake) for lake in lakes}
    slow = 0
    print(
        f"{'':20}{'fresh CPU':>12}{'long CPU':>12}{'times':>8}{'fresh wall':>12}{'long wall':>12}{'times':>8}"
    )
    for name, build in list_commands(shop, heads).items():
        found: dict[Path, list[Cost]] = {lake: [] for lake in lakes}
        for _ in range(rounds):
            for lake in lakes:
                found[lake].append(shop.measure(*build(lake), "--lake", str(lake)))
        cpu = [statistics.median(cost.cpu for cost in found[lake]) for lake in lakes]
        wall = [statistics.median(cost.wall for cost in found[lake]) for lake in lakes]
        ratios = (cpu[1] / cpu[0], wall[1] / wall[0])
        slow += name != WHOLE and max(ratios) > times
        print(
            f"{name:20}{cpu[0]:12.2f}{cpu[1]:12.2f}{ratios[0]:8.2f}"
            f"{wall[0]:12.2f}{wall[1]:12.2f}{ratios[1]:8.2f}",
            flush=True,
        )
    return slow


def main() -> None:
    """Make the lakes, maintain the long one, and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--apart", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--times", type=float, default=1.5)
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--batch", type=Path)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="long-lake-"))
    shop = Workshop(folder, asked.batch and asked.batch.resolve())
    try:
        if asked.lake:
            shutil.copytree(asked.lake, shop.fresh)
        make_lakes(shop, Growth(asked.batches, asked.entries, asked.apart))
        print(f"{asked.batches:,} batches, {asked.entries:,} entries, {asked.apart} batches apart")
        cost = shop.measure("maintain", "--lake", str(shop.long))
        print(f"maintain: CPU {cost.cpu:.1f} s, wall {cost.wall:.1f} s", flush=True)
        slow = compare(shop, rounds=asked.rounds, times=asked.times)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if slow:
        sys.exit(f"{slow} commands take more than {asked.times:g} times as long")


if __name__ == "__main__":
    main()
