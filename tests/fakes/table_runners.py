"""Runners that race on the tables of one lake: `python table_runners.py LAKE COUNT ACT`.

One process imports what is needed and then forks COUNT times, before any library has started a thread. The runners start
together, and each prints its result as a line of JSON.
"""

import datetime as dt
import json
import os
import signal
import sys
import traceback

import polars as pl

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.ledger import append_entry
from credit_default.adapters.tables.queries import write_scores
from credit_default.failpoints import arm_failpoint

NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)
BATCH_ID = "ab" * 8
ROW_COUNT = 200
ENTRY_COUNT = 2


def make_scores(batch_id, number):
    """Return two record batches; the probability shows which runner wrote them."""
    texts = {
        "statement_month": "2005-09",
        "decision": "accept",
        "risk_band": "low",
        "batch_id": batch_id,
    }
    half = pl.select(client_id=pl.format("c{}", pl.int_range(ROW_COUNT // 2))).with_columns(
        **{name: pl.lit(text) for name, text in texts.items()},
        default_probability=pl.lit(number / 1000),
        expected_loss=pl.lit(None, dtype=pl.Float64),
        reasons=pl.lit([], dtype=pl.List(pl.String)),
        model_version=pl.lit(1, dtype=pl.Int64),
        scored_at=pl.lit(NOON),
    )
    return [half, half.with_columns(client_id="d" + pl.col("client_id"))]


def score(lake, batch_id, number):
    written = write_scores(
        lake, lambda: make_scores(batch_id, number), batch_id=batch_id, model_version=1
    )
    return {
        "number": number,
        "row_count": written.row_count,
        "already_existed": written.already_existed,
    }


def score_one_batch(lake, number):
    return score(lake, BATCH_ID, number)


def score_own_batch(lake, number):
    return score(lake, f"{number:08x}", number)


def score_after_a_pause(lake, number):
    arm_failpoint("table.streamed", lambda: os.kill(os.getpid(), signal.SIGSTOP))
    return score(lake, BATCH_ID, number)


def append_decisions(lake, number):
    """Append entries of this runner's own, and one that all runners try to append."""
    keys = [*(f"own {number}.{entry}" for entry in range(ENTRY_COUNT)), "everybody's"]
    entries = [
        append_entry(
            lake,
            event="scored",
            key=key,
            batch_id="",
            model_version=0,
            details={"n": number},
            at=NOON,
        )
        for key in keys
    ]
    return {"number": number, "sequences": [entry.sequence for entry in entries]}


ACTS = {
    act.__name__: act
    for act in (score_one_batch, score_own_batch, score_after_a_pause, append_decisions)
}


def run(uri, number, act, start):
    """Print the runner's result, or the error that ended it, and end this process."""
    try:
        os.read(start, 1)  # returns when the parent closes its end of the pipe
        found = ACTS[act](open_lake(uri), number)
        os.write(1, (json.dumps(found) + "\n").encode())
    except BaseException:  # noqa: BLE001 - a forked child must end here, whatever happened
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def main(uri, count, act):
    if count == 1:
        sys.stdout.write(json.dumps(ACTS[act](open_lake(uri), 1)))
        return 0
    start, release = os.pipe()
    children = []
    for number in range(1, count + 1):
        child = os.fork()
        if child == 0:
            os.close(release)
            run(uri, number, act, start)
        children.append(child)
    os.close(release)
    return max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
