"""Random histories of a lake, and whether its books balance after each.

    python -m tests.histories --seed 7                 this history, again
    python -m tests.histories --seed 1 --count 20 --short
    python -m tests.histories --seed 7 --out told.json with what clients were told, and what the lake held

The exit code is 1 where the books of a history do not balance; its seed and the faults are printed.
"""

import argparse
import gc
import importlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

# only the thread that forks: OpenBLAS, Polars' and Arrow's allocators begin some when they are imported
THREADLESS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONWARNINGS": "ignore",
    "_RJEM_MALLOC_CONF": "background_thread:false",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
}
LIBRARIES = (
    "boto3",
    "credit_default.bundled",
    "encodings.cp437",
    "encodings.utf_8_sig",
    "mlflow.store.tracking.sqlalchemy_store",
    "skops.io",
    "sklearn.ensemble",
    "pyarrow.dataset",
    "pyarrow.csv",
)


def main() -> int:
    given = parse()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1" or "PYTHONWARNINGS" not in os.environ:
        line = [sys.executable, "-m", "tests.histories", *sys.argv[1:]]
        os.execvpe(sys.executable, line, {**os.environ, **THREADLESS})
    with tempfile.TemporaryDirectory(prefix="histories-", ignore_cleanup_errors=True) as folder:
        template = Path(given.template or Path(folder) / "template")
        make_in_child(template)
        return run_all(given, template, Path(folder))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1, help="of the first history")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--short", action="store_true", help="fewer acts in each")
    parser.add_argument("--out", type=Path, help="a file for the histories, a line of JSON each")
    parser.add_argument("--template", help="a folder that holds the lake to begin with, or will")
    parser.add_argument("--seconds", type=float, default=0.0, help="begin none after that")
    return parser.parse_args()


def make_in_child(template: Path) -> None:
    """Make the template in a process of its own: a training starts threads."""
    if (template / "facts.json").exists():
        return
    code = (
        "import sys; from pathlib import Path; from tests.histories.template import make_template;"
        " make_template(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(template)], check=True, stdout=2)


def run_all(given: argparse.Namespace, template: Path, folder: Path) -> int:
    from tests.histories.bucket import open_bucket
    from tests.histories.workload import draw_workload

    seeds = range(given.seed, given.seed + given.count)
    workloads = [draw_workload(seed, short=given.short) for seed in seeds]
    needs_bucket = any(one.in_bucket for one in workloads)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    with open_bucket() if needs_bucket else nullcontext() as bucket:
        warm_up(template, folder / "warm")
        return run_each(given, workloads, template, folder, bucket)


def run_each(
    given: argparse.Namespace, workloads: list[Any], template: Path, folder: Path, bucket: Any
) -> int:
    from tests.histories.books import judge_books
    from tests.histories.conductor import run_history

    facts = json.loads((template / "facts.json").read_text(encoding="utf-8"))
    struck: Counter[str] = Counter()
    acts: Counter[str] = Counter()
    failed, began, begun_at, count = [], os.times(), time.monotonic(), 0
    for workload in workloads:
        if given.seconds and time.monotonic() - begun_at > given.seconds:
            break
        own = folder / str(workload.seed)
        history = run_history(workload, template, own, bucket)
        faults = judge_books(facts, history)
        shutil.rmtree(own, ignore_errors=True)
        count += 1
        struck.update(f"{fault} {method} {path}" for method, path, fault in history["struck"])
        acts.update(describe_answer(one) for one in history["told"])
        if faults:
            failed.append(workload.seed)
            say(f"seed {workload.seed} FAILED", *(f"  {fault}" for fault in faults))
        if given.out:
            with given.out.open("a", encoding="utf-8") as out:
                out.write(json.dumps({"workload": asdict(workload), **history}) + "\n")
    used = sum(os.times()[:4]) - sum(began[:4])
    say(
        f"{count} histories, seeds {given.seed} to {given.seed + count - 1}{' short' if given.short else ''}:"
        f" {len(failed)} failed; {used:.0f} CPU seconds, {time.monotonic() - begun_at:.0f} s",
        "answers: " + ", ".join(f"{name} {number}" for name, number in sorted(acts.items())),
        "S3: "
        + (", ".join(f"{name} ({number})" for name, number in sorted(struck.items())) or "-"),
    )
    if failed:
        short = " --short" if given.short else ""
        say(*(f"again: python -m tests.histories --seed {seed}{short}" for seed in failed))
    return int(bool(failed))


def describe_answer(one: dict[str, Any]) -> str:
    answer = one["answer"]
    return f"{one['asked']['name']}: {'none' if answer is None else answer['exit']}"


def say(*lines: str) -> None:
    print(*lines, sep="\n", flush=True)  # noqa: T201 - the command's answer


def warm_up(template: Path, folder: Path) -> None:
    """Import everything, and do what a first use of MLflow costs, in a lake that no history has; no thread is begun."""
    from tests.histories import conductor, state
    from tests.histories import template as made

    from credit_default.adapters.kernel.machine_code import load_kernel
    from credit_default.adapters.mlflow.tracking import MLFLOW_ENVIRONMENT

    os.environ.update(MLFLOW_ENVIRONMENT)
    del conductor
    for name in LIBRARIES:
        importlib.import_module(name)
    load_kernel()
    shutil.copytree(template / "lake", folder / "lake")
    wiring = made.connect(str(folder / "lake"))
    wiring.registry.list_versions()
    state.count_runs(wiring)
    gc.collect()
    gc.freeze()  # what is here by now stays shared with the children


if __name__ == "__main__":
    sys.exit(main())
