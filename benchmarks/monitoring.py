"""Measure what monitoring a long batch costs: CPU-seconds and memory of the statistics on all rows, then of the page.

    python benchmarks/monitoring.py [rows …]

Rows are simulated and scored by a small champion first, in processes of their own. Each batch is then monitored by a fresh
process, which reports its CPU time (all threads) and its peak of memory; another one gives the same rows to Evidently's drift
preset, as it is usually done. Ends with 1 when the longest takes more than 10 CPU-seconds or 500 MB for the statistics, more than
6 CPU-seconds more for the page, or more than a tenth of what Evidently takes for its drift preset, all without imports.
"""

import argparse
import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from memory import connect, run_child, score_statements, train_champion, write_statements

COUNTS = (100_000, 1_000_000)
MOST_STATISTICS_SECONDS, MOST_PAGE_SECONDS, MOST_MEGABYTES = 10.0, 6.0, 500.0
LEAST_RATIO = 10.0  # CPU time of the usual way for ours


def monitor_batch(lake: Path) -> None:
    """Print what each step of monitoring the last batch took, one JSON object a line."""
    from credit_default.gates.monitoring.drift import judge_drift
    from credit_default.gates.monitoring.drift_measurement import measure_drift
    from credit_default.model.estimator.bundle import measure_input_importance
    from credit_default.services.monitoring.batch_drift import find_drift
    from credit_default.services.monitoring.batch_profile import profile_batch
    from credit_default.services.monitoring.drift_publication import draw_report
    from credit_default.services.monitoring.feed_and_volume import judge_delivery
    from credit_default.services.monitoring.monitored_batch import find_batch

    wiring = connect(lake)
    champion = wiring.registry.find_champion()
    assert champion is not None
    measure_step("imports and the champion", lambda: wiring.registry.load_version(champion))
    batch = measure_step("find the batch and its scores", lambda: find_batch(wiring, None))
    importance = measure_input_importance(batch.bundle)

    def take_statistics() -> Any:
        profiled = profile_batch(
            batch.bundle, batch.frames(), schema=wiring.schema, chosen=batch.scores.choose(5_000)
        )
        sides = (profiled.plan, profiled.reference, profiled.current)
        report = measure_drift(*sides, schema=wiring.schema, policy=wiring.settings.drift)
        return (
            judge_drift(report, row_count=batch.row_count, importance=importance),
            *judge_delivery(wiring, batch.snapshot, profiled, months=batch.months),
        )

    verdicts = measure_step("all statistics and verdicts", take_statistics)
    import_evidently()
    drift = measure_step(
        "the same again, with the profile", lambda: find_drift(wiring, batch, report="drift")
    )
    measure_step("the page", lambda: draw_report(wiring, drift.order))
    page = wiring.lake.home / "reports" / batch.batch_id / f"v{batch.model_version}" / "report.html"
    result = {
        "rows": batch.row_count,
        "levels": [v.level for v in verdicts],
        "page": page.stat().st_size,
    }
    assert tuple(v.level for v in drift.verdicts) == tuple(v.level for v in verdicts)
    print(json.dumps(result))


def run_usual_drift(lake: Path) -> None:
    """Print what Evidently's drift preset takes for all rows of the last batch against the reference."""
    from credit_default.services.monitoring.monitored_batch import find_batch

    batch = find_batch(connect(lake), None)
    names = [*batch.bundle.input_names, "default_probability"]
    import polars as pl

    current = pl.concat(batch.frames()).select(names).to_pandas()
    reference = batch.bundle.reference.select(names).to_pandas()
    import_evidently()
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    def run() -> Any:
        sides = (
            Dataset.from_pandas(rows, data_definition=DataDefinition())
            for rows in (current, reference)
        )
        return Report([DataDriftPreset()]).run(*sides).dict()

    found = measure_step("Evidently's drift preset on all rows", run)
    print(json.dumps({"metrics": len(found["metrics"])}))


