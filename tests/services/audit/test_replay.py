"""What `verify` proves, and each planted tampering that it must find."""

import datetime as dt
import json
import shutil
from dataclasses import replace

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from credit_default.adapters.lake.snapshots import list_snapshots, read_snapshot, read_snapshot_rows
from credit_default.adapters.tables.ledger import read_entries
from credit_default.adapters.tables.quarantine import read_quarantine, write_quarantine
from credit_default.adapters.tables.queries import read_outcomes, read_scores, scan_table
from credit_default.errors import ArtifactError, InputError
from credit_default.failpoints import armed_failpoint
from credit_default.services.audit.erasure import forget_client
from credit_default.services.audit.replay import verify_lake
from credit_default.services.intake.file_check import check_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.explain_client import explain_client
from credit_default.services.scoring.score_batch import score_file

pytestmark = pytest.mark.xdist_group("mlflow")

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
LATER = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
KEY = ["client_id", "statement_month"]


@pytest.fixture
def rows(known_rows):
    return known_rows.filter(statement_month="2005-10").drop("defaulted").head(20)


@pytest.fixture
def wired(champion_lake, make_wiring, tmp_path):
    """A lake of its own by the MLflow of the lake with a champion."""
    return make_wiring(
        tmp_path / "own", mlflow={"tracking_uri": champion_lake.wiring.lake.tracking_uri}
    )


@pytest.fixture
def scored(wired, champion_lake, rows, tmp_path):
    spoiled = rows.with_columns(sex=pl.when(pl.int_range(pl.len()) < 1).then(9).otherwise("sex"))
    spoiled.write_csv(tmp_path / "batch.csv")
    checked = check_file(wired, str(tmp_path / "batch.csv"), month=None, outcome="ignored")
    return score_file(wired, checked, champion_lake.champion, scored_at=NOON)


def verify(wired, batch_id=None, client_id=None, head=None):
    summary = verify_lake(wired, batch_id=batch_id, client_id=client_id, head=head)
    return {verdict.gate: verdict.level for verdict in summary.verdicts}, summary


def test_an_untouched_lake_is_proved_and_its_scores_are_reproduced(wired, scored):
    levels, summary = verify(wired, scored.batch_id)

    assert levels == {"ledger": "ok", "scores": "ok", "replay": "ok"}
    assert (summary.status, summary.exit_code) == ("proved", 0)


def test_a_client_is_replayed_under_the_id_as_it_was_written(wired, champion_lake, rows, tmp_path):
    numbers = rows.with_columns(client_id=pl.format("{}.0", pl.int_range(20_001, 20_021)))
    numbers.write_csv(tmp_path / "numbers.csv")
    checked = check_file(wired, str(tmp_path / "numbers.csv"), month=None, outcome="ignored")
    champion = replace(champion_lake.champion, data_origin="real")
    scored = score_file(wired, checked, champion, scored_at=NOON)

    for spelling in ("20001", "20001.0"):
        levels, _ = verify(wired, scored.batch_id, client_id=spelling)
        explained = explain_client(wired, scored.batch_id, spelling)
        assert (levels["replay"], explained.client_id) == ("ok", "20001")


def test_one_client_is_replayed(wired, scored, rows):
    levels, summary = verify(wired, scored.batch_id, client_id=rows["client_id"][5])

    assert levels["replay"] == "ok"
    stored = read_scores(wired.lake, batch_id=scored.batch_id).filter(
        client_id=rows["client_id"][5]
    )
    assert repr(stored["default_probability"][0]) in summary.verdicts[-1].reasons[0]


def test_an_empty_lake_is_proved(wired):
    assert verify(wired)[0] == {"ledger": "ok", "scores": "ok"}


def test_a_changed_score_is_found(wired, scored, rows):
    client = rows["client_id"][5]
    DeltaTable(wired.lake.table_uri("scores")).update(
        {"default_probability": "default_probability + 0.000000001"},
        predicate=f"client_id = '{client}'",
    )

    levels, summary = verify(wired, scored.batch_id, client_id=client)

    assert (levels["scores"], levels["replay"], summary.exit_code) == ("alarm", "alarm", 1)
    assert scored.batch_id in summary.verdicts[1].reasons[0]


def test_a_deleted_score_is_found(wired, scored, rows):
    DeltaTable(wired.lake.table_uri("scores")).delete(f"client_id = '{rows['client_id'][5]}'")

    assert verify(wired)[0] == {"ledger": "ok", "scores": "alarm"}


def replace_in_ledger(lake, old, new):
    entries = scan_table(lake, "ledger").collect()
    changed = entries.with_columns(details=pl.col("details").str.replace(old, new))
    assert not changed.equals(entries)
    shutil.rmtree(lake.table_uri("ledger"))  # the table itself takes nothing but new rows
    write_deltalake(lake.table_uri("ledger"), changed.to_arrow(), partition_by=["month"])


