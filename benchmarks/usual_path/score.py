"""The usual way to score a month, as its users write it: pandas, stock MLflow, one process, nothing of this project.

    python benchmarks/usual_path/score.py FILE OUT --tracking-uri URI [--model NAME] [--reference FILE --report HTML]

Reads the file, loads the registered champion, predicts, decides, and writes the columns of the table of scores as
Parquet. With a reference it then draws Evidently's drift preset on all rows. `benchmarks/bench.py` runs it beside
`credit-default` on the same rows and the same model.
"""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd

THRESHOLD = 1 / 6  # what declining and accepting wrongly cost, 1 to 5
EDGES, BANDS = [0.08, 0.16, 0.32, 0.64], np.array(["A", "B", "C", "D", "E"])
CONVERSION_FACTOR, LOSS_SHARE = 0.4, 0.5 * (1 - 0.7)


def read_rows(path: Path) -> pd.DataFrame:
    """Return the file's rows."""
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def score_rows(rows: pd.DataFrame, *, model: str) -> pd.DataFrame:
    """Return the rows' scores, in the columns of the table of scores."""
    version = mlflow.MlflowClient().get_model_version_by_alias(model, "champion").version
    champion = mlflow.pyfunc.load_model(f"models:/{model}/{version}")
    names = champion.metadata.get_input_schema().input_names()
    probability = champion.predict(rows[names].astype("float64"))[:, 1]
    balance = rows["bill_amount_m1"]
    unused = (rows["credit_limit"] - balance).clip(lower=0)
    exposure = balance.clip(lower=0) + CONVERSION_FACTOR * unused
    return pd.DataFrame(
        {
            "client_id": rows["client_id"],
            "statement_month": rows["statement_month"],
            "default_probability": probability,
            "decision": np.where(probability >= THRESHOLD, "decline", "accept"),
            "risk_band": BANDS[np.searchsorted(EDGES, probability, side="right")],
            "expected_loss": probability * exposure * LOSS_SHARE,
            "model_version": int(version),
            "batch_id": "usual",
            "scored_at": datetime.now(UTC),
        }
    )


def draw_report(reference: pd.DataFrame, current: pd.DataFrame, path: Path) -> None:
    """Write Evidently's drift preset on all rows as a page."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    shared = [name for name in reference.columns if name in current.columns]
    report: Any = Report([DataDriftPreset()]).run(current[shared], reference[shared])
    report.save_html(str(path))


def main() -> None:
    """Score one file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tracking-uri", required=True)
    parser.add_argument("--model", default="credit-default")
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--report", type=Path)
    asked = parser.parse_args()
    mlflow.set_tracking_uri(asked.tracking_uri)
    rows = read_rows(asked.file)
    score_rows(rows, model=asked.model).to_parquet(asked.out)
    if asked.reference:
        draw_report(read_rows(asked.reference), rows, asked.report)


if __name__ == "__main__":
    main()
