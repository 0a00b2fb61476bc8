"""The ways in which a lake is spoiled, each with the words in which the verifier must name it."""

import json
import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl
from tests.fakes import lake_forging as forge

Spoil = Callable[[Path], Any]


@dataclass(frozen=True)
class Mutation:
    """What was done, to what kind of thing, and what a line about it must match."""

    kind: str
    name: str
    spoil: Spoil
    says: str

    @property
    def title(self) -> str:
        return f"{self.kind}: {self.name}"


def find_batch(lake: Path, name: str) -> str:
    return forge.find(lake, f"processed/*-{name}.csv").name[:16]


def next_up(value: float) -> float:
    return math.nextafter(value, math.inf)


def set_row(table: str, column: str, value: Any, **wanted: Any) -> Spoil:
    return lambda lake: forge.rewrite(lake, table, forge.change_first(column, value, **wanted))


def drop_row(table: str) -> Spoil:
    return lambda lake: forge.rewrite(
        lake, table, lambda rows: rows.sort(pl.nth(0), pl.nth(1)).slice(1)
    )


def double_row(table: str) -> Spoil:
    return lambda lake: forge.rewrite(lake, table, lambda rows: pl.concat([rows, rows.head(1)]))


def ledger(change: Any, *, chained: bool = True) -> Spoil:
    return lambda lake: forge.forge_ledger(lake, change, chained=chained)


def set_field(place: int, **fields: Any) -> Callable[[forge.Rows], None]:
    return lambda rows: rows[place].update(fields)


def swap(rows: forge.Rows) -> None:
    """Two entries change their places and their numbers with them."""
    rows[3], rows[4] = rows[4], rows[3]
    rows[3]["sequence"], rows[4]["sequence"] = 4, 5


def edit(pattern: str, change: Callable[[Any], Any]) -> Spoil:
    return lambda lake: forge.edit_json(forge.find(lake, pattern), change)


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    """Set what is at that path; a function gets what was there."""

    def change(content: Any) -> None:
        for name in path[:-1]:
            content = content[name]
        content[path[-1]] = value(content[path[-1]]) if callable(value) else value

    return change


def flip(pattern: str, place: float = 0.5) -> Spoil:
    return lambda lake: forge.flip(forge.find(lake, pattern), place)


def snapshot(change: Callable[[pl.DataFrame], pl.DataFrame], name: str = "quiet") -> Spoil:
    return lambda lake: forge.rewrite_snapshot(lake, find_batch(lake, name), change)


def champion(change: Any = None, **manifest: Any) -> Spoil:
    """The champion's bundle is another, and all that names it by its digest agrees."""

    def spoil(lake: Path) -> None:
        forge.rewrite_bundle(lake, change, **manifest)
        forge.agree_on_digest(lake)

    return spoil


def registry(statement: str, *values: Any) -> Spoil:
    return lambda lake: forge.change_registry(lake, statement, *values)


def roll_back(table: str, count: int = 1) -> Spoil:
    """The table's last commits that changed its rows are gone, with those after them."""
    return lambda lake: forge.drop_commits(lake, table, count)


def remove(pattern: str) -> Spoil:
    return lambda lake: forge.find(lake, pattern).unlink()


def replace_file(pattern: str, other: str) -> Spoil:
    return lambda lake: shutil.copy(min(lake.glob(other)), forge.find(lake, pattern))


def _nudge_leaf(values: Any) -> None:
    values[-1, 0, 1] = next_up(values[-1, 0, 1])


def _nudge_split(nodes: Any) -> None:
    nodes["threshold"][0] = next_up(nodes["threshold"][0])


