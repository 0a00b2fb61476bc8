"""Measure `credit-default` beside the usual way of doing the same work, run by run: CPU, wall time, memory.

    python benchmarks/bench.py [rows …] [--alone ROWS] [--repetitions 3] [--json FILE] [--docs docs/performance.md]
    python benchmarks/bench.py --redraw docs/performance.md

Both score the same file with the same registered model and write the same columns, each as a process of its own, in turn:
the usual path is `usual_path/score.py`. Ours also checks every row, keeps the snapshot, commits to a table, and writes the
ledger and the run in MLflow. Neither gives reasons nor monitors, but for `--reports`: then it is `credit-default predict` as
typed against the same script with Evidently's report. CPU is user and system time of the process and all its children, and
memory the peak of their resident sets together. Linux only.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from memory import connect, train_champion, write_statements

USUAL_PATH = Path(__file__).with_name("usual_path") / "score.py"
COUNTS = (30_000, 300_000, 1_000_000)
MARK, END = "<!-- bench: `make bench` writes this -->", "<!-- end of bench -->"
MIB = 1024 * 1024
BETWEEN_LOOKS = 0.02  # seconds between two looks at the memory


@dataclass(frozen=True)
class Cost:
    """What one run of a whole process cost, or the median of several."""

    cpu_seconds: float
    wall_seconds: float
    peak_mib: float


@dataclass(frozen=True)
class Comparison:
    """The cost of the same work by both ways; `usual` is None where only ours was run."""

    work: str
    row_count: int
    ours: Cost
    usual: Cost | None


def run_process(command: Sequence[str]) -> Cost:
    """Run the command to its end and return what it cost, its children included."""
    start = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)  # noqa: S603
        peaks: list[float] = [0.0]
        watcher = threading.Thread(target=_watch_memory, args=(process.pid, peaks), daemon=True)
        watcher.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        watcher.join()
        if status:
            output.seek(0)
            sys.exit(f"{' '.join(command)}\n{output.read().decode(errors='replace')[-2_000:]}")
    process.returncode = 0
    return Cost(usage.ru_utime + usage.ru_stime, seconds, max(*peaks, usage.ru_maxrss / 1024))


def _watch_memory(pid: int, peaks: list[float]) -> None:
    """Add the resident memory of the process and its descendants to `peaks`, until it has ended."""
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        family, total = [pid], 0
        for member in family:
            try:
                family += map(
                    int, Path(f"/proc/{member}/task/{member}/children").read_text().split()
                )
                total += int(Path(f"/proc/{member}/statm").read_text().split()[1]) * page
            except (OSError, IndexError):
                continue
        if not total:
            return
        peaks.append(total / MIB)
        time.sleep(BETWEEN_LOOKS)


def score_statements(lake: Path, path: Path) -> None:
    """Do all that the flow `predict` does with a file, without reasons."""
    from credit_default.services.intake.file_check import check_file, judge_file
    from credit_default.services.scoring.score_batch import load_champion, score_file
    from credit_default.services.scoring.score_record import record_scores

    now = datetime.now(UTC)
    wiring = connect(lake, reasons={"mode": "none"}, jobs=os.cpu_count() or 1)
    checked = check_file(wiring, str(path), month=None, outcome="ignored")
    verdict = judge_file(wiring, checked, judged_at=now)
    champion = load_champion(wiring, checked)
    scored = score_file(wiring, checked, champion, scored_at=now)
    record_scores(wiring, checked, scored, verdict, recorded_at=now)


@dataclass(frozen=True)
class Bench:
    """The folder in which the lake, the files and the results are."""

    folder: Path
    repetitions: int
    reports: bool

    @property
    def work(self) -> str:
        """Return what is done, in words."""
        return "scores, verdicts and a report" if self.reports else "scores"

    def compare(self, row_count: int, *, alone: bool) -> Comparison:
        """Return the medians of both ways, each run in turn with the other."""
        path = self.folder / f"statements-{row_count}.parquet"
        self._run_self("--write", str(path), str(row_count))
        ours, usual = [], []
        for _ in range(self.repetitions):
            if not alone:
                usual.append(self._run_usual(path))
            ours.append(self._run_ours(path))
        path.unlink()
        return Comparison(
            self.work, row_count, _take_median(ours), _take_median(usual) if usual else None
        )

    def prepare(self) -> None:
        """Train the champion that both ways score with."""
        self._run_self("--train", str(self.folder / "lake"), str(self.folder))

    def _run_self(self, *arguments: str) -> None:
        run_process([sys.executable, sys.argv[0], *arguments])

    def _run_ours(self, path: Path) -> Cost:
        lake = self.folder / "copy"
        shutil.copytree(self.folder / "lake", lake)
        command = [sys.executable, sys.argv[0], "--score", str(lake), str(path)]
        if self.reports:
            module = ["-m", "credit_default.cli.main", "predict"]
            command = [sys.executable, *module, str(path), "--lake", str(lake), "--reasons", "none"]
        try:
            return run_process(command)
        finally:
            shutil.rmtree(lake)

    def _run_usual(self, path: Path) -> Cost:
        out, store = self.folder / "usual.parquet", self.folder / "lake" / "mlflow.db"
        command = [sys.executable, str(USUAL_PATH), str(path), str(out)]
        command += ["--tracking-uri", f"sqlite:///{store}"]
        if self.reports:
            command += ["--reference", str(self.folder / "training.csv")]
            command += ["--report", str(self.folder / "usual.html")]
        return run_process(command)


def _take_median(costs: Sequence[Cost]) -> Cost:
    names = ("cpu_seconds", "wall_seconds", "peak_mib")
    return Cost(*(statistics.median(getattr(cost, name) for cost in costs) for name in names))


def write_table(found: Sequence[Comparison]) -> list[str]:
    """Return the comparisons as a table in Markdown: usual, ours, and usual ÷ ours."""
    lines = [
        "| work | rows | CPU-s, usual | ours | ratio | wall s, usual | ours | ratio | MiB, usual | ours | ratio |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for one in found:
        cells = [one.work, f"{one.row_count:,}"]
        for name, form in (
            ("cpu_seconds", ",.1f"),
            ("wall_seconds", ",.1f"),
            ("peak_mib", ",.0f"),
        ):
            ours = getattr(one.ours, name)
            usual = getattr(one.usual, name) if one.usual else None
            cells += ["–" if usual is None else format(usual, form), format(ours, form)]
            cells.append("–" if usual is None else f"{usual / ours:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def draw_picture(found: Sequence[Comparison], path: Path) -> None:
    """Draw the CPU seconds and the peak memory of both ways as bars; the same figures give the same bytes."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 2.6), layout="constrained")
    labels = [f"{one.row_count:,}" for one in found]
    for axes, name, title in zip(
        figure.subplots(1, 2),
        ("cpu_seconds", "peak_mib"),
        ("CPU seconds", "peak memory, MiB"),
        strict=True,
    ):
        for shift, who, colour in ((-0.2, "usual", "#9a9a9a"), (0.2, "ours", "#1f5f99")):
            costs = [getattr(one, who) for one in found]
            values = [getattr(cost, name) if cost else 0.0 for cost in costs]
            axes.bar(
                [place + shift for place in range(len(found))],
                values,
                0.38,
                label=who,
                color=colour,
            )
        axes.set_xticks(range(len(found)), labels)
        axes.set_title(title, fontsize=9)
        axes.set_xlabel("rows", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
    figure.axes[0].legend(frameon=False, fontsize=8)
    with mpl.rc_context({"svg.hashsalt": "bench", "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None, "Creator": None})


def write_docs(found: Sequence[Comparison], page: Path, *, repetitions: int) -> None:
    """Put the table and the picture between the marks of the page."""
    before, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    _, _, after = rest.partition(END)
    told = f"Medians of {repetitions} alternating runs on {os.cpu_count()} cores; ratios are usual ÷ ours."
    shown = f"![CPU seconds and peak memory of both ways]({page.with_suffix('.svg').name})"
    body = [MARK, "", told, "", *write_table(found), "", shown, "", END]
    page.write_text(before + "\n".join(body) + after, encoding="utf-8")
    redraw_picture(page)


def redraw_picture(page: Path) -> None:
    """Draw the picture beside the page from the figures of its table."""
    _, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    table = rest.partition(END)[0]
    draw_picture(
        [read_row(line) for line in table.splitlines() if line.startswith("| s")],
        page.with_suffix(".svg"),
    )


def read_row(line: str) -> Comparison:
    """Return the comparison that a row of `write_table` tells, as exact as it tells it."""
    work, count, *cells = (cell.strip().replace(",", "") for cell in line.strip("| ").split("|"))
    ours = Cost(*map(float, cells[1::3]))
    usual = None if cells[0] == "–" else Cost(*map(float, cells[0::3]))
    return Comparison(work, int(count), ours, usual)


def parse_arguments() -> Any:
    """Return what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", type=int, nargs="*", default=list(COUNTS))
    parser.add_argument("--alone", type=int, action="append", default=[], help="rows, ours only")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument(
        "--reports", action="store_true", help="with verdicts and the report's page"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", type=Path, help="the page that the table is written into")
    parser.add_argument(
        "--redraw", type=Path, help="a page: its picture from its table, unmeasured"
    )
    parser.add_argument("--write", nargs=2, metavar=("FILE", "ROWS"), help=argparse.SUPPRESS)
    parser.add_argument("--train", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--score", nargs=2, type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Print the table; return the exit code."""
    asked = parse_arguments()
    if asked.redraw:
        redraw_picture(asked.redraw)
    elif asked.write:
        write_statements(Path(asked.write[0]), int(asked.write[1]))
    elif asked.train:
        train_champion(*asked.train)
    elif asked.score:
        score_statements(*asked.score)
    else:
        found = []
        with tempfile.TemporaryDirectory() as folder:
            bench = Bench(Path(folder), asked.repetitions, asked.reports)
            bench.prepare()
            for count in (*asked.rows, *asked.alone):
                found.append(bench.compare(count, alone=count in asked.alone))
                print(write_table(found)[-1], flush=True)
        print("\n".join(write_table(found)))
        if asked.json:
            asked.json.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n")
        if asked.docs:
            write_docs(found, asked.docs, repetitions=asked.repetitions)
    return 0


if __name__ == "__main__":
    sys.exit(main())
