"""Engines of other people read the tables as they are: DuckDB by its own Delta reader, Polars, pandas."""

import datetime as dt
import re
from pathlib import Path

import duckdb
import duckdb_extension_delta
import polars as pl
import pytest
from deltalake import DeltaTable

from credit_default.adapters.tables.access_log import AccessEntry, hash_client, write_access
from credit_default.adapters.tables.alarms import open_alarm
from credit_default.adapters.tables.client_erasure import delete_client
from credit_default.adapters.tables.ledger import append_entry
from credit_default.adapters.tables.model_reviews import write_finding, write_review
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.adapters.tables.overrides import write_override
from credit_default.adapters.tables.quarantine import write_quarantine
from credit_default.adapters.tables.queries import (
    TABLES,
    merge_outcomes,
    write_observations,
    write_scores,
)
from credit_default.adapters.tables.shadow_scores import SHADOW_COLUMNS, write_shadow_scores
from credit_default.gates.governance.findings import Finding, Review
from credit_default.gates.governance.override import Override
from credit_default.gates.monitoring.alarms import Alarm

NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)
BATCH_ID = "ab" * 8
CLIENTS = ["a", "b", "c", "é'4"]


def fill(lake):
    """Some rows in every table: two commits of scores, an outcome that was corrected, a client who was forgotten."""
    for version in (1, 2):
        write_scores(
            lake,
            lambda version=version: [scores(version)],
            batch_id=BATCH_ID,
            model_version=version,
        )
    write_shadow_scores(
        lake,
        lambda: [scores(3).select(SHADOW_COLUMNS)],
        batch_id=BATCH_ID,
        model_version=3,
    )
    rejected = pl.DataFrame(
        {
            "line": [7, 9],
            "client_id": ["x", None],
            "statement_month": ["2005-09", "?"],
            "rules": [["age|min"]] * 2,
        }
    ).with_columns(age=pl.lit("-5"))
    write_quarantine(lake, lambda: [rejected], batch_id=BATCH_ID)
    for number, defaulted in enumerate([0, 1]):
        observed = pl.DataFrame(
            {
                "client_id": CLIENTS,
                "statement_month": "2005-09",
                "defaulted": defaulted,
                "observed_at": NOON.replace(hour=number),
            }
        )
        write_observations(lake, observed, batch_id=f"{number:08x}", taken_in_at=NOON)
        merge_outcomes(lake, observed)
    write_monitoring(lake, monitored())
    open_alarm(lake, Alarm("feed", 1, "2005-10", BATCH_ID, opened_at=NOON.isoformat()), before=None)
    for number in range(3):
        append_entry(
            lake,
            event="scored",
            key=f"scored {number}",
            batch_id=BATCH_ID,
            model_version=number,
            details={"scored_count": 4, "input_sha256": "0a", "threshold": 0.25},
            at=NOON,
        )
    fill_decisions_of_people(lake)
    delete_client(lake, ["b"])


def fill_decisions_of_people(lake):
    for number, client in enumerate(CLIENTS):
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
    finding = Finding(
        finding_id="0a1b2c3d",
        model_version=1,
        severity="high",
        title="too low in band C",
        owner="Risk models",
        due="2005-12-31",
        opened_by="Ada",
        opened_at=NOON.isoformat(),
    )
    write_finding(lake, finding)
    said = {"opinion": "fit for use", "reason": "validated", "next_review": "2006-10-01"}
    review = Review(
        model_version=1, tier=1, reviewed_by="Ada", reviewed_at=NOON.isoformat(), **said
    )
    write_review(lake, review)
    seen = hash_client(lake, CLIENTS[0], at=NOON)
    said = {"person": "Ada", "role": "analyst", "page": "client"}
    write_access(
        lake,
        AccessEntry(entry_id="ab" * 8, looked_at=NOON, batch_id=BATCH_ID, client_hash=seen, **said),
    )


def scores(version):
    return pl.DataFrame(
        {
            "client_id": CLIENTS,
            "statement_month": ["2005-09", "2005-09", "2005-10", "2005-10"],
            "default_probability": [0.1, 0.2, 0.3, 0.1 + 0.2],
            "decision": ["accept", "accept", "decline", "decline"],
            "risk_band": "high",
            "expected_loss": [1_000.0, 2_000.0, None, 4_000.0],
            "reasons": [[], ["utilisation"], [], []],
            "model_version": version,
            "batch_id": BATCH_ID,
            "scored_at": NOON,
        }
    )


def monitored():
    return pl.DataFrame(
        {
            "batch_id": BATCH_ID,
            "model_version": 1,
            "statement_month": "2005-10",
            "gate": "drift",
            "level": "ok",
            "reasons": [["3 of 23 columns drifted"]],
            "figures": '{"drifted_share": 0.13}',
            "row_count": 2500,
            "expected_loss": 1_250_000.5,
            "data_origin": "simulated",
            "report_path": "reports/x/v1/report.html",
            "monitored_at": NOON,
        }
    )


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    from credit_default.adapters.lake.layout import open_lake

    lake = open_lake(tmp_path_factory.mktemp("lake"))
    fill(lake)
    return lake