@pytest.mark.parametrize("new", ['"scored_count":18', '"scored_total":19'])
def test_a_changed_entry_is_found(wired, scored, new):
    replace_in_ledger(wired.lake, '"scored_count":19', new)

    levels, summary = verify(wired)

    assert levels["ledger"] == "alarm"
    assert "entry 2" in summary.verdicts[0].reasons[0]


@pytest.mark.parametrize("new", ["null", "no JSON", "{}"])
def test_an_entry_changed_beyond_reading_is_found_with_the_scores_that_it_was_about(
    wired, scored, new
):
    replace_in_ledger(wired.lake, '^.*"scored_count":19.*$', new)

    levels, summary = verify(wired, scored.batch_id)

    assert levels == {"ledger": "alarm", "scores": "alarm", "replay": "alarm"}
    assert (summary.status, summary.exit_code) == ("broken", 1)
    assert "entry 2" in summary.verdicts[0].reasons[0]
    assert scored.batch_id in summary.verdicts[1].reasons[0]


def test_a_chain_forged_as_a_whole_is_found_by_a_head_kept_elsewhere(wired, scored):
    head = verify(wired)[1].paths["head"]

    assert verify(wired, head=head)[0]["ledger"] == "ok"
    assert verify(wired, head="f" * 64)[0]["ledger"] == "alarm"


def test_changed_rows_are_refused_by_their_checksum(wired, scored):
    snapshot = read_snapshot(wired.lake, scored.batch_id)
    content = bytearray(wired.lake.storage.read_object(snapshot.rows_key))
    content[100] ^= 1
    wired.lake.storage.write_object(snapshot.rows_key, bytes(content))

    with pytest.raises(ArtifactError, match="good checksums"):
        verify(wired, scored.batch_id)


def test_a_batch_that_was_never_scored_and_a_client_that_is_not_in_it_are_refused(wired, scored):
    with pytest.raises(InputError, match="no scores on record"):
        verify(wired, "0123456789abcdef")
    with pytest.raises(InputError, match="no score in batch"):
        verify(wired, scored.batch_id, client_id="nobody")


def take_in(wired, rows, tmp_path):
    rows.select(*KEY, defaulted=pl.lit(1), observed_at=pl.lit("2005-12-31")).write_csv(
        tmp_path / "outcomes.csv"
    )
    ingest_outcomes_file(wired, str(tmp_path / "outcomes.csv"), taken_in_at=LATER)


def test_an_erased_client_is_nowhere_and_the_rest_is_proved(wired, scored, rows, tmp_path):
    client = rows["client_id"][5]
    take_in(wired, rows, tmp_path)
    wired.lake.storage.write_object(
        f"processed/{scored.batch_id}-batch.csv", (tmp_path / "batch.csv").read_bytes()
    )

    summary = forget_client(wired, client, forgotten_at=LATER)

    assert summary.counts == {
        "scores": 1,
        "shadow_scores": 0,
        "quarantine": 0,
        "outcomes": 1,
        "outcome_history": 1,
        "overrides": 0,
        "pseudonyms": 0,
        "snapshots": 1,
        "files": 1,
    }
    assert client not in read_scores(wired.lake, batch_id=scored.batch_id)["client_id"]
    assert client not in read_outcomes(wired.lake)["client_id"]
    assert [
        client in rows["client_id"]
        for s in list_snapshots(wired.lake)
        for rows in read_snapshot_rows(s)
    ] == [False]
    assert find(wired, client) == []
    levels, _ = verify(wired, scored.batch_id)
    assert levels == {"ledger": "ok", "scores": "ok", "replay": "ok"}


def test_the_ledger_names_no_client(wired, scored, rows, tmp_path):
    take_in(wired, rows, tmp_path)
    forget_client(wired, rows["client_id"][5], forgotten_at=LATER)

    reported = json.dumps([entry.details + entry.key for entry in read_entries(wired.lake)])

    assert not any(client in reported for client in rows["client_id"])


def test_a_rejected_row_is_erased_too_with_the_file_that_it_came_in(wired, scored, rows):
    wired.lake.storage.write_object(f"processed/{scored.batch_id}-batch.csv", b"as it came")

    forget_client(wired, rows["client_id"][0], forgotten_at=LATER)

    assert read_quarantine(wired.lake, batch_id=scored.batch_id).is_empty()
    assert list(wired.lake.storage.list_objects("processed/")) == []


