from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from credit_default.adapters.delta.commits import create_rows
from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.tables.access_log import hash_client
from credit_default.adapters.tables.client_erasure import delete_client
from credit_default.adapters.tables.monitoring import read_monitoring, write_monitoring
from credit_default.adapters.tables.overrides import write_override
from credit_default.adapters.tables.quarantine import read_quarantine, write_quarantine
from credit_default.adapters.tables.queries import (
    CLIENT_TABLES,
    TABLES,
    Written,
    digest_frames,
    digest_scores,
    has_scores,
    measure_scores,
    merge_outcomes,
    read_observations,
    read_outcomes,
    read_scores,
    scan_table,
    write_observations,
    write_scores,
)
from credit_default.adapters.tables.schemas import locate_table
from credit_default.adapters.tables.scores import build_scores_key, build_scores_predicate
from credit_default.adapters.tables.shadow_scores import SHADOW_COLUMNS, write_shadow_scores
from credit_default.errors import InputError, ServiceError
from credit_default.gates.governance.override import Override

BATCH_ID = "ab" * 8
OTHER_ID = "cd" * 8
NOON = datetime(2005, 10, 1, 12, tzinfo=UTC)


def scored(count=4, *, batch_id=BATCH_ID, model_version=1, probability=0.25):
    return pl.DataFrame(
        {
            "client_id": [f"c{i}" for i in range(count)],
            "statement_month": ["2005-09" if i % 2 else "2005-10" for i in range(count)],
            "default_probability": [probability] * count,
            "decision": ["decline"] * count,
            "risk_band": ["high"] * count,
            "expected_loss": [1_000.0] * count,
            "reasons": [[] for _ in range(count)],
            "model_version": [model_version] * count,
            "batch_id": [batch_id] * count,
            "scored_at": [NOON] * count,
        },
        schema_overrides={"reasons": pl.List(pl.String)},
    )


def outcome(client_id="c1", month="2005-09", defaulted=0, observed_at=NOON):
    return {
        "client_id": client_id,
        "statement_month": month,
        "defaulted": defaulted,
        "observed_at": observed_at,
    }


def test_scores_come_back_as_they_were_written(lake):
    written = write_scores(lake, lambda: [scored(3), scored(2)], batch_id=BATCH_ID, model_version=1)

    found = read_scores(lake, batch_id=BATCH_ID, model_version=1)
    assert written == Written(5, already_existed=False)
    assert found.sort("client_id").equals(pl.concat([scored(3), scored(2)]).sort("client_id"))


def test_writing_a_batch_again_changes_nothing(lake):
    write_scores(lake, lambda: [scored(4, probability=0.1)], batch_id=BATCH_ID, model_version=1)
    again = write_scores(
        lake, lambda: [scored(4, probability=0.9)], batch_id=BATCH_ID, model_version=1
    )

    assert again == Written(0, already_existed=True)
    assert read_scores(lake, batch_id=BATCH_ID)["default_probability"].to_list() == [0.1] * 4
    assert DeltaTable(lake.table_uri("scores")).version() == 1


def test_scores_of_an_older_lake_without_a_key_are_replaced(lake):
    rows = scored(4, probability=0.1).to_arrow().cast(TABLES["scores"])
    write_deltalake(lake.table_uri("scores"), rows, partition_by=["statement_month"])

    before = has_scores(lake, batch_id=BATCH_ID, model_version=1)
    written = write_scores(
        lake, lambda: [scored(3, probability=0.9)], batch_id=BATCH_ID, model_version=1
    )

    assert not before
    assert written == Written(3, already_existed=False)
    assert read_scores(lake, batch_id=BATCH_ID)["default_probability"].to_list() == [0.9] * 3


