import sys

import pytest

from credit_default.adapters.kernel import object_file
from credit_default.adapters.kernel.object_file import find_object_file, read_object, write_object
from credit_default.model.kernel import loops


def test_compiled_loops_lie_where_python_keeps_the_compiled_form_of_their_source(
    monkeypatch, tmp_path
):
    beside = find_object_file()
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))

    assert beside.parent.name == "__pycache__"
    assert beside.parent.parent.samefile(loops.__file__.rpartition("/")[0])
    assert tmp_path in find_object_file().parents
    assert find_object_file().name == beside.name


def test_another_version_of_numba_never_finds_them(monkeypatch):
    before = find_object_file()
    monkeypatch.setattr(object_file, "version", lambda name: f"{name} of tomorrow")

    assert find_object_file() != before


def test_an_interpreter_without_compiled_files_has_none(monkeypatch):
    monkeypatch.setattr(sys.implementation, "cache_tag", None)

    assert find_object_file() is None


def test_what_is_written_is_read(tmp_path):
    write_object(tmp_path / "new" / "loops.o", b"code")

    assert read_object(tmp_path / "new" / "loops.o") == b"code"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["loops.o"]


@pytest.mark.parametrize("content", [b"", b"code", b"\x00" * 4_000, b"\x7f" * 1_000_001])
def test_a_damaged_file_is_as_good_as_none(content, tmp_path):
    (tmp_path / "loops.o").write_bytes(content)

    assert read_object(tmp_path / "loops.o") is None


def test_a_missing_file_is_none(tmp_path):
    assert read_object(tmp_path / "loops.o") is None