def _flip_files() -> Iterator[Mutation]:
    tables = "scores shadow_scores quarantine outcomes outcome_history monitoring overrides ledger"
    for table in tables.split():
        file = f"tables/{table}/*=*/*.parquet"
        yield Mutation(
            "flipped bit", f"rows of {table}", flip(file, 0.1), f"{table.split('_')[0]}|verdict"
        )
    for table in ("scores", "ledger", "outcomes", "monitoring"):
        spoil = partial(forge.flip_size, table=table)
        yield Mutation("flipped bit", f"log of {table}", spoil, f"table {table}")
    yield Mutation(
        "flipped bit",
        "record of a snapshot",
        lambda lake: forge.flip_after(forge.find(lake, "snapshots/*/snapshot.json"), b"/rows-"),
        "snapshot",
    )
    for name, pattern, says in (
        ("checkpoint of the ledger", "tables/ledger/_delta_log/*.checkpoint.parquet", "ledger"),
        ("rows of a snapshot", "snapshots/*/rows-*.parquet", "snapshot"),
        ("manifest", "champion/pinned/*/bundle.json", "model bundle champion/pinned"),
        ("pipeline", "champion/pinned/*/pipeline.skops", "pipeline.skops"),
        ("trained rows", "champion/pinned/*/trained_rows.npy", "trained_rows.npy"),
        ("reference", "champion/pinned/*/reference.parquet", "reference.parquet"),
        ("champion's pointer", "champion/champion.json", "champion.json"),
        ("file as it arrived", "processed/*-quiet.csv", "processed/.*sha256"),
        ("profile", "reports/*/v1/profile.json", "profile.json"),
        ("pipeline in the registry's artifacts", "mlartifacts/**/pipeline.skops", "pipeline.skops"),
    ):
        yield Mutation("flipped bit", name, flip(pattern), says)


LEDGER: Final = "ledger entry"
_ONES: Final = "1" * 64
_BROKEN_CHAIN: Final = (
    Mutation("ledger", "an entry dropped", ledger(forge.drop("scored"), chained=False), LEDGER),
    Mutation(
        "ledger", "the first entry dropped", ledger(lambda r: r[1:], chained=False), f"{LEDGER} 2"
    ),
    Mutation(
        "ledger", "the last entry dropped", ledger(lambda r: r[:-1], chained=False), "erasure"
    ),
    Mutation(
        "ledger", "an entry doubled", ledger(forge.double("scored"), chained=False), "doubled"
    ),
    Mutation("ledger", "two entries swapped", ledger(swap, chained=False), f"{LEDGER} 4"),
    Mutation(
        "ledger",
        "a detail changed",
        ledger(forge.say("scored", declined_count=1), chained=False),
        "hash",
    ),
    Mutation(
        "ledger", "an event renamed", ledger(set_field(3, event="kept"), chained=False), "hash"
    ),
    Mutation("ledger", "a key renamed", ledger(set_field(3, key="another"), chained=False), "hash"),
    Mutation(
        "ledger", "a batch renamed", ledger(set_field(3, batch_id="0" * 16), chained=False), "hash"
    ),
    Mutation(
        "ledger", "a version changed", ledger(set_field(3, model_version=7), chained=False), "hash"
    ),
    Mutation(
        "ledger",
        "a previous hash changed",
        ledger(set_field(3, previous_hash=_ONES), chained=False),
        "hash",
    ),
    Mutation(
        "ledger", "a hash changed", ledger(set_field(3, entry_hash=_ONES), chained=False), "hash"
    ),
    Mutation("ledger", "a number changed", ledger(set_field(3, sequence=9), chained=False), LEDGER),
    Mutation(
        "ledger", "a month changed", ledger(set_field(3, month="2001-01"), chained=False), "month"
    ),
)
_SCORED: Final[dict[str, Any]] = {
    "scored_count": 1,
    "declined_count": 1,
    "read_count": 9_999,
    "quarantined_count": 1,
    "reasoned_count": 1,
    "trained_row_count": 1,
    "threshold": next_up,
    "expected_default_share": next_up,
    "expected_loss__decline": next_up,
    "expected_loss__band__A": next_up,
    "policy_digest": _ONES,
    "scores_digest": _ONES,
    "input_sha256": _ONES,
    "feature_version": "2",
    "schema_version": "2",
}
_WHAT_SCORED_SAYS: Final[dict[str, str]] = {
    "scored_count": "count|read",
    "read_count": "rows read",
    "quarantined_count": "rows read",
    "scores_digest": "digest",
}