def test_other_batches_and_versions_stay_when_one_is_replaced(lake):
    write_scores(lake, lambda: [scored(2, batch_id=OTHER_ID)], batch_id=OTHER_ID, model_version=1)
    write_scores(lake, lambda: [scored(3, model_version=2)], batch_id=BATCH_ID, model_version=2)
    write_scores(lake, lambda: [scored(4)], batch_id=BATCH_ID, model_version=1)

    assert read_scores(lake, batch_id=OTHER_ID).height == 2
    assert read_scores(lake, batch_id=BATCH_ID, model_version=2).height == 3
    assert read_scores(lake, batch_id=BATCH_ID, columns=("client_id",)).shape == (7, 1)


def test_a_batch_has_scores_only_once_they_are_committed(lake):
    before = has_scores(lake, batch_id=BATCH_ID, model_version=1)
    write_scores(lake, lambda: [scored()], batch_id=BATCH_ID, model_version=1)

    assert not before
    assert has_scores(lake, batch_id=BATCH_ID, model_version=1)
    assert not has_scores(lake, batch_id=BATCH_ID, model_version=2)
    assert not has_scores(lake, batch_id=OTHER_ID, model_version=1)


def test_a_reader_that_fails_half_way_commits_nothing_and_raises(lake):
    def failing():
        yield scored(4)
        raise InputError("file", found="an end", expected="more", remedy="Send it again.")

    with pytest.raises(InputError, match="found an end"):
        write_scores(lake, failing, batch_id=BATCH_ID, model_version=1)
    assert read_scores(lake, batch_id=BATCH_ID).is_empty()
    assert not has_scores(lake, batch_id=BATCH_ID, model_version=1)


def test_rows_of_another_batch_are_refused(lake):
    with pytest.raises(ServiceError, match="failed validation"):
        write_scores(lake, lambda: [scored(batch_id=OTHER_ID)], batch_id=BATCH_ID, model_version=1)

    assert read_scores(lake, batch_id=OTHER_ID).is_empty()


def test_runners_that_race_on_a_new_table_leave_one_result(lake):
    def run(number):
        return write_scores(
            lake, lambda: [scored(50, probability=number / 10)], batch_id=BATCH_ID, model_version=1
        )

    with ThreadPoolExecutor(6) as pool:
        written = list(pool.map(run, range(6)))

    found = read_scores(lake, batch_id=BATCH_ID)
    assert sorted(w.already_existed for w in written) == [False, *[True] * 5]
    assert found.height == 50
    assert found["default_probability"].n_unique() == 1


def test_a_batch_id_that_is_not_hex_never_reaches_a_predicate(lake):
    with pytest.raises(InputError, match="batch_id"):
        read_scores(lake, batch_id="x' OR '1'='1")
    with pytest.raises(InputError, match="batch_id"):
        write_scores(lake, lambda: [scored()], batch_id="x' OR '1'='1", model_version=1)


def test_tables_are_read_by_polars_alone(lake):
    write_scores(lake, lambda: [scored(4)], batch_id=BATCH_ID, model_version=1)

    table = pl.read_delta(lake.table_uri("scores"))

    assert table.height == 4
    assert table.schema["scored_at"] == pl.Datetime("us", "UTC")
    assert table.schema["reasons"] == pl.List(pl.String)


def test_tables_are_partitioned_by_month(lake):
    write_scores(lake, lambda: [scored(4)], batch_id=BATCH_ID, model_version=1)

    folders = sorted(path.name for path in Path(lake.table_uri("scores")).glob("statement_month=*"))
    assert folders == ["statement_month=2005-09", "statement_month=2005-10"]


def test_quarantined_rows_keep_line_rules_and_the_values_of_the_file(lake):
    rejected = pl.DataFrame(
        {
            "line": [7, 3],
            "client_id": ["c7", None],
            "statement_month": ["2005-09", "../../x"],
            "rules": [["age_range"], ["month_format", "client_id_missing"]],
            "age": ["-5", "</script>"],
            "sex": ["1", None],
        }
    )

    count = write_quarantine(lake, lambda: [rejected], batch_id=BATCH_ID)

    found = read_quarantine(lake, batch_id=BATCH_ID)
    assert (count.row_count, count.already_existed) == (2, False)
    assert found["line"].to_list() == [3, 7]
    assert found["client_id"].to_list() == [None, "c7"]
    assert found["statement_month"].to_list() == ["unknown", "2005-09"]
    assert found["rules"].to_list() == [["month_format", "client_id_missing"], ["age_range"]]
    assert found["raw_values"].to_list() == [
        '{"age":"</script>","sex":null}',
        '{"age":"-5","sex":"1"}',
    ]