@pytest.fixture(scope="module")
def duck():
    folder = Path(duckdb_extension_delta.__file__).parent
    (extension,) = folder.rglob("delta.duckdb_extension")
    connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
    connection.execute(f"LOAD '{extension}'")
    connection.execute("SET TimeZone = 'UTC'")
    yield connection
    connection.close()


ROW_COUNTS = {
    "scores": 6,
    "shadow_scores": 3,
    "quarantine": 2,
    "outcomes": 3,
    "outcome_history": 6,
    "monitoring": 1,
    "alarms": 1,
    "ledger": 3,
    "overrides": 3,
    "findings": 1,
    "reviews": 1,
    "access_log": 1,
    "pseudonyms": 1,
}


def by_all(frame):
    """The rows in an order of their own, values as Python has them."""
    return sorted(frame.rows(), key=repr)


@pytest.mark.parametrize("name", TABLES)
def test_duckdb_and_polars_read_the_same_rows(filled, duck, name):
    found = duck.execute(
        f"SELECT {', '.join(TABLES[name].names)} FROM delta_scan('{filled.table_uri(name)}')"
    )
    by_duckdb = pl.DataFrame(found.to_arrow_table())
    by_polars = pl.scan_delta(filled.table_uri(name)).select(TABLES[name].names).collect()

    assert by_polars.height == ROW_COUNTS[name]
    assert by_all(by_duckdb) == by_all(by_polars)


@pytest.mark.parametrize("name", TABLES)
def test_pandas_reads_the_same_rows(filled, name):
    by_pandas = DeltaTable(filled.table_uri(name)).to_pandas()
    by_polars = pl.read_delta(filled.table_uri(name))

    columns = [c for c in by_polars.columns if by_polars.schema[c] != pl.List(pl.String)]
    assert len(by_pandas) == ROW_COUNTS[name]
    assert by_all(pl.from_pandas(by_pandas[columns])) == by_all(by_polars.select(columns))


@pytest.mark.parametrize("name", TABLES)
def test_the_types_are_plain_ones(filled, name):
    schema = pl.read_delta(filled.table_uri(name)).schema

    plain = {pl.String, pl.Int64, pl.Float64, pl.List(pl.String), pl.Datetime("us", "UTC")}
    assert {kind for kind in schema.values() if kind not in plain} == set()
    protocol = DeltaTable(filled.table_uri(name)).protocol()
    assert protocol.min_reader_version == 1
    assert protocol.reader_features is None


def test_probabilities_keep_their_last_bit_in_every_engine(filled, duck):
    query = f"SELECT DISTINCT default_probability FROM delta_scan('{filled.table_uri('scores')}') WHERE client_id = 'é''4'"

    assert duck.execute(query).fetchall() == [(0.1 + 0.2,)]


def test_a_client_who_was_forgotten_is_gone_for_every_engine(filled, duck):
    for name in ("scores", "outcomes", "outcome_history"):
        (found,) = duck.execute(
            f"SELECT count(*) FILTER (client_id = 'b') FROM delta_scan('{filled.table_uri(name)}')"
        ).fetchone()
        assert found == 0


def test_a_months_rows_are_read_from_its_partition_alone(filled, duck):
    query = f"SELECT count(*) FROM delta_scan('{filled.table_uri('scores')}') WHERE statement_month = '2005-10'"

    (plan,) = (row[1] for row in duck.execute(f"EXPLAIN ANALYZE {query}").fetchall())

    assert duck.execute(query).fetchone() == (4,)
    assert "Total Files Read: 2" in plan


PAGE = Path(__file__).parents[3] / "docs" / "tables.md"


def test_the_queries_of_the_documentation_run_as_printed(duck, tmp_path, monkeypatch):
    from credit_default.adapters.lake.layout import open_lake

    fill(open_lake(tmp_path / "lake"))
    monkeypatch.chdir(tmp_path)
    views, *queries = re.findall(
        r"```sql\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL
    )
    duck.execute(views)

    came_to, broken, traced = (duck.execute(query).fetchall() for query in queries)

    share = pytest.approx((0.1 + 0.3 + 0.1 + 0.2) / 3)
    assert came_to == [
        (BATCH_ID, version, 3, share, pytest.approx(2 / 3), 1, 1.0) for version in (1, 2)
    ]
    assert broken == [(BATCH_ID, "age|min", 2, 7)]
    assert [(row[0], row[3], row[5], row[7]) for row in traced][:2] == [
        ("a", "0a", "0.25", 2),
        ("a", "0a", "0.25", 3),
    ]