def _forge_entries() -> Iterator[Mutation]:
    """Entries forged by who knows the format: numbered and hashed anew, every one after them."""
    for name, value in _SCORED.items():
        said = name.replace("__", " ")
        yield Mutation(
            "forged entry",
            f"scored, {said}",
            ledger(forge.say("scored", **{name: value})),
            _WHAT_SCORED_SAYS.get(name, said),
        )
    for event, name, value, says in (
        ("ingested", "accepted", 9, "snapshot .*rows"),
        ("ingested", "quarantined", 9, "rows read"),
        ("ingested", "input_sha256", _ONES, "input_sha256"),
        ("outcomes taken in", "accepted_count", 9, "outcomes of file"),
        ("outcomes taken in", "rejected_count", 9, "rows that quarantine lacks"),
        ("promoted", "model_digest", _ONES, "model_digest|model version 1"),
        ("kept", "level", "ok", "its verdict"),
        ("alarmed", "score_drift", 0.0, "verdict drift"),
        ("scored in the shadow", "scored_count", 9, "shadow scores"),
        ("decision overridden", "record_digest", _ONES, "override"),
        ("decision overridden", "decision", "decline", LEDGER),
        ("finding opened", "severity", "low", "findings"),
        ("reviewed", "opinion", "not fit for use", "reviews"),
        ("alarm opened", "month", "2001-01", "alarm feed"),
        ("forgotten", "scores_digest", _ONES, "digest"),
    ):
        change = forge.say(event, **{name: value})
        yield Mutation("forged entry", f"{event}, {name}", ledger(change), says)
    for event, says in (
        ("ingested", "snapshot"),
        ("scored", "rows without an entry|never scored"),
        ("scored in the shadow", "shadow scores"),
        ("promoted", "champion"),
        ("kept", "model version 2"),
        ("outcomes taken in", "outcomes of file"),
        ("alarmed", "verdict (drift|feed)"),
        ("alarm opened", "alarm feed"),
        ("decision overridden", "override"),
        ("finding opened", "findings"),
        ("finding closed", "closed findings"),
        ("reviewed", "reviews"),
        ("forgetting", "end of|accepted|digest|rows"),
    ):
        yield Mutation("entry taken out of a forged chain", event, ledger(forge.drop(event)), says)
    yield Mutation("forged entry", "doubled", ledger(forge.double("scored")), "of an earlier entry")
    again = forge.double("reviewed", key="reviewed again")
    yield Mutation("forged entry", "doubled under another key", ledger(again), "reviews")