def test_the_outcome_observed_last_is_current(lake):
    later = NOON.replace(hour=18)

    first = merge_outcomes(lake, pl.DataFrame([outcome("a"), outcome("b")]))
    second = merge_outcomes(
        lake, pl.DataFrame([outcome("a", defaulted=1, observed_at=later), outcome("c")])
    )
    third = merge_outcomes(lake, pl.DataFrame([outcome("a", defaulted=0)]))

    assert (first.inserted_count, first.updated_count, first.unchanged_count) == (2, 0, 0)
    assert (second.inserted_count, second.updated_count, second.unchanged_count) == (1, 1, 0)
    assert (third.inserted_count, third.updated_count, third.unchanged_count) == (0, 0, 1)
    assert read_outcomes(lake).select("client_id", "defaulted").rows() == [
        ("a", 1),
        ("b", 0),
        ("c", 0),
    ]


def test_outcomes_are_read_by_month(lake):
    merge_outcomes(lake, pl.DataFrame([outcome("a"), outcome("b", month="2005-10")]))

    assert read_outcomes(lake, months=["2005-10"])["client_id"].to_list() == ["b"]
    assert read_outcomes(lake, months=[]).is_empty()


def test_no_outcomes_merge_to_nothing(lake):
    counts = merge_outcomes(lake, pl.DataFrame([outcome()]).clear())

    assert (counts.inserted_count, counts.updated_count, counts.unchanged_count) == (0, 0, 0)


def test_an_outcome_of_no_month_is_refused(lake):
    with pytest.raises(InputError, match="statement_month"):
        merge_outcomes(lake, pl.DataFrame([outcome(month="x') OR (1=1")]))


observations = st.tuples(st.sampled_from("ab"), st.integers(0, 1), st.integers(0, 3))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(observations, min_size=2, max_size=6), st.randoms(use_true_random=False))
def test_outcomes_end_up_the_same_whatever_the_order_of_files(tmp_path_factory, items, random):
    rows = [
        outcome(client, "2005-09", flag, NOON.replace(hour=hour)) for client, flag, hour in items
    ]
    shuffled = random.sample(rows, len(rows))
    one, two = (open_lake(tmp_path_factory.mktemp("lake")) for _ in range(2))

    merge_outcomes(one, pl.DataFrame(rows))
    for row in shuffled:
        merge_outcomes(two, pl.DataFrame([row]))

    assert read_outcomes(one).equals(read_outcomes(two))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(observations, min_size=1, max_size=4), min_size=1, max_size=3))
def test_the_current_outcomes_are_the_last_of_all_that_were_ever_observed(tmp_path_factory, files):
    lake = open_lake(tmp_path_factory.mktemp("lake"))
    for number, items in enumerate(files):
        rows = pl.DataFrame(
            [
                outcome(client, "2005-09", flag, NOON.replace(hour=hour))
                for client, flag, hour in items
            ]
        )
        write_observations(lake, rows, batch_id=f"{number:08x}", taken_in_at=NOON)
        merge_outcomes(lake, rows)

    history = read_observations(lake)
    last = history.sort("observed_at", "defaulted").group_by("client_id", "statement_month").last()
    assert history.height == sum(len(items) for items in files)
    assert read_outcomes(lake).equals(last.select(read_outcomes(lake).columns).sort("client_id"))


