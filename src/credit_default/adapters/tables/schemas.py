"""The columns of each table of a lake, in plain Arrow types that Athena, Spark, DuckDB, Polars and pandas all read.

Times are UTC to the microsecond. Delta keeps the smallest and largest value of a column in its log,
which outlives deleted rows: columns with values of single clients are left out of that.
"""

from collections.abc import Mapping
from typing import Final

import pyarrow as pa

from credit_default.adapters.delta.table import LakeTable
from credit_default.adapters.lake.layout import Lake

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.field("element", pa.string()))

SCORES = pa.schema(
    [
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("default_probability", pa.float64()),
        ("decision", pa.string()),
        ("risk_band", pa.string()),
        ("expected_loss", pa.float64()),  # null where the portfolio declares none
        ("reasons", _TEXTS),
        ("model_version", pa.int64()),
        ("batch_id", pa.string()),
        ("scored_at", _TIME),
    ]
)
SHADOW_SCORES = pa.schema(
    [
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("default_probability", pa.float64()),
        ("model_version", pa.int64()),
        ("batch_id", pa.string()),
        ("scored_at", _TIME),
    ]
)
QUARANTINE = pa.schema(
    [
        ("batch_id", pa.string()),
        ("statement_month", pa.string()),  # "unknown" where the row has no readable month
        ("line", pa.int64()),  # in the file; the header is line 1
        ("client_id", pa.string()),
        ("rules", _TEXTS),
        ("raw_values", pa.string()),  # the row as it was in the file, a JSON object of texts
    ]
)
OUTCOMES = pa.schema(
    [
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("defaulted", pa.int64()),
        ("observed_at", _TIME),
    ]
)
OUTCOME_HISTORY = pa.schema(
    [
        *OUTCOMES,
        pa.field("batch_id", pa.string()),  # of the outcomes file
        pa.field("taken_in_at", _TIME),
    ]
)
MONITORING = pa.schema(
    [
        ("batch_id", pa.string()),
        ("model_version", pa.int64()),
        ("statement_month", pa.string()),
        ("gate", pa.string()),
        ("level", pa.string()),
        ("reasons", _TEXTS),
        ("figures", pa.string()),  # a JSON object of numbers
        ("row_count", pa.int64()),
        ("expected_loss", pa.float64()),  # of all rows; null where the portfolio declares none
        ("data_origin", pa.string()),
        ("report_path", pa.string()),
        ("monitored_at", _TIME),
    ]
)
ALARMS = pa.schema(
    [
        ("alarm_id", pa.string()),  # gate, version and the month that opened it
        ("gate", pa.string()),
        ("model_version", pa.int64()),
        ("statement_month", pa.string()),  # of the batch that opened it
        ("batch_id", pa.string()),
        ("opened_at", _TIME),
        ("closed_month", pa.string()),  # null while it is open, or where no batch closed it
        ("closed_because", pa.string()),
        ("closed_at", _TIME),
        ("opening_told", pa.string()),  # how the message was delivered; "" where none was due yet
        ("closing_told", pa.string()),
    ]
)
LEDGER = pa.schema(
    [
        ("sequence", pa.int64()),
        ("month", pa.string()),  # of `decided_at`
        ("decided_at", _TIME),
        ("event", pa.string()),
        ("key", pa.string()),
        ("batch_id", pa.string()),
        ("model_version", pa.int64()),
        ("details", pa.string()),  # a JSON object of digests, counts, versions
        ("previous_hash", pa.string()),
        ("entry_hash", pa.string()),
    ]
)
OVERRIDES = pa.schema(
    [
        ("batch_id", pa.string()),
        ("model_version", pa.int64()),
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("scored_decision", pa.string()),
        ("decision", pa.string()),
        ("reason", pa.string()),
        ("decided_by", pa.string()),
        ("decided_at", pa.string()),  # as text: it is part of the digest in the ledger
        ("salt", pa.string()),
    ]
)
FINDINGS = pa.schema(
    [
        ("finding_id", pa.string()),
        ("month", pa.string()),  # of `opened_at`
        ("model_version", pa.int64()),
        ("severity", pa.string()),
        ("title", pa.string()),
        ("owner", pa.string()),
        ("due", pa.string()),
        ("opened_by", pa.string()),
        ("opened_at", pa.string()),
        ("closed_by", pa.string()),  # "" while it is open, as are the next two
        ("closed_because", pa.string()),
        ("closed_at", pa.string()),
    ]
)
REVIEWS = pa.schema(
    [
        ("month", pa.string()),  # of `reviewed_at`
        ("model_version", pa.int64()),
        ("tier", pa.int64()),
        ("opinion", pa.string()),
        ("reason", pa.string()),
        ("next_review", pa.string()),
        ("reviewed_by", pa.string()),
        ("reviewed_at", pa.string()),
    ]
)
ACCESS_LOG = pa.schema(
    [
        ("entry_id", pa.string()),
        ("month", pa.string()),  # of `looked_at`
        ("looked_at", _TIME),
        ("person", pa.string()),
        ("role", pa.string()),
        ("page", pa.string()),
        ("batch_id", pa.string()),  # "" where none was found
        ("client_hash", pa.string()),  # under the client's key; "" where no client was found
    ]
)
PSEUDONYMS = pa.schema(
    [
        ("month", pa.string()),  # of the first look at the client
        ("client_id", pa.string()),
        ("secret", pa.string()),  # the key of the hash in the access log
    ]
)
TABLES: Final[Mapping[str, pa.Schema]] = {
    "scores": SCORES,
    "shadow_scores": SHADOW_SCORES,
    "quarantine": QUARANTINE,
    "outcomes": OUTCOMES,
    "outcome_history": OUTCOME_HISTORY,
    "monitoring": MONITORING,
    "alarms": ALARMS,
    "ledger": LEDGER,
    "overrides": OVERRIDES,
    "findings": FINDINGS,
    "reviews": REVIEWS,
    "access_log": ACCESS_LOG,
    "pseudonyms": PSEUDONYMS,
}
CLIENT_TABLES: Final = (
    "scores",
    "shadow_scores",
    "quarantine",
    "outcomes",
    "outcome_history",
    "overrides",
    "pseudonyms",
)  # whose rows are about single clients

_PERSONAL_COLUMNS = {
    *("client_id", "raw_values", "expected_loss", "salt", "reason", "decided_by"),
    *("person", "client_hash", "secret"),
}
_PROPERTIES: Mapping[str, Mapping[str, str]] = {
    # nothing is ever deleted from it; checkpoints keep opening it quick however many entries it has
    "ledger": {"delta.appendOnly": "true", "delta.checkpointInterval": "20"},
}


def locate_table(lake: Lake, name: str) -> LakeTable:
    """Return the lake's table of that name; nothing is opened yet."""
    schema = TABLES[name]
    indexed = ",".join(
        f.name for f in schema if f.name not in _PERSONAL_COLUMNS and not pa.types.is_list(f.type)
    )
    return LakeTable(
        lake.table_uri(name),
        schema,
        partition_by="statement_month" if "statement_month" in schema.names else "month",
        storage_options=lambda: lake.storage_options,
        configuration={"delta.dataSkippingStatsColumns": indexed, **_PROPERTIES.get(name, {})},
    )