_SCORES: Final = (
    Mutation(
        "scores",
        "a probability in the last digit",
        set_row("scores", "default_probability", next_up),
        "default_probability of 1 rows",
    ),
    Mutation(
        "scores",
        "a decision",
        set_row("scores", "decision", "accept", decision="decline"),
        "decision",
    ),
    Mutation("scores", "a band", set_row("scores", "risk_band", "A", risk_band="D"), "risk_band"),
    Mutation(
        "scores",
        "an expected loss in the last digit",
        set_row("scores", "expected_loss", next_up, decision="accept"),
        "expected_loss of 1 rows",
    ),
    Mutation(
        "scores",
        "a reason",
        set_row(
            "scores", "reasons", ["The credit limit granted so far is low"], decision="decline"
        ),
        "reasons of",
    ),
    Mutation(
        "scores",
        "reasons in another order",
        set_row("scores", "reasons", lambda texts: texts[::-1], decision="decline"),
        "reasons of",
    ),
    Mutation(
        "scores",
        "reasons of an accepted client",
        set_row("scores", "reasons", ["Late"], decision="accept"),
        "accepted clients",
    ),
    Mutation(
        "scores", "a client renamed", set_row("scores", "client_id", "SIM-000009999"), "digest"
    ),
    Mutation(
        "scores",
        "a row moved to another month",
        set_row("scores", "statement_month", "2005-09"),
        "digest",
    ),
    Mutation(
        "scores",
        "a row moved to another batch",
        set_row("scores", "batch_id", "0" * 16),
        "without an entry",
    ),
    Mutation(
        "scores",
        "a row of another version",
        set_row("scores", "model_version", 2),
        "without an entry",
    ),
    Mutation(
        "scores",
        "the time of a score",
        set_row("scores", "scored_at", lambda at: at.replace(hour=1), decision="accept"),
        "scored_at",
    ),
    Mutation("scores", "a row dropped", drop_row("scores"), "digest"),
    Mutation("scores", "a row doubled", double_row("scores"), "count"),
    Mutation(
        "shadow",
        "a probability in the last digit",
        set_row("shadow_scores", "default_probability", next_up),
        "shadow scores",
    ),
    Mutation("shadow", "a row dropped", drop_row("shadow_scores"), "rows that shadow_scores lacks"),
    Mutation("shadow", "a row doubled", double_row("shadow_scores"), "shadow scores"),
    Mutation(
        "shadow",
        "a row of another version",
        set_row("shadow_scores", "model_version", 9),
        "shadow scores",
    ),
)
_LOGS: Final = (
    Mutation("table", "scores rolled back", roll_back("scores"), "scores"),
    Mutation("table", "the ledger rolled back", roll_back("ledger"), "erasure"),
    Mutation("table", "outcomes rolled back", roll_back("outcomes"), "outcomes"),
    Mutation("table", "monitoring rolled back", roll_back("monitoring", 5), "verdict"),
    Mutation("table", "overrides rolled back", roll_back("overrides"), "override"),
    Mutation(
        "table",
        "a commit taken out",
        remove("tables/ledger/_delta_log/*0000000004.json"),
        "no commit",
    ),
    Mutation("table", "a file deleted", remove("tables/scores/*=*/*.parquet"), "no such file|read"),
    Mutation(
        "table",
        "a file replaced",
        replace_file("tables/ledger/month=*/*.parquet", "tables/ledger/month=*/*.parquet"),
        "ledger",
    ),
    Mutation(
        "table",
        "a size in the log",
        lambda lake: forge.edit_log(lake, "scores", put("size", value=7)),
        "bytes",
    ),
    Mutation(
        "table",
        "a month in the log",
        lambda lake: forge.edit_log(
            lake, "scores", put("partitionValues", "statement_month", value="2001-01")
        ),
        "scores of batch",
    ),
    Mutation(
        "table",
        "row count in the log",
        lambda lake: forge.edit_log(lake, "scores", put("stats", value='{"numRecords": 3}')),
        "table scores",
    ),
    Mutation(
        "table",
        "the log's folder deleted",
        lambda lake: shutil.rmtree(lake / "tables/outcomes/_delta_log"),
        "table outcomes",
    ),
    Mutation(
        "table",
        "the last checkpoint deleted",
        remove("tables/ledger/_delta_log/*.checkpoint.parquet"),
        "checkpoint",
    ),
)
_SNAPSHOTS: Final = (
    Mutation(
        "snapshot",
        "an input, with name and record",
        snapshot(forge.change_first("bill_amount_m1", 1e6)),
        "computed again",
    ),
    Mutation(
        "snapshot",
        "a protected column, with name and record",
        snapshot(forge.change_first("age", 99)),
        "profile.json, age",
    ),
    Mutation(
        "snapshot",
        "a row moved to another month",
        snapshot(forge.change_first("statement_month", "2005-08")),
        "its snapshot, by statement_month",
    ),
    Mutation("snapshot", "a row dropped", snapshot(lambda rows: rows.slice(1)), "rows"),
    Mutation(
        "snapshot",
        "a row doubled",
        snapshot(lambda rows: pl.concat([rows, rows.head(1)])),
        "repeated keys",
    ),
    Mutation(
        "snapshot",
        "a client renamed",
        snapshot(forge.change_first("client_id", "SIM-000009999")),
        "its snapshot, by client_id",
    ),
    Mutation(
        "snapshot",
        "its row count",
        edit("snapshots/*/snapshot.json", put("row_count", value=7)),
        "snapshot",
    ),
    Mutation(
        "snapshot",
        "the sha256 of its source",
        edit("snapshots/*/snapshot.json", put("source", "sha256", value=_ONES)),
        "input_sha256",
    ),
    Mutation(
        "snapshot",
        "its schema version",
        edit("snapshots/*/snapshot.json", put("schema_version", value="2")),
        "schema_version",
    ),
    Mutation("snapshot", "its record deleted", remove("snapshots/*/snapshot.json"), "the rows of"),
    Mutation("snapshot", "its rows deleted", remove("snapshots/*/rows-*.parquet"), "snapshot"),
    Mutation(
        "snapshot",
        "rows of another batch",
        replace_file("snapshots/*/rows-*.parquet", "snapshots/*/rows-*.parquet"),
        "sha256",
    ),
)


def _swap_models(lake: Path) -> None:
    """The challenger's files are where the champion's belong."""
    pinned = forge.find(lake, "champion/pinned/*/bundle.json").parent
    for path in lake.glob("mlartifacts/**/bundle.json"):
        if json.loads(path.read_text())["digest"] != pinned.name:
            for name in ("bundle.json", "pipeline.skops", "trained_rows.npy", "reference.parquet"):
                shutil.copy(path.parent / name, pinned / name)


