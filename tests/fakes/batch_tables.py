"""Batches written into a lake's tables as a scoring and a monitor would leave them, without a model or a server."""

import datetime as dt
import json

import polars as pl

from credit_default.adapters.lake.published_reports import open_publication, write_profile
from credit_default.adapters.tables.monitoring import write_monitoring
from credit_default.adapters.tables.outcomes import merge_outcomes
from credit_default.adapters.tables.quarantine import write_quarantine
from credit_default.adapters.tables.schemas import SCORES
from credit_default.adapters.tables.scores import write_scores

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
PROFILE = {
    "row_count": 4,
    "columns": {
        "age": {"edges": [30.0, 40.0], "counts": [2, 1, 1, 0, 0], "mean": 33.0},
        "sex": {"values": [1.0, 2.0], "counts": [1, 3, 0, 0], "mean": 1.75},
        "default_probability": {"edges": [0.2], "counts": [2, 2, 0, 0], "mean": 0.25},
        "decision": {"values": [0.0, 1.0], "counts": [2, 2, 0, 0], "mean": 0.5},
    },
    "drift": {
        "age": {"statistic": 0.25, "threshold": 0.1, "method": "psi"},
        "sex": {"statistic": 0.02, "threshold": 0.1, "method": "psi"},
        "default_probability": {"statistic": 0.05, "threshold": 0.1, "method": "psi"},
        "decision": {"statistic": 0.01, "threshold": 0.1, "method": "psi"},
    },
    "reference": {
        "row_count": 10,
        "columns": {
            "age": {"counts": [2, 4, 4, 0, 0], "mean": 37.0},
            "sex": {"counts": [5, 5, 0, 0], "mean": 1.5},
        },
    },
}


def put_scores(lake, batch_id, month, *, version=1, chances=(0.1, 0.1, 0.4, 0.4), at=NOON):
    """Scores of clients 0, 1, …; a chance above .2 is declined, and in band B."""
    rows = pl.DataFrame(
        [
            {
                "client_id": str(number),
                "statement_month": month,
                "default_probability": chance,
                "decision": "decline" if chance > 0.2 else "accept",
                "risk_band": "B" if chance > 0.2 else "A",
                "expected_loss": None,
                "reasons": None,
                "model_version": version,
                "batch_id": batch_id,
                "scored_at": at,
            }
            for number, chance in enumerate(chances)
        ],
        schema_overrides={"expected_loss": pl.Float64, "reasons": pl.List(pl.String)},
    ).select(SCORES.names)
    write_scores(lake, lambda: [rows], batch_id=batch_id, model_version=version)


def put_verdict(
    lake, batch_id, month, *, gate="drift", level="ok", version=1, reasons=("so",), figures=None
):
    row = {
        "batch_id": batch_id,
        "model_version": version,
        "statement_month": month,
        "gate": gate,
        "level": level,
        "reasons": list(reasons),
        "figures": json.dumps(figures or {}),
        "row_count": 4,
        "expected_loss": None,
        "data_origin": "real",
        "report_path": "",
        "monitored_at": NOON,
    }
    write_monitoring(lake, pl.DataFrame([row], schema_overrides={"expected_loss": pl.Float64}))


def put_outcomes(lake, month, defaulted, *, at=NOON):
    """Outcomes of clients 0, 1, …"""
    rows = pl.DataFrame(
        [
            {
                "client_id": str(number),
                "statement_month": month,
                "defaulted": value,
                "observed_at": at,
            }
            for number, value in enumerate(defaulted)
        ],
        schema_overrides={"defaulted": pl.Int64},
    )
    merge_outcomes(lake, rows)


def put_rejected(lake, batch_id, month, rows):
    """Rejected rows: `line`, `client_id`, `rules` and the columns of the file."""
    frame = pl.DataFrame(
        [{"statement_month": month, **row} for row in rows], schema_overrides={"line": pl.Int64}
    )
    write_quarantine(lake, lambda: [frame], batch_id=batch_id)


def put_profile(lake, batch_id, *, version=1, content=PROFILE, pages=()):
    with open_publication(lake, batch_id=batch_id, model_version=version) as published:
        write_profile(published.folder, content)
        for name, text in pages:
            (published.folder / name).write_text(text, encoding="utf-8")
