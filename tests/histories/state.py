"""What a lake holds, as a reader finds it: the one side of the books; the other is what clients were told."""

import hashlib
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

from tests.histories.template import KEY

from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.lake.pinned_champion import read_champion_pointer
from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.queries import scan_table
from credit_default.gates.ledger.chain import judge_chain
from credit_default.services.audit.replay import verify_lake
from credit_default.services.context.wiring import Wiring

PLACES = ("incoming", "processed", "refused")


def read_state(wiring: Wiring) -> dict[str, Any]:
    """All that the books are balanced by, as JSON has it."""
    lake = wiring.lake
    entries = read_entries(lake)
    champion = wiring.registry.find_champion()
    pinned = read_champion_pointer(lake)
    proof = verify_lake(wiring, batch_id=None, client_id=None, head=None)
    return {
        "entries": [
            [e.event, e.key, e.batch_id, e.model_version or 0, json.loads(e.details)]
            for e in entries
        ],
        "chain": judge_chain(entries).level,
        "proof": [proof.status, [r for v in proof.verdicts if not v.passed for r in v.reasons]],
        "scores": read_rows(lake, "scores", "batch_id", "model_version", *KEY),
        "quarantine": read_rows(lake, "quarantine", "batch_id", "line", "client_id"),
        "outcomes": read_rows(lake, "outcomes", *KEY, "defaulted", "observed_at"),
        "observations": read_rows(
            lake, "outcome_history", *KEY, "defaulted", "observed_at", "batch_id"
        ),
        "snapshots": {
            one.digest: [
                list(key) for rows in read_snapshot_rows(one) for key in rows.select(KEY).rows()
            ]
            for one in list_snapshots(lake)
        },
        "files": {place: list_files(lake, place) for place in PLACES},
        "champion": champion.number if champion else 0,
        "verdict": champion.tags.get("verdict", "") if champion else "",
        "pinned": pinned.model_version if pinned else 0,
        **count_runs(wiring),
        "leftovers": list_leftovers(lake),
    }


def read_rows(lake: Lake, table: str, *columns: str) -> list[list[Any]]:
    rows = scan_table(lake, table).select(columns).collect()
    times = [name for name in columns if name.endswith("_at")]
    texts = rows.with_columns(rows[name].cast(str).str.slice(0, 10) for name in times)
    return [list(row) for row in texts.sort(columns).rows()]


def list_files(lake: Lake, place: str) -> list[list[str]]:
    """Name and digest of each file; reasons beside refused ones have the digest "reason"."""
    return [
        [
            stored.key.partition("/")[2],
            "reason"
            if stored.key.endswith(".reason.json")
            else hashlib.sha256(lake.storage.read_object(stored.key) or b"").hexdigest(),
        ]
        for stored in lake.storage.list_objects(f"{place}/")
    ]


def list_leftovers(lake: Lake) -> list[str]:
    """Hidden files of unfinished work, but for those of the process that looks."""
    own = f"~{os.getpid()}~"
    roots = {lake.home} if lake.in_bucket else {lake.home, Path(lake.uri)}
    return sorted(
        str(path.relative_to(root))
        for root in roots
        for path in root.rglob(".s*-*")
        if path.name.startswith((".scratch-", ".staging-")) and own not in path.name
    )


def count_runs(wiring: Wiring) -> dict[str, Any]:
    """Finished runs of `predict` by batch and version, and how many runs are open."""
    client = wiring.tracking.client
    found = client.get_experiment_by_name("credit-default/predict")
    runs = client.search_runs([found.experiment_id]) if found else []
    finished = [run.data.tags for run in runs if run.info.status == "FINISHED"]
    return {
        "runs": dict(Counter(f"{tags['batch_id']} {tags['model_version']}" for tags in finished)),
        "open runs": sum(run.info.status == "RUNNING" for run in runs),
    }
