import os
from pathlib import Path

import pytest

from credit_default.adapters.files.formats import detect_format, open_binary
from credit_default.errors import InputError


def detect(path):
    with open_binary(path) as file:
        return detect_format(path, file)


def test_a_name_that_is_not_utf8_is_one_plain_line(tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path / "march") + b"\xff.csv"))
    path.write_text("a,b\n1,2\n")

    with pytest.raises(InputError, match="found a name that is not UTF-8") as caught:
        detect(path)

    assert str(caught.value).isprintable()
    assert "march\\udcff.csv" in str(caught.value)


def test_a_name_that_no_file_can_have_is_refused(tmp_path):
    with pytest.raises(InputError, match="File name too long"):
        detect(tmp_path / ("x" * 300 + ".csv"))


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="found Is a directory"):
        detect(tmp_path)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "batch.csv")
    held = os.open(tmp_path / "batch.csv", os.O_RDWR)  # else a fault here would wait for ever

    with pytest.raises(InputError, match=r"found a pipe.*Save what comes out of it"):
        detect(tmp_path / "batch.csv")

    os.close(held)


def test_the_file_is_closed_when_the_block_ends(tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")

    with open_binary(tmp_path / "a.csv") as file:
        found = detect_format(tmp_path / "a.csv", file)

    assert file.closed
    assert (found.name, found.head) == ("csv", b"a,b\n1,2\n")
