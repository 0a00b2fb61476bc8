import polars as pl
import pytest


@pytest.fixture
def own_batch(simulated_files, tmp_path):
    rows = pl.read_csv(simulated_files.drifted, infer_schema=False)

    def write(start, name="batch.csv"):
        rows.slice(start, 250).write_csv(tmp_path / name)
        return tmp_path / name

    return write
