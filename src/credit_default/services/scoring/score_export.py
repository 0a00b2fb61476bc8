"""Copy a batch's scores, and its rejected rows, to a file that a person asked for."""

from pathlib import Path

from credit_default.adapters.files.table_export import write_table
from credit_default.adapters.lake.layout import Lake
from credit_default.adapters.tables.quarantine import read_quarantine
from credit_default.adapters.tables.queries import read_scores
from credit_default.data.contract.schema import KEY


def export_scores(lake: Lake, *, batch_id: str, model_version: int, path: Path) -> dict[str, str]:
    """Write the batch's scores to `path`, a .csv or .parquet, and its rejected rows beside it where there are any.

    Returns:
        What was written where, as the summary shows it: "handed over" and, where there are any,
        "rejected rows".
    """
    scores = read_scores(lake, batch_id=batch_id, model_version=model_version)
    write_table(scores.sort(KEY), path)
    written = {"handed over": str(path)}
    rejected = read_quarantine(lake, batch_id=batch_id)
    if rejected.height:
        beside = path.with_name(f"{path.stem}-rejected{path.suffix}")
        write_table(rejected, beside)
        written["rejected rows"] = str(beside)
    return written