def import_evidently() -> None:
    """Import Evidently now, so that no later step is charged with the time that importing takes."""
    from credit_default.adapters.evidently.report_run import suppress_evidently_warnings

    with suppress_evidently_warnings():
        import evidently.presets
        import evidently.ui.workspace

        import credit_default.adapters.evidently.drift_table

        assert evidently.presets
        assert evidently.ui.workspace
        assert credit_default.adapters.evidently.drift_table


def measure_step(name: str, act: Callable[[], Any]) -> Any:
    """Return the result of the call, after printing its CPU time and the peak of memory so far."""
    before = os.times()
    result = act()
    after = os.times()
    seconds = after.user + after.system - before.user - before.system
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    print(json.dumps({"step": name, "seconds": seconds, "peak": peak}), flush=True)
    return result


def measure(lake: Path, folder: Path, count: int) -> tuple[float, float, float, float]:
    """Print a table of the steps.

    Returns:
        CPU-seconds of the statistics and of the page, MB of the statistics above those of the
        imports, and the CPU time of Evidently's drift preset as a multiple of the statistics'.
    """
    path, copy = folder / f"statements-{count}.parquet", folder / f"lake-{count}"
    run_child("--write", str(path), str(count))
    shutil.copytree(lake, copy)
    run_child("--score", str(copy), str(path))
    path.unlink()
    imported, found, statistics, profile, page, result = run_child("--monitor", str(copy))
    usual, _ = run_child("--usual", str(copy))
    shutil.rmtree(copy)
    for step in (imported, found, statistics, profile, page, usual):
        print(
            f"{count:>11,}  {step['step']:<42} {step['seconds']:>6.1f} CPU-s {step['peak']:>7,.0f} MB peak"
        )
    print(
        f"{count:>11,}  verdicts {', '.join(result['levels'])}; page {result['page'] / 1e6:.1f} MB"
    )
    seconds = found["seconds"] + statistics["seconds"]
    ratio = usual["seconds"] / statistics["seconds"]
    print(
        f"{count:>11,}  CPU time of Evidently's drift preset ÷ that of all our statistics: {ratio:.1f}"
    )
    return seconds, page["seconds"], statistics["peak"] - imported["peak"], ratio


def main() -> int:
    """Print the table; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=int, nargs="*", default=list(COUNTS))
    parser.add_argument("--write", nargs=2, metavar=("FILE", "ROWS"), help=argparse.SUPPRESS)
    parser.add_argument(
        "--train", nargs=2, type=Path, metavar=("LAKE", "FOLDER"), help=argparse.SUPPRESS
    )
    parser.add_argument(
        "--score", nargs=2, type=Path, metavar=("LAKE", "FILE"), help=argparse.SUPPRESS
    )
    parser.add_argument("--monitor", type=Path, metavar="LAKE", help=argparse.SUPPRESS)
    parser.add_argument("--usual", type=Path, metavar="LAKE", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.write:
        write_statements(Path(asked.write[0]), int(asked.write[1]))
    elif asked.train:
        train_champion(*asked.train)
    elif asked.score:
        score_statements(*asked.score)
    elif asked.monitor:
        monitor_batch(asked.monitor)
    elif asked.usual:
        run_usual_drift(asked.usual)
    else:
        with tempfile.TemporaryDirectory() as folder:
            run_child("--train", str(Path(folder) / "lake"), folder)
            figures = [
                measure(Path(folder) / "lake", Path(folder), count) for count in sorted(asked.rows)
            ]
        statistics, page, megabytes, ratio = figures[-1]
        print(f"statistics {statistics:.1f} CPU-s (bound {MOST_STATISTICS_SECONDS:g})")
        print(f"memory above the imports {megabytes:,.0f} MB (bound {MOST_MEGABYTES:g})")
        print(f"page {page:.1f} CPU-s more (bound {MOST_PAGE_SECONDS:g})")
        print(
            f"{ratio:.1f} times less CPU time than Evidently's drift preset (bound {LEAST_RATIO:g})"
        )
        return int(
            statistics > MOST_STATISTICS_SECONDS
            or page > MOST_PAGE_SECONDS
            or megabytes > MOST_MEGABYTES
            or ratio < LEAST_RATIO
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