def test_every_observation_is_kept_once_with_the_file_it_came_in(lake):
    rows = pl.DataFrame([outcome("a"), outcome("a", defaulted=1)])

    first = write_observations(lake, rows, batch_id=BATCH_ID, taken_in_at=NOON)
    again = write_observations(lake, rows, batch_id=BATCH_ID, taken_in_at=NOON)
    write_observations(lake, rows.head(1), batch_id=OTHER_ID, taken_in_at=NOON)

    assert (first, again) == (Written(2, already_existed=False), Written(0, already_existed=True))
    found = (
        read_observations(lake, client_id="a").select("defaulted", "batch_id", "taken_in_at").rows()
    )
    assert found == [(0, BATCH_ID, NOON), (0, OTHER_ID, NOON), (1, BATCH_ID, NOON)]
    assert read_observations(lake, client_id="b").is_empty()


def test_a_file_is_merged_in_one_commit(lake):
    merge_outcomes(
        lake,
        pl.DataFrame([outcome("a"), outcome("b", month="2005-10"), outcome("c", month="2005-11")]),
    )

    assert DeltaTable(lake.table_uri("outcomes")).version() == 1


def test_an_outcomes_file_that_was_merged_under_its_name_is_not_merged_again(lake):
    rows = pl.DataFrame([outcome("a"), outcome("b")])
    merge_outcomes(lake, rows, batch_id=BATCH_ID)
    delete_client(lake, ["a"])

    again = merge_outcomes(lake, rows, batch_id=BATCH_ID)

    assert (again.inserted_count, again.updated_count, again.unchanged_count) == (0, 0, 2)
    assert read_outcomes(lake)["client_id"].to_list() == ["b"]


def test_scores_are_measured_by_batch_and_version(lake):
    mixed = scored(4).with_columns(
        default_probability=pl.Series([0.1, 0.2, 0.3, 0.8]),
        decision=pl.Series(["accept"] * 3 + ["decline"]),
    )
    write_scores(lake, lambda: [mixed.head(3), mixed.tail(1)], batch_id=BATCH_ID, model_version=1)
    write_scores(lake, lambda: [scored(9, model_version=2)], batch_id=BATCH_ID, model_version=2)

    measured = measure_scores(lake, batch_id=BATCH_ID, model_version=1)

    assert (measured.scored_count, measured.declined_count) == (4, 1)
    assert measured.expected_default_share == pytest.approx(0.35)
    assert measure_scores(lake, batch_id=OTHER_ID, model_version=1).scored_count == 0


def test_expected_losses_are_summed_by_decision_and_by_band_over_all_frames(lake):
    mixed = scored(4).with_columns(
        decision=pl.Series(["accept"] * 3 + ["decline"]),
        risk_band=pl.Series(["A", "B", "B", "C"]),
        expected_loss=pl.Series([1.0, 2.0, 4.0, 8.0]),
    )
    write_scores(lake, lambda: [mixed.head(2), mixed.tail(2)], batch_id=BATCH_ID, model_version=1)

    measured = measure_scores(lake, batch_id=BATCH_ID, model_version=1)

    assert measured.expected_losses == {
        "accept": 7.0,
        "decline": 8.0,
        "band A": 1.0,
        "band B": 6.0,
        "band C": 8.0,
    }


def test_a_portfolio_without_expected_loss_has_no_sums_of_it(lake):
    nothing = scored(4).with_columns(expected_loss=pl.lit(None, dtype=pl.Float64))
    write_scores(lake, lambda: [nothing], batch_id=BATCH_ID, model_version=1)

    assert measure_scores(lake, batch_id=BATCH_ID, model_version=1).expected_losses == {}


def test_scores_of_a_lake_from_before_a_column_are_read_and_written_beside_new_ones(lake):
    older = pa.schema([field for field in TABLES["scores"] if field.name != "expected_loss"])
    create_rows(
        replace(locate_table(lake, "scores"), schema=older),
        lambda: [scored(3, model_version=1)],
        key=build_scores_key(BATCH_ID, 1),
        predicate=build_scores_predicate(BATCH_ID, 1),
    )

    before = read_scores(lake, batch_id=BATCH_ID)
    digest = digest_scores(lake, batch_id=BATCH_ID, model_version=1)
    losses = measure_scores(lake, batch_id=BATCH_ID, model_version=1).expected_losses
    write_scores(lake, lambda: [scored(2, model_version=2)], batch_id=BATCH_ID, model_version=2)

    assert before["expected_loss"].to_list() == [None] * 3
    assert losses == {}
    after = read_scores(lake, batch_id=BATCH_ID).sort("model_version")
    assert after["expected_loss"].to_list() == [None] * 3 + [1_000.0] * 2
    assert digest_scores(lake, batch_id=BATCH_ID, model_version=1) == digest