_POLICY: Final = {
    "missed_default_cost": 4.0,
    "false_alarm_cost": 1.0,
    "bands": [{"name": "A", "lowest_probability": 0.0}],
}
_MODELS: Final = (
    Mutation(
        "model", "swapped for the challenger's", _swap_models, "the digest that its folder names"
    ),
    Mutation(
        "model",
        "another threshold, and all that names it",
        champion(decision_policy=_POLICY),
        "threshold",
    ),
    Mutation(
        "model",
        "another threshold, sealed",
        lambda lake: forge.rewrite_bundle(lake, decision_policy=_POLICY),
        "its model",
    ),
    Mutation(
        "model",
        "a leaf in the last digit, sealed",
        lambda lake: forge.rewrite_bundle(lake, forge.change_archive("values", _nudge_leaf)),
        "its model",
    ),
    Mutation(
        "model",
        "a leaf in the last digit, and all that names it",
        champion(forge.change_archive("values", _nudge_leaf)),
        "computed again",
    ),
    Mutation(
        "model",
        "a split in the last digit, sealed",
        lambda lake: forge.rewrite_bundle(lake, forge.change_archive("threshold", _nudge_split)),
        "its model",
    ),
    Mutation(
        "model",
        "a row of the reference, and all that names it",
        champion(
            forge.change_parquet(
                "reference.parquet", forge.change_first("defaulted", lambda one: 1 - one)
            )
        ),
        "evidence of version 1",
    ),
    Mutation(
        "model",
        "the digest in the manifest",
        edit("champion/pinned/*/bundle.json", put("digest", value=_ONES)),
        "model bundle",
    ),
    Mutation(
        "model",
        "an estimator's parameter in the recipe",
        edit("champion/pinned/*/bundle.json", put("recipe", "tree_count", value=11)),
        "its model",
    ),
    Mutation(
        "model",
        "a file of the pinned champion deleted",
        remove("champion/pinned/*/pipeline.skops"),
        "champion",
    ),
    Mutation(
        "model",
        "the pointer's version",
        edit("champion/champion.json", put("model_version", value=2)),
        "champion.json",
    ),
    Mutation(
        "model",
        "the pointer's seal",
        edit("champion/champion.json", put("seal", value=_ONES)),
        "seal",
    ),
    Mutation(
        "registry",
        "a verdict",
        registry(
            "UPDATE model_version_tags SET value = 'promotion: alarm' WHERE key = 'verdict' AND version = 1"
        ),
        "its verdict",
    ),
    Mutation(
        "registry",
        "a verdict's figures",
        registry(
            """UPDATE model_version_tags SET value = '{"roc_auc": 0.9}' WHERE key = 'verdict_figures' AND version = 1"""
        ),
        "figures",
    ),
    Mutation(
        "registry",
        "a verdict taken out",
        registry("DELETE FROM model_version_tags WHERE key = 'verdict' AND version = 1"),
        "its verdict",
    ),
    Mutation(
        "registry",
        "the champion's alias moved",
        registry("UPDATE registered_model_aliases SET version = 2 WHERE alias = 'champion'"),
        "champion of",
    ),
    Mutation(
        "registry",
        "a version's digest",
        registry(
            f"UPDATE model_version_tags SET value = '{_ONES}' WHERE key = 'digest' AND version = 1"
        ),
        "model version 1",
    ),
    Mutation(
        "registry",
        "a version's seal",
        registry(
            f"UPDATE model_version_tags SET value = '{_ONES}' WHERE key = 'seal' AND version = 1"
        ),
        "seal",
    ),
    Mutation(
        "registry",
        "a version deleted",
        registry("DELETE FROM model_versions WHERE version = 2"),
        "not in the registry",
    ),
)
EVIDENCE: Final = "mlartifacts/**/validation/evidence.json"
_MADE: Final = (
    Mutation(
        "evidence",
        "the ROC AUC",
        edit(EVIDENCE, put("evaluation", "metrics", "roc_auc", "value", value=0.9)),
        "roc_auc",
    ),
    Mutation(
        "evidence",
        "a count of the confusion",
        edit(EVIDENCE, put("evaluation", "confusion", "caught_default_count", value=9)),
        "caught_default_count",
    ),
    Mutation(
        "evidence",
        "the rows tested",
        edit(EVIDENCE, put("evaluation", "row_count", value=9)),
        "rows tested",
    ),
    Mutation(
        "evidence",
        "the verdict",
        edit(EVIDENCE, put("verdict", "level", value="refused")),
        "verdict",
    ),
    Mutation(
        "evidence",
        "of another version",
        edit(EVIDENCE, put("identity", "number", value=2)),
        "identity",
    ),
    Mutation(
        "evidence",
        "the rows learned from",
        edit(EVIDENCE, put("data", "snapshots", 0, "sha256", value=_ONES)),
        "evidence of version 1",
    ),
    Mutation("evidence", "deleted", remove(EVIDENCE), "no validation/evidence.json"),
    Mutation(
        "evidence",
        "the record of the training",
        edit(
            "mlartifacts/**/training/record.json",
            put("data", "snapshots", 0, "batch_id", value="0" * 16),
        ),
        "record.json",
    ),
    Mutation(
        "report",
        "the profile of another batch",
        replace_file("reports/*/v1/profile.json", "reports/*/v1/profile.json"),
        "profile.json",
    ),
    Mutation(
        "report",
        "a count of the profile",
        edit("reports/*/v1/profile.json", put("columns", "sex", "counts", 0, value=9)),
        "profile.json, sex",
    ),
    Mutation(
        "report",
        "the rows of the profile",
        edit("reports/*/v1/profile.json", put("row_count", value=9)),
        "profile.json, rows",
    ),
    Mutation(
        "report",
        "of a batch that was never scored",
        lambda lake: shutil.copytree(
            forge.find(lake, "reports/*/v1").parent, lake / "reports" / ("0" * 16)
        ),
        "never scored",
    ),
    Mutation(
        "monitor",
        "an alarm made ok",
        set_row("monitoring", "level", "ok", level="alarm"),
        "verdict feed",
    ),
    Mutation(
        "monitor",
        "an alarm's figures",
        set_row("monitoring", "figures", '{"row_count": 1}', level="alarm"),
        "verdict feed",
    ),
    Mutation(
        "monitor",
        "an ok made an alarm",
        set_row("monitoring", "level", "alarm", level="ok"),
        "alarm without an entry",
    ),
    Mutation("monitor", "its rows", set_row("monitoring", "row_count", 9), "row_count"),
    Mutation(
        "monitor", "its expected loss", set_row("monitoring", "expected_loss", 9.0), "expected_loss"
    ),
    Mutation(
        "monitor",
        "an alarm's verdict dropped",
        lambda lake: forge.rewrite(
            lake, "monitoring", lambda rows: rows.filter(pl.col("level") != "alarm")
        ),
        "verdict feed",
    ),
    Mutation("monitor", "a verdict doubled", double_row("monitoring"), "verdict"),
    Mutation(
        "monitor", "the version of an alarm", set_row("alarms", "model_version", 2), "alarm feed"
    ),
    Mutation("monitor", "an alarm doubled", double_row("alarms"), "alarm feed"),
    Mutation(
        "people", "an override's decision", set_row("overrides", "decision", "decline"), "override"
    ),
    Mutation(
        "people", "an override's reason", set_row("overrides", "reason", "a friend"), "override"
    ),
    Mutation("people", "an override dropped", drop_row("overrides"), "no such row"),
    Mutation("people", "an override doubled", double_row("overrides"), "override"),
    Mutation("people", "a finding's severity", set_row("findings", "severity", "low"), "findings"),
    Mutation(
        "people",
        "a finding reopened",
        set_row("findings", "closed_at", "", closed_because="recalibrated"),
        "closed findings",
    ),
    Mutation(
        "people", "a review's opinion", set_row("reviews", "opinion", "not fit for use"), "reviews"
    ),
    Mutation(
        "people",
        "a review dropped",
        lambda lake: forge.rewrite(lake, "reviews", lambda rows: rows.head(0)),
        "reviews",
    ),
    Mutation(
        "arrivals", "a rejected row dropped", drop_row("quarantine"), "rows that quarantine lacks"
    ),
    Mutation(
        "arrivals",
        "a rejected row of another batch",
        set_row("quarantine", "batch_id", "0" * 16),
        "rejected rows",
    ),
    Mutation(
        "arrivals",
        "a current outcome",
        set_row("outcomes", "defaulted", lambda one: 1 - one),
        "observation made last",
    ),
    Mutation(
        "arrivals",
        "an observed outcome",
        set_row("outcome_history", "defaulted", lambda one: 1 - one),
        "observation made last",
    ),
    Mutation("arrivals", "an outcome dropped", drop_row("outcomes"), "not current"),
    Mutation("arrivals", "an outcome doubled", double_row("outcomes"), "twice"),
    Mutation("arrivals", "an observation added", double_row("outcome_history"), "outcomes of file"),
    Mutation(
        "arrivals",
        "a file under another batch",
        lambda lake: forge.find(lake, "processed/*-quiet.csv").rename(
            lake / "processed" / f"{'0' * 16}-quiet.csv"
        ),
        "processed/",
    ),
)
MUTATIONS: Final = (
    *_flip_files(),
    *_BROKEN_CHAIN,
    *_forge_entries(),
    *_SCORES,
    *_LOGS,
    *_SNAPSHOTS,
    *_MODELS,
    *_MADE,
)
