import pytest

from credit_default.adapters.files.reading_options import ReadingOptions
from credit_default.adapters.files.statement_files import open_statement_file
from credit_default.data.contract.schema_parsing import parse_schema
from credit_default.errors import InputError

SCHEMA = parse_schema(
    {
        "name": "bare",
        "version": "1",
        "key": {"client": "row-number", "month": "2005-09"},
        "columns": [{"name": "score", "kind": "integer", "description": "x"}],
        "outcome": {"description": "x", "aliases": ["bad"]},
    }
)


def test_a_file_without_a_header_is_read_from_its_first_line(tmp_path):
    (tmp_path / "bare.csv").write_text("1 55\n0 -9\n")
    options = ReadingOptions(separator=" ", header=("bad", "score"))

    file = open_statement_file(tmp_path / "bare.csv", schema=SCHEMA, options=options)

    rows = next(file.read_batches())
    assert rows["score"].to_list() == ["55", "-9"]
    assert rows["defaulted"].to_list() == ["1", "0"]
    assert rows["client_id"].to_list() == ["1", "2"]
    assert rows["statement_month"].to_list() == ["2005-09", "2005-09"]
    assert rows["line"].to_list() == [1, 2]


def test_a_declared_header_of_another_width_is_refused(tmp_path):
    (tmp_path / "bare.csv").write_text("1 55 3\n")
    options = ReadingOptions(separator=" ", header=("bad", "score"))

    with pytest.raises(InputError, match="found 3 cells; expected 2"):
        open_statement_file(tmp_path / "bare.csv", schema=SCHEMA, options=options)