def test_the_digest_of_scores_is_that_of_the_frames_in_any_order_and_size(lake):
    rows = pl.concat(
        [scored(5), scored(1).with_columns(client_id=pl.lit("x"), default_probability=0.5)]
    )
    write_scores(lake, lambda: [rows], batch_id=BATCH_ID, model_version=1)

    digest = digest_scores(lake, batch_id=BATCH_ID, model_version=1)

    assert digest == digest_frames([rows])
    assert digest == digest_frames([rows.reverse().head(2), rows.head(4)])
    assert digest == digest_frames(
        [rows.drop("reasons", "scored_at").sample(fraction=1, shuffle=True, seed=1)]
    )
    assert digest == "12c5f215941102a2a72bed50d0e9a09819002443c25cee4df9514e9e1187f8e3"


@pytest.mark.parametrize(
    "change",
    [
        {"default_probability": pl.col("default_probability") + 2**-54},
        {"client_id": pl.col("client_id") + " "},
        {"statement_month": pl.lit("2005-11")},
        {"decision": pl.lit("accept")},
        {"decision": pl.lit(None, dtype=pl.String)},
        {"client_id": pl.col("decision") + pl.col("client_id"), "decision": pl.lit("")},
    ],
)
def test_a_change_to_one_score_changes_the_digest(change):
    rows = scored(5)
    first = pl.int_range(pl.len()) == 0
    changed = rows.with_columns(
        **{n: pl.when(first).then(e).otherwise(pl.col(n)) for n, e in change.items()}
    )

    assert digest_frames([changed]) != digest_frames([rows])


def test_a_row_that_comes_twice_or_not_at_all_changes_the_digest():
    rows = scored(3)

    found = {
        digest_frames([r])
        for r in (rows, rows.head(2), pl.concat([rows, rows.head(1)]), rows.clear())
    }

    assert len(found) == 4
    assert digest_frames([]) == digest_frames([rows.clear()])


def everywhere(lake, client_id):
    """A row of this client, and one of another, in every table with rows of clients."""
    rows = scored(2).with_columns(client_id=pl.Series([client_id, "other"]))
    write_scores(lake, lambda: [rows], batch_id=BATCH_ID, model_version=1)
    shadow = rows.select(SHADOW_COLUMNS).with_columns(model_version=pl.lit(2))
    write_shadow_scores(lake, lambda: [shadow], batch_id=BATCH_ID, model_version=2)
    refused = pl.DataFrame(
        {
            "line": [2, 3],
            "client_id": [client_id, "other"],
            "statement_month": ["2005-09"] * 2,
            "rules": [["r"]] * 2,
        }
    )
    write_quarantine(lake, lambda: [refused], batch_id=BATCH_ID)
    outcomes = pl.DataFrame([outcome(client_id), outcome("other")])
    write_observations(lake, outcomes, batch_id=BATCH_ID, taken_in_at=NOON)
    merge_outcomes(lake, outcomes)
    for number, client in enumerate([client_id, "other"]):
        override = Override(
            batch_id=BATCH_ID,
            model_version=1,
            client_id=client,
            statement_month="2005-09",
            scored_decision="decline",
            decision="accept",
            reason="income was proved",
            decided_by="Ada",
            decided_at=NOON.isoformat(),
            salt=f"{number:032x}",
        )
        write_override(lake, override)
        hash_client(lake, client, at=NOON)


