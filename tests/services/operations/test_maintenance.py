import datetime as dt

import polars as pl
import pytest
from deltalake import DeltaTable
from tests.fakes.batch_tables import put_scores, put_verdict

from credit_default.adapters.delta.upkeep import merge_small_files, remove_replaced_files
from credit_default.adapters.tables.client_erasure import delete_client
from credit_default.adapters.tables.ledger import append_entry, read_entries
from credit_default.adapters.tables.monitoring import count_monitored_batches, read_monitoring
from credit_default.adapters.tables.queries import has_scores, read_scores
from credit_default.adapters.tables.schemas import CLIENT_TABLES, locate_table
from credit_default.adapters.tables.score_digests import digest_results
from credit_default.engine_settings import MaintenanceSettings
from credit_default.errors import InputError
from credit_default.gates.ledger.chain import judge_chain
from credit_default.services.operations.maintenance import maintain_tables, prove_maintained
from credit_default.settings import load_settings

NOON = dt.datetime(2006, 1, 1, 12, tzinfo=dt.UTC)
COUNT = 9


def write_batches(lake):
    for number in range(COUNT):
        batch = f"{number:016x}"
        put_scores(lake, batch, "2005-09")
        put_verdict(lake, batch, "2005-09")
        append_entry(
            lake, event="refused", key=batch, batch_id=batch, model_version=0, details={}, at=NOON
        )


def list_files(lake, table):
    folder = lake.home / "tables" / table
    return [path for path in folder.rglob("*.parquet") if "_delta_log" not in path.parts]


def test_many_small_files_become_few_and_what_they_say_stays(wiring):
    lake = wiring.lake
    write_batches(lake)
    before = (digest_results(lake), read_monitoring(lake), read_entries(lake))

    summary = maintain_tables(wiring)

    used = [len(DeltaTable(lake.table_uri(name)).file_uris()) for name in ("scores", "monitoring")]
    assert (summary.status, summary.counts) == (
        "maintained",
        {"files merged": 3 * COUNT, "files removed": 0},
    )
    assert used == [1, 1]
    assert digest_results(lake) == before[0]
    assert read_monitoring(lake).equals(before[1])
    assert read_entries(lake) == before[2]
    assert judge_chain(read_entries(lake)).passed
    assert all(
        has_scores(lake, batch_id=f"{number:016x}", model_version=1) for number in range(COUNT)
    )


def test_maintaining_again_finds_nothing_to_do(wiring):
    write_batches(wiring.lake)
    maintain_tables(wiring)

    again = maintain_tables(wiring)

    assert (again.status, set(again.counts.values())) == ("nothing to do", {0})


def test_lake_without_tables_has_nothing_to_do(wiring):
    assert maintain_tables(wiring).status == "nothing to do"
    assert not (wiring.lake.home / "tables").exists()


def test_client_whose_rows_were_merged_is_in_no_file_after_an_erasure(wiring):
    lake = wiring.lake
    write_batches(lake)
    maintain_tables(wiring)

    counts = delete_client(lake, ["2"])

    assert counts["scores"] == COUNT
    files = [path for name in CLIENT_TABLES for path in list_files(lake, name)]
    clients = {client for path in files for client in pl.read_parquet(path)["client_id"]}
    assert clients == {"0", "1", "3"}
    assert maintain_tables(wiring).counts["files removed"] == 0
    assert "2" not in read_scores(lake, batch_id=f"{1:016x}")["client_id"]


def test_what_was_maintained_is_proved_and_scores_that_do_not_match_are_an_alarm(wiring):
    write_batches(wiring.lake)

    summary = prove_maintained(wiring, maintain_tables(wiring))

    assert {verdict.gate: verdict.level for verdict in summary.verdicts} == {
        "ledger": "ok",
        "scores": "alarm",  # they have no entry
    }
    assert (summary.exit_code, summary.counts["files merged"]) == (1, 3 * COUNT)


def test_newest_batches_are_read_alone(wiring):
    for number in range(4):
        put_verdict(wiring.lake, f"{number:016x}", f"2005-0{9 - number}")

    found = read_monitoring(wiring.lake, last=2)

    assert found["statement_month"].to_list() == ["2005-08", "2005-09"]
    assert count_monitored_batches(wiring.lake) == 4


@pytest.mark.parametrize("days", [0, 8])
def test_files_are_kept_for_one_to_seven_days(days):
    assert MaintenanceSettings().keep_days == 7
    with pytest.raises(InputError, match="keep_days"):
        load_settings({"maintenance": {"keep_days": days}}, environment={})


def test_lake_in_a_bucket_is_maintained_too(make_wiring, s3_uri, tmp_path):
    wiring = make_wiring(lake=s3_uri, home=str(tmp_path / "home"))
    for number in range(3):
        put_verdict(wiring.lake, f"{number:016x}", "2005-09")
    monitoring = locate_table(wiring.lake, "monitoring")

    merged = merge_small_files(monitoring, fewest=2)
    removed = remove_replaced_files(monitoring, keep=dt.timedelta(0))
    again = remove_replaced_files(monitoring, keep=dt.timedelta(0))

    assert (merged, removed, again) == (3, 3, 0)
    assert read_monitoring(wiring.lake).height == 3
