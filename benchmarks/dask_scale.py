"""Measure what a row costs on a Dask cluster, and compute from it what a billion rows a month need.

    python benchmarks/dask_scale.py --lake LAKE --rows 4000000 --workers 1 2 4 --repeats 3
    python benchmarks/dask_scale.py --metadata 100000000

The first scores simulated clients with the champion of LAKE (`credit-default train --data simulated --lake LAKE` makes one),
each time into a new lake, with the numbers of workers in turn. Compare them on a machine that has a core for each worker and
nothing else to do. The second scores nothing: it runs the scheduler and the table's log with the metadata of so many rows.
"""

import argparse
import datetime as dt
import json
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import polars as pl

from credit_default.adapters.dask.cluster import open_cluster
from credit_default.adapters.dask.request import ClusterRequest
from credit_default.adapters.delta.part_files import PartFile, commit_part_files
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.schemas import locate_table
from credit_default.data.simulation.months import simulate
from credit_default.engine_settings import EngineSettings
from credit_default.services.champion.current import CurrentChampion, load_registered_champion
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.file_check import check_file
from credit_default.services.partitions.engine import open_engine
from credit_default.services.scoring.score_batch import score_file
from credit_default.settings import Settings

PARTITION_ROWS = 250_000
SIMULATED_CLIENTS = 20_000
SCORED_AT = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)
BILLION = 1_000_000_000


@dataclass(frozen=True)
class Placeholder:
    """A partition that holds nothing: what it costs is the scheduler's."""

    number: int

    @property
    def name(self) -> str:
        """Return its name."""
        return f"partition {self.number}"

    def split(self) -> tuple["Placeholder", ...]:
        """Return nothing: it cannot be split."""
        return ()


@contextmanager
def timed(into: dict[str, float], name: str) -> Iterator[None]:
    """Put the seconds of the block into the dictionary."""
    began = time.perf_counter()
    yield
    into[name] = time.perf_counter() - began


def write_parts(folder: Path, row_count: int) -> None:
    """Write the same simulated clients again and again under new ids, as parts of 250,000 rows."""
    *_, month = simulate(client_count=SIMULATED_CLIENTS, month_count=2, seed=3)
    folder.mkdir()
    pieces: list[pl.DataFrame] = []
    written = held = part = 0
    while written < row_count:
        rows = month.statements.head(row_count - written)
        again = pl.col("client_id") + f"-{written // SIMULATED_CLIENTS:05d}"
        pieces.append(rows.with_columns(again))
        written, held = written + rows.height, held + rows.height
        if held >= PARTITION_ROWS or written == row_count:
            pl.concat(pieces).write_parquet(folder / f"part-{part:05d}.parquet")
            pieces, held, part = [], 0, part + 1


def measure(parts: Path, champion: CurrentChampion, *, workers: int) -> dict[str, float]:
    """Return seconds and CPU seconds of one batch in a new lake."""
    with tempfile.TemporaryDirectory(prefix="dask-scale-") as root:
        engine = EngineSettings(name="dask", partition_rows=PARTITION_ROWS)
        settings = Settings(lake=f"{root}/lake", jobs=workers, engine=engine)
        wiring = build_wiring(settings, commit="benchmark")
        found: dict[str, float] = {}
        before = _read_cpu()
        with timed(found, "all"):
            with timed(found, "start"):
                block = open_engine(wiring)
                block.__enter__()
            with timed(found, "check"):
                checked = check_file(wiring, str(parts), month=None, outcome="ignored")
            with timed(found, "keep and score"):
                score_file(wiring, checked, champion, scored_at=SCORED_AT)
            block.__exit__(None, None, None)
        return found | {"cpu": _read_cpu() - before}


def _read_cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def compare_workers(lake: str, row_count: int, workers: list[int], repeats: int) -> None:
    """Print the medians for each number of workers, and what a model of them says."""
    champion = load_registered_champion(build_wiring(Settings(lake=lake), commit="benchmark"))
    if champion is None:
        raise SystemExit(
            f"{lake} has no champion: credit-default train --data simulated --lake {lake}"
        )
    with tempfile.TemporaryDirectory(prefix="dask-scale-rows-") as root:
        write_parts(parts := Path(root) / "parts", row_count)
        runs: dict[int, list[dict[str, float]]] = {count: [] for count in workers}
        for _ in range(repeats):
            for count in workers:
                runs[count].append(measure(parts, champion, workers=count))
    medians = {
        count: {name: median(run[name] for run in found) for name in found[0]}
        for count, found in runs.items()
    }
    first = medians[workers[0]]
    fixed = first["start"]
    per_row = (first["all"] - fixed) * workers[0] / row_count
    for count, found in medians.items():
        expected = fixed + per_row * row_count / count
        shown = {name: round(value, 2) for name, value in found.items()}
        gain = first["all"] / found["all"]
        print(
            json.dumps(
                {
                    "rows": row_count,
                    "workers": count,
                    **shown,
                    "gain": round(gain, 2),
                    "model": round(expected, 2),
                }
            )
        )
    cpu = first["cpu"] / row_count
    hours = cpu * BILLION / 3600
    print(f"{cpu * 1e6:.1f} CPU-seconds a million rows: {hours:,.0f} core-hours a billion")


def simulate_metadata(row_count: int) -> None:
    """Print what the scheduler and the table's log cost for so many rows, none of which exists."""
    count = -(-row_count // 1_000_000)
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="dask-scale-") as root:
        request = ClusterRequest("", process_count=2)
        with open_cluster(request, scratch=Path(root)) as cluster:
            parts = [Placeholder(number) for number in range(count)]
            with timed(found, "scheduler"):
                cluster.run_each(id, parts)
        table = locate_table(open_lake(f"{root}/lake"), "scores")
        files = [_describe_part(number) for number in range(count)]
        with timed(found, "commit"):
            commit_part_files(table, files, key="scores", predicate="model_version = 1")
        log = Path(f"{root}/lake/tables/scores/_delta_log/00000000000000000001.json")
        size = log.stat().st_size
    shown = {name: round(value, 2) for name, value in found.items()}
    print(json.dumps({"rows": row_count, "partitions": count, **shown, "log_bytes": size}))


def _describe_part(number: int) -> PartFile:
    values = {
        "default_probability": 0.01,
        "decision": "accept",
        "risk_band": "A",
        "model_version": 1,
    }
    statistics = {
        "numRecords": 1_000_000,
        "minValues": values,
        "maxValues": values,
        "nullCount": {},
    }
    name = f"statement_month=2005-12/part-{number:012d}-1000000-0123456789abcdef-of-workers.zstd.parquet"
    return PartFile(name, "2005-12", 30_000_000, 1_000_000, 0, json.dumps(statistics))


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lake")
    parser.add_argument("--rows", type=int, default=4_000_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--metadata", type=int)
    given = parser.parse_args()
    if given.metadata:
        simulate_metadata(given.metadata)
    elif given.lake:
        compare_workers(given.lake, given.rows, given.workers, given.repeats)
    else:
        parser.error("give --lake or --metadata")


if __name__ == "__main__":
    main()