@pytest.mark.parametrize("client_id", ["zebra-17", "d'Arc\" OR 1=1 --", "../../é\x1b[31m"])
def test_a_client_who_is_erased_is_in_no_file_of_the_lake(lake, client_id):
    everywhere(lake, client_id)
    found_before = [p for p in lake.home.rglob("*.parquet") if client_id.encode() in p.read_bytes()]

    counts = delete_client(lake, [client_id])

    assert len(found_before) >= len(CLIENT_TABLES)
    assert counts == dict.fromkeys(CLIENT_TABLES, 1)
    assert [
        p for p in lake.home.rglob("*") if p.is_file() and client_id.encode() in p.read_bytes()
    ] == []
    for name in CLIENT_TABLES:
        assert scan_table(lake, name).select("client_id").collect()["client_id"].to_list() == [
            "other"
        ]
    assert delete_client(lake, [client_id]) == dict.fromkeys(CLIENT_TABLES, 0)


def test_no_client_is_named_in_the_log_of_a_table(lake):
    everywhere(lake, "zebra-17")

    assert [
        p for p in lake.home.rglob("_delta_log/*") if p.is_file() and b"zebra-17" in p.read_bytes()
    ] == []


def test_an_erasure_in_a_lake_without_tables_makes_none(lake):
    assert delete_client(lake, ["a"]) == dict.fromkeys(CLIENT_TABLES, 0)
    assert not (lake.home / "tables").exists()


def test_a_batch_whose_client_was_erased_stays_as_it_is_when_it_is_scored_again(lake):
    everywhere(lake, "a")
    delete_client(lake, ["a"])

    again = write_scores(lake, lambda: [scored(2)], batch_id=BATCH_ID, model_version=1)

    assert again.already_existed
    assert read_scores(lake, batch_id=BATCH_ID)["client_id"].to_list() == ["other"]


def monitored(level="ok", *, gate="drift", batch_id=BATCH_ID, month="2005-10"):
    return pl.DataFrame(
        {
            "batch_id": [batch_id],
            "model_version": [1],
            "statement_month": [month],
            "gate": [gate],
            "level": [level],
            "reasons": [["3 of 23 columns drifted"]],
            "figures": ['{"drifted_share": 0.13}'],
            "row_count": [2500],
            "expected_loss": [1_250_000.5],
            "data_origin": ["simulated"],
            "report_path": ["reports/x/v1/report.html"],
            "monitored_at": [NOON],
        }
    )


def test_a_monitors_finding_replaces_its_earlier_one_and_no_other(lake):
    write_monitoring(lake, monitored("ok", batch_id=OTHER_ID, month="2005-11"))
    write_monitoring(lake, monitored("ok"))
    write_monitoring(lake, monitored("alarm"))
    write_monitoring(lake, monitored("watch", gate="performance"))

    found = read_monitoring(lake).select("statement_month", "gate", "level").rows()
    assert found == [
        ("2005-10", "drift", "alarm"),
        ("2005-10", "performance", "watch"),
        ("2005-11", "drift", "ok"),
    ]


def test_a_gate_with_a_quote_in_its_name_is_refused(lake):
    with pytest.raises(InputError, match="gate"):
        write_monitoring(lake, monitored(gate="x' OR '1'='1"))


@pytest.mark.parametrize("name", [*CLIENT_TABLES, "monitoring"])
def test_a_table_that_was_never_written_is_empty_with_its_columns(lake, name):
    table = scan_table(lake, name).collect()

    assert table.is_empty()
    assert {"statement_month", "month"} & set(table.columns)
    assert not (lake.home / "tables").exists()


@pytest.mark.parametrize("content", [b"", b"PAR1 nothing PAR1", None])
def test_a_damaged_table_is_a_service_error(lake, content):
    write_scores(lake, lambda: [scored()], batch_id=BATCH_ID, model_version=1)
    for path in Path(lake.table_uri("scores")).rglob("*.parquet"):
        path.unlink() if content is None else path.write_bytes(content)

    with pytest.raises(ServiceError, match=r"table .*scores"):
        read_scores(lake, batch_id=BATCH_ID)
