"""The script of docs/spark.md, run as it stands where PySpark and a Java machine are installed."""

import datetime as dt
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from credit_default.adapters.tables.queries import read_scores
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.score_batch import score_file

ROOT = Path(__file__).resolve().parents[3]
MISSING = [
    *(["java"] if shutil.which("java") is None else []),
    *(["pyspark"] if importlib.util.find_spec("pyspark") is None else []),
]
SAME = ["client_id", "statement_month", "default_probability", "decision", "risk_band"]


@pytest.fixture(scope="module")
def script():
    page = (ROOT / "docs" / "spark.md").read_text(encoding="utf-8")
    (found,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return found


def test_the_script_imports_only_what_there_is(script):
    for module, names in re.findall(
        r"^from (credit_default\S+) import (.+)$", script, re.MULTILINE
    ):
        found = importlib.import_module(module)
        assert [name for name in names.split(", ") if not hasattr(found, name)] == []


@pytest.mark.skipif(
    bool(MISSING), reason=f"no {' and no '.join(MISSING)}: install both, and `pip install pyspark`"
)
def test_spark_gives_the_scores_of_one_machine(champion_lake, known_rows, script, tmp_path):
    rows = known_rows.filter(statement_month="2005-10").drop("defaulted").head(300)
    rows.write_csv(tmp_path / "batch.csv")
    wiring = champion_lake.wiring
    checked = check_file(wiring, str(tmp_path / "batch.csv"), month=None, outcome="ignored")
    scored_at = dt.datetime(2006, 1, 1, tzinfo=dt.UTC)
    scored = score_file(wiring, checked, champion_lake.champion, scored_at=scored_at)
    (tmp_path / "score_with_spark.py").write_text(script, encoding="utf-8")
    command = [sys.executable, "score_with_spark.py", wiring.lake.uri, scored.batch_id, "scores"]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}

    ended = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr[-2_000:]
    found = pl.read_parquet(tmp_path / "scores" / "*.parquet").select(SAME).sort(SAME[:2])
    expected = read_scores(wiring.lake, batch_id=scored.batch_id).select(SAME).sort(SAME[:2])
    assert found.equals(expected)
