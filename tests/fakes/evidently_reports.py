"""The figures of a drift report as Evidently publishes them in report.json, for tests that compare them with ours."""

import json
from pathlib import Path

import numpy as np

from credit_default.adapters.evidently.report_run import METHOD_NAMES
from credit_default.gates.monitoring.column_drift import ColumnDrift, DriftReport

SCHEMA_METHODS = {name: method for method, name in METHOD_NAMES.items()}


def read_drift(paths, *, reference, current):
    """Return the report's figures as a `DriftReport`; the frames are those that were drawn."""
    content = json.loads(Path(paths["html"]).with_suffix(".json").read_bytes())
    failed = {
        test["metric_config"]["params"]["column"]: {"FAIL": True, "SUCCESS": False}[test["status"]]
        for test in content["tests"]
        if test["id"] == "drift"
    }
    drifts = {
        config["column"]: ColumnDrift(
            config["column"],
            SCHEMA_METHODS[config["method"]],
            metric["value"],
            config["threshold"],
            failed[config["column"]],
            count_filled_bins(
                reference[config["column"]].to_numpy(), current[config["column"]].to_numpy()
            ),
        )
        for metric in content["metrics"]
        if (config := metric["config"])["type"].endswith(":PlainDrift")
    }
    score, decision = drifts.pop("default_probability"), drifts.pop("decision")
    inputs = tuple(drifts.values())
    share = sum(drift.drifted for drift in inputs) / len(inputs)
    return DriftReport(
        inputs, score, share, reference.height, current.height, dict(paths), decision
    )


def count_filled_bins(reference, current):
    """Return how many bins hold a row: by value up to twenty values, else between the deciles of the reference."""
    if reference.dtype == object or len(np.unique(reference)) <= 20:
        return len(set(reference) | set(current))
    edges = np.unique(np.quantile(reference, np.arange(0.1, 0.95, 0.1)))
    values = np.concatenate([reference, current])
    return len(np.unique((values[:, None] >= edges).sum(axis=1)))
