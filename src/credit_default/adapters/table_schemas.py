"""What each table of a lake holds, column by column: plain types that every engine reads.

`docs/data-dictionary.md` is written from here. All are partitioned by `statement_month`; the ledger's own is beside it.
"""

import pyarrow as pa

_TIME = pa.timestamp("us", tz="UTC")
_TEXTS = pa.list_(pa.field("element", pa.string()))

SCORES = pa.schema(
    [
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("default_probability", pa.float64()),
        ("decision", pa.string()),
        ("risk_band", pa.string()),
        ("reasons", _TEXTS),
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
        ("raw_values", pa.string()),  # the row as it came, a JSON object of texts
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
        ("client_id", pa.string()),
        ("statement_month", pa.string()),
        ("defaulted", pa.int64()),
        ("observed_at", _TIME),
        ("batch_id", pa.string()),
        ("taken_in_at", _TIME),
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
        ("data_origin", pa.string()),
        ("report_path", pa.string()),
        ("monitored_at", _TIME),
    ]
)
TABLES = {
    "scores": SCORES,
    "quarantine": QUARANTINE,
    "outcomes": OUTCOMES,
    "outcome_history": OUTCOME_HISTORY,
    "monitoring": MONITORING,
}
CLIENT_TABLES = ("scores", "quarantine", "outcomes", "outcome_history")  # those whose rows are of clients
SCORES_COLUMNS = tuple(SCORES.names)
UNKNOWN_MONTH = "unknown"
INDEXED = ("batch_id", "model_version", "line")