@pytest.mark.parametrize("spelling", ["20001", "20001.0"])
def test_a_client_is_erased_under_every_spelling_of_the_id(wiring, tmp_path, spelling):
    path = tmp_path / "outcomes.csv"
    ids = ["20001.0", "20001", "120001.0", "20001.5", *(str(n) for n in range(20_002, 20_012))]
    lines = [f"{client_id},2005-09,0,2005-11-01" for client_id in ids]
    path.write_text("client_id,statement_month,defaulted,observed_at\n" + "\n".join(lines) + "\n")
    ingest_outcomes_file(wiring, str(path), taken_in_at=NOON)
    # As an older version kept the row of a spreadsheet.
    older = pl.DataFrame(
        {
            "line": [2, 3],
            "client_id": ["20001.0", "20001.5"],
            "statement_month": ["2005-09"] * 2,
            "rules": [["age|min"]] * 2,
            "age": ["7"] * 2,
        }
    )
    write_quarantine(wiring.lake, lambda: [older], batch_id="ab" * 8)

    summary = forget_client(wiring, spelling, forgotten_at=LATER)

    assert (summary.counts["outcomes"], summary.counts["quarantine"]) == (1, 1)
    assert summary.counts["outcome_history"] == 2
    assert read_outcomes(wiring.lake)["client_id"].sort().to_list() == sorted({"120001", *ids[3:]})
    assert read_quarantine(wiring.lake, batch_id="ab" * 8)["client_id"].to_list() == ["20001.5"]


def test_a_client_without_rows_is_refused_and_leaves_no_trace(wired, scored):
    before = read_entries(wired.lake)

    with pytest.raises(InputError, match="nowhere in the lake"):
        forget_client(wired, "nobody", forgotten_at=LATER)

    assert read_entries(wired.lake) == before


@pytest.mark.parametrize(
    "point", ["forget.begun", "forget.files", "forget.tables", "forget.snapshots"]
)
def test_an_erasure_that_a_crash_cut_short_is_completed_by_the_next(wired, scored, rows, point):
    client = rows["client_id"][5]

    with armed_failpoint(point, die), pytest.raises(KeyboardInterrupt):
        forget_client(wired, client, forgotten_at=NOON)
    forget_client(wired, client, forgotten_at=LATER)

    assert verify(wired, scored.batch_id)[0] == {"ledger": "ok", "scores": "ok", "replay": "ok"}


def die():
    raise KeyboardInterrupt


def find(wired, client):
    """Every file in the lake that holds the client, whatever its compression."""
    return [
        path
        for path in wired.lake.home.rglob("*")
        if path.is_file() and client in read_content(path)
    ]


def read_content(path):
    if path.suffix == ".parquet":
        return str(pl.read_parquet(path, hive_partitioning=False).to_dicts())
    return path.read_bytes().decode(errors="replace")


def test_rows_that_a_crash_left_beside_a_snapshot_are_deleted_by_the_next_erasure(
    wired, scored, rows
):
    client = rows["client_id"][5]
    with armed_failpoint("snapshot.replaced", die), pytest.raises(KeyboardInterrupt):
        forget_client(wired, client, forgotten_at=NOON)
    assert find(wired, client)

    forget_client(wired, client, forgotten_at=LATER)

    assert find(wired, client) == []


def test_an_erasure_that_was_cut_short_is_not_completed_by_that_of_another_client(
    wired, scored, rows
):
    cut_short, other = rows["client_id"][5], rows["client_id"][6]
    with armed_failpoint("forget.begun", die), pytest.raises(KeyboardInterrupt):
        forget_client(wired, cut_short, forgotten_at=NOON)

    reported = forget_client(wired, "nobody", forgotten_at=LATER)
    forget_client(wired, other, forgotten_at=LATER)

    assert reported.status == "nothing found of this client"
    assert "was cut short: run `forget` again for its client" in reported.notes[0]
    done = [
        json.loads(e.details)["begun"]
        for e in read_entries(wired.lake)
        if e.key.startswith("forgotten forgetting")
    ]
    assert done == [f"forgetting {LATER.isoformat()}"]
    assert cut_short in read_scores(wired.lake, batch_id=scored.batch_id)["client_id"]


def test_a_batch_whose_every_client_was_erased_is_read_as_empty(wired, scored, rows):
    for number, client in enumerate(rows["client_id"]):
        forget_client(wired, client, forgotten_at=LATER + dt.timedelta(seconds=number))

    assert [
        frame.height for frame in read_snapshot_rows(read_snapshot(wired.lake, scored.batch_id))
    ] == [0]
    assert verify(wired)[0] == {"ledger": "ok", "scores": "ok"}


def test_a_ledger_that_is_gone_and_scores_that_are_not_on_record_are_found(wired, scored):
    shutil.rmtree(wired.lake.table_uri("ledger"))

    levels, summary = verify(wired)

    assert (levels, summary.exit_code) == ({"ledger": "ok", "scores": "alarm"}, 1)
    assert "1 results are not on record" in summary.verdicts[1].reasons[0]


def test_a_client_without_a_batch_is_refused(wired, scored):
    with pytest.raises(InputError, match="--client: found no batch"):
        verify(wired, client_id="anybody")
