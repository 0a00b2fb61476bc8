import runpy
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy

from credit_default.adapters.host.sqlite_addresses import build_sqlite_address, find_sqlite_path

NAMES = runpy.run_path(str(Path(__file__).parents[2] / "fakes" / "odd_names.py"))


@pytest.mark.parametrize("name", NAMES["ODD_NAMES"])
def test_the_file_of_exactly_that_name_is_opened(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / name / "records.db"
    file.parent.mkdir()

    engine = sqlalchemy.create_engine(build_sqlite_address(file))
    with engine.begin() as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE here (x INTEGER)"))
    engine.dispose()

    assert sqlite3.connect(file).execute("SELECT name FROM sqlite_master").fetchall() == [("here",)]
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert find_sqlite_path(build_sqlite_address(file)) == file


def test_an_address_without_a_question_mark_is_the_usual_one():
    assert build_sqlite_address(Path("/lake/mlflow.db")) == "sqlite:////lake/mlflow.db"
    assert (
        build_sqlite_address(Path("/lake/prefect.db"), driver="aiosqlite")
        == "sqlite+aiosqlite:////lake/prefect.db"
    )


@pytest.mark.parametrize("address", ["http://127.0.0.1:5000", "postgresql://host/mlflow", ""])
def test_another_address_names_no_file(address):
    assert find_sqlite_path(address) is None
