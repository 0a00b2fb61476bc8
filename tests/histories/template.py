"""The lake that every history begins with, and the files that its clients have: made once, copied for each history.

The lake has two registered versions, the first of them champion, and one batch that it scored. What is known of each file
beforehand (whose rows are accepted, under which batch_id) is in `facts.json`, written here and nowhere else.
"""

import datetime as dt
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl

from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.data.simulation.months import simulate
from credit_default.services.champion.versions import promote_by_hand
from credit_default.services.context.wiring import Wiring, build_wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.score_record import record_scores
from credit_default.services.training.challenger import fit_challenger
from credit_default.services.training.register_and_promote import register_challenger
from credit_default.services.training.training_rows import read_training_rows, split_rows
from credit_default.settings import Settings

KEY = ["client_id", "statement_month"]
ROW_COUNT = 60  # of each file
BASE = "base"  # the batch that is scored before a history begins
BATCHES = ("b1", "b2", "b3")
VICTIMS = 2  # clients of the first batch whom nobody names but who erases them
SETTINGS: dict[str, Any] = {
    "jobs": 1,
    "recipe": {"tree_count": 12, "maximum_depth": 6},
    "quality": {
        "highest_known_share": 1.0,
        "lowest_usual_ratio": 0.0,
        "highest_usual_ratio": 1_000.0,
    },
    "shadow": {"former_months": 0},
    "mlflow": {"wait_seconds": 0.2},
}


def connect(lake: str, home: str = "", *, mlflow: str = "", **more: Any) -> Wiring:
    """The parts of a lake; `mlflow` is another address than that of the embedded store."""
    given = {**SETTINGS, "lake": lake, "cache": f"{home or lake}/../cache", **more}
    given["mlflow"] = {**given["mlflow"], "tracking_uri": mlflow}
    if home:
        given["home"] = home
    return build_wiring(Settings(**given), commit="0123abc")


def make_template(folder: Path) -> Path:
    """Make the lake, the files and `facts.json` in the folder, unless they are there."""
    if (folder / "facts.json").exists():
        return folder
    (folder / "files").mkdir(parents=True, exist_ok=True)
    at = dt.datetime.now(dt.UTC) - dt.timedelta(days=20)
    training = write_files(folder / "files")
    wiring = connect(str(folder / "lake"), data=str(training))
    assert Tracking(wiring.lake.tracking_uri).client.search_experiments()
    train_two_versions(wiring, at)
    facts = describe_files(wiring, folder / "files")
    score_base(wiring, folder / "files", at + dt.timedelta(days=1))
    training.unlink()
    # models are in the cache of bundles, from which they are loaded
    shutil.rmtree(folder / "lake" / "mlartifacts", ignore_errors=True)
    (folder / "facts.json").write_text(json.dumps(facts), encoding="utf-8")
    return folder


def train_two_versions(wiring: Wiring, at: dt.datetime) -> None:
    rows = read_training_rows(wiring, month=None, read_at=at)
    sides = split_rows(wiring, rows)
    first = fit_challenger(wiring, rows, sides)
    register_challenger(wiring, rows, first, None, trained_at=at)
    promote_by_hand(wiring, 1, reason="the first", decided_at=at)
    smaller = {"tree_count": 10, "maximum_depth": 5}
    other = connect(wiring.lake.uri, data=wiring.settings.data, recipe=smaller)
    second = fit_challenger(other, rows, split_rows(other, rows))
    register_challenger(other, rows, second, None, trained_at=at)
    for version in other.registry.list_versions():
        other.registry.load_version(version)


def score_base(wiring: Wiring, files: Path, at: dt.datetime) -> None:
    checked = check_file(wiring, str(files / f"{BASE}.csv"), month=None, outcome="ignored")
    verdict = judge_file(wiring, checked, judged_at=at)
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=at)
    record_scores(wiring, checked, scored, verdict, recorded_at=at)


def write_files(folder: Path) -> Path:
    """Write what clients have, and the rows to train on, whose path is returned."""
    first, second = simulate(client_count=1_200, month_count=2, seed=23)
    labels = first.outcomes.select(*KEY, "defaulted")
    training = folder / "training.csv"
    first.statements.join(labels, on=KEY, maintain_order="left").write_csv(training)
    rows, known = second.statements, second.outcomes.select(*KEY, "defaulted")
    parts = {
        name: rows.slice(place * ROW_COUNT, ROW_COUNT)
        for place, name in enumerate((BASE, *BATCHES, "k1", "bad"))
    }
    broken = {"bad": 24, "k1": 1, **dict.fromkeys(BATCHES, 2)}
    spoiled = {name: spoil(part, broken.get(name, 0)) for name, part in parts.items()}
    spoiled["k1"] = spoiled["k1"].join(known, on=KEY, maintain_order="left")
    spoiled["c1"] = parts["b1"].head(3)  # two that were rejected, and one that the batch has
    for name, part in spoiled.items():
        part.write_csv(folder / f"{name}.csv")
    told = known.filter(
        pl.col("client_id").is_in([*parts[BASE]["client_id"][VICTIMS:], *parts["b1"]["client_id"]])
    )
    flipped = pl.when(pl.int_range(pl.len()) < 5).then(1 - pl.col("defaulted"))
    later = told.with_columns(defaulted=flipped.otherwise("defaulted"))
    for name, frame, day in (("o1", told, "2005-12-01"), ("o2", later, "2005-12-15")):
        frame.with_columns(observed_at=pl.lit(f"{day}T00:00:00Z")).write_csv(folder / f"{name}.csv")
    return training


def spoil(rows: pl.DataFrame, count: int) -> pl.DataFrame:
    return rows.with_columns(sex=pl.when(pl.int_range(pl.len()) < count).then(9).otherwise("sex"))


def describe_files(wiring: Wiring, files: Path) -> dict[str, Any]:
    """What is known of each file before anything is done with it."""
    facts: dict[str, Any] = {"files": {}, "outcomes": {}}
    for path in sorted(files.glob("*.csv")):
        name, sha = path.stem, hashlib.sha256(path.read_bytes()).hexdigest()
        if name == "training":
            continue
        if name.startswith("o"):
            rows = pl.read_csv(path, infer_schema=False)
            facts["outcomes"][name] = {"sha": sha, "rows": [list(row) for row in rows.rows()]}
            continue
        kept = name == "k1"
        checked = check_file(wiring, str(path), month=None, outcome="kept" if kept else "ignored")
        accepted = [list(key) for rows in checked.accepted() for key in rows.select(KEY).rows()]
        facts["files"][name] = {
            "sha": sha,
            "batch": checked.batch_id,
            "accepted": accepted,
            "rejected": checked.validated.rejected_count,
        }
    correct(facts, wiring, files)
    facts["victims"] = pl.read_csv(files / f"{BASE}.csv", infer_schema=False)["client_id"][
        :VICTIMS
    ].to_list()
    return facts


def correct(facts: dict[str, Any], wiring: Wiring, files: Path) -> None:
    """Of the correction, count the rows that its batch has; its batch_id is known once that batch is there."""
    own, batch = facts["files"]["c1"], facts["files"]["b1"]
    own["corrects"] = batch["batch"]
    own["known"] = [key for key in own["accepted"] if key in batch["accepted"]]
    own["accepted"] = [key for key in own["accepted"] if key not in batch["accepted"]]
    own["batch"] = ""
