"""Measure how soon the control room's pages paint on a lake with thousands of batches.

    python benchmarks/room_pages.py [--batches 10000] [--apart 0] [--lake FOLDER] [--budget 0.5]

The lake is filled through the adapters, with the rows that scoring and monitoring would leave: of each batch some scores, a
verdict of each gate, and its entry in the ledger. `--apart` writes the newest so many batches as a live lake has them, each in
commits of its own. The room is served on loopback, and Chromium prints the first contentful paint of each page: at the first
visit of the process, after another batch was scored, and with nothing new. CPU is what the server used meanwhile.
"""

import argparse
import datetime as dt
import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from credit_default.adapters.delta.commits import create_rows, replace_rows
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.ledger import append_entry
from credit_default.adapters.tables.schemas import MONITORING, SCORES, locate_table
from credit_default.adapters.tables.scores import write_scores
from credit_default.data.months import add_months
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.settings import load_settings

NOON = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)
GATES = ("drift", "feed", "volume", "estimate", "fairness", "performance", "coverage")
FIRST_MONTH, ROWS = "2016-01", 5
FIGURES = json.dumps({"expected_default_share": 0.22, "default_share": 0.21, "score_drift": 0.02})


def build_scores(number: int, month: str, version: int) -> pl.DataFrame:
    """Return the scores of one batch."""
    return pl.DataFrame(
        {
            "client_id": [f"{number}-{row}" for row in range(ROWS)],
            "statement_month": month,
            "default_probability": [0.05 * (row + 1) for row in range(ROWS)],
            "decision": "accept",
            "risk_band": "A",
            "expected_loss": 1.0,
            "reasons": None,
            "model_version": version,
            "batch_id": f"{number:016x}",
            "scored_at": NOON + dt.timedelta(minutes=number),
        },
        schema_overrides={"model_version": pl.Int64, "reasons": pl.List(pl.String)},
    ).select(SCORES.names)


def build_verdicts(number: int, month: str, version: int) -> pl.DataFrame:
    """Return a verdict of each gate on one batch; every seventh batch has an alarm."""
    level = "alarm" if number % 7 == 0 else "ok"
    return pl.DataFrame(
        {
            "batch_id": f"{number:016x}",
            "model_version": version,
            "statement_month": month,
            "gate": GATES,
            "level": [level, *["ok"] * (len(GATES) - 1)],
            "reasons": [["no column moved"]] * len(GATES),
            "figures": FIGURES,
            "row_count": ROWS,
            "expected_loss": 1.0,
            "data_origin": "simulated",
            "report_path": "",
            "monitored_at": NOON,
        },
        schema_overrides={"model_version": pl.Int64, "row_count": pl.Int64},
    ).select(MONITORING.names)


def list_batches(count: int) -> Iterator[tuple[int, str, int]]:
    """Yield number, month and version of each batch: a hundred a month, another version every ten months."""
    for number in range(count):
        months = number // 100
        yield number, add_months(FIRST_MONTH, months), 1 + months // 10


def fill_lake(lake: Lake, *, count: int, apart: int) -> None:
    """Write all batches into the lake's tables."""
    batches = list(list_batches(count))
    whole, single = batches[: count - apart], batches[count - apart :]
    for place in range(0, len(whole), 1_000):
        part = whole[place : place + 1_000]
        own = f"batch_id >= '{part[0][0]:016x}' AND batch_id <= '{part[-1][0]:016x}'"
        create_rows(
            locate_table(lake, "scores"),
            lambda part=part: [pl.concat([build_scores(*batch) for batch in part])],
            key=f"benchmark {place}",
            predicate=own,
        )
        replace_rows(
            locate_table(lake, "monitoring"),
            lambda part=part: [pl.concat([build_verdicts(*batch) for batch in part])],
            predicate=own,
        )
    for batch in single:
        add_batch(lake, batch)


def add_batch(lake: Lake, batch: tuple[int, str, int]) -> None:
    """Write one batch as it is scored and monitored: a commit for its scores, one for each gate, a ledger entry."""
    number, _, version = batch
    key = f"{number:016x}"
    write_scores(lake, lambda: [build_scores(*batch)], batch_id=key, model_version=version)
    for gate, rows in build_verdicts(*batch).group_by("gate"):
        replace_rows(
            locate_table(lake, "monitoring"),
            lambda rows=rows: [rows],
            predicate=f"batch_id = '{key}' AND gate = '{gate[0]}'",
        )
    append_entry(
        lake,
        event="ingested",
        key=f"ingested {key}",
        batch_id=key,
        model_version=version,
        details={},
        at=NOON,
    )


def serve(wiring: Wiring) -> tuple[str, Any]:
    """Serve the room in a thread; return its address and the server."""
    import uvicorn

    from credit_default.room.access.roles import Role, User
    from credit_default.room.app import Room, build_app

    room = Room(
        wiring,
        identify=lambda _request: User("ana", Role.ANALYST),
        clock=lambda: dt.datetime.now(dt.UTC),
    )
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(build_app(room), log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True).start()
    while not server.started:
        time.sleep(0.01)
    return f"http://127.0.0.1:{listening.getsockname()[1]}", server


def measure(browser: Any, address: str) -> tuple[float, float]:
    """Return the first contentful paint of the page, and the CPU that the server used, in seconds."""
    page = browser.new_page()
    began = time.process_time()
    page.goto(address)
    # asked from here: a page that waited by itself would need what its content policy refuses
    while not page.evaluate("performance.getEntriesByName('first-contentful-paint').length"):
        page.wait_for_timeout(20)
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    used = time.process_time() - began
    page.close()
    return paint / 1000, used


def main() -> None:
    """Fill a lake, serve it, and print a line for each page and visit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--batches", type=int, default=10_000)
    parser.add_argument("--apart", type=int, default=0)
    parser.add_argument("--lake", type=Path)
    parser.add_argument("--budget", type=float, default=0.5)
    asked = parser.parse_args()
    folder = asked.lake or Path(tempfile.mkdtemp(prefix="room-pages-")) / "lake"
    settings = load_settings({"lake": str(folder)}, environment={}).settings
    wiring = build_wiring(settings, commit="benchmark")
    if not (folder / "tables").exists():
        fill_lake(wiring.lake, count=asked.batches, apart=asked.apart)
    try:
        slow = run(wiring, asked.batches, asked.budget)
    finally:
        if asked.lake is None:
            shutil.rmtree(folder.parent, ignore_errors=True)
    print(f"{slow} visits were above {asked.budget:g} s")


def run(wiring: Wiring, count: int, budget: float) -> int:
    """Print the paint of each page at each visit; return how many were above the budget."""
    from playwright.sync_api import sync_playwright

    last = f"{count - 1:016x}"
    pages = {
        "Now": "/",
        "Batches": "/batches",
        "Batches, page 100": "/batches?page=100",
        "Batches with alarm": "/batches?light=alarm",
        "a batch": f"/batches/{last}",
    }
    address, server = serve(wiring)
    slow = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        measure(browser, f"{address}/health")  # the browser's own start
        for visit in ("first visit", "after another batch", "nothing new"):
            if visit == "after another batch":
                add_batch(wiring.lake, (count, add_months(FIRST_MONTH, count // 100), 1))
            for name, path in pages.items():
                paint, used = measure(browser, f"{address}{path}")
                slow += paint > budget
                print(f"{visit:20} {name:20} first paint {paint:6.3f} s   CPU {used:6.3f} s")
        browser.close()
    server.should_exit = True
    return slow


if __name__ == "__main__":
    main()
