import os
from pathlib import Path

import pytest

from credit_default.adapters.files.formats import detect_format
from credit_default.errors import InputError


def test_a_name_that_is_no_utf8_is_one_plain_line(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path / "march") + b"\xff.csv"))
    path.write_text("a,b\n1,2\n")

    with pytest.raises(InputError, match="found a name that is no UTF-8") as caught:
        detect_format(path)

    assert str(caught.value).isprintable()
    assert "march\\udcff.csv" in str(caught.value)


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    with pytest.raises(InputError, match="File name too long"):
        detect_format(tmp_path / ("x" * 300 + ".csv"))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="found a folder"):
        detect_format(tmp_path)
