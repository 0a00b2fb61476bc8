import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from credit_default.adapters.kernel.compilation import COMPILATION, ensure_compiled
from credit_default.adapters.kernel.machine_code import load_kernel
from credit_default.adapters.kernel.object_file import find_object_file, read_object


def test_loops_are_compiled_once_and_the_file_stays_as_it_is(kernel):
    before = find_object_file().stat().st_mtime_ns

    assert ensure_compiled()
    assert find_object_file().stat().st_mtime_ns == before


def test_where_nothing_can_be_written_there_is_no_kernel_and_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "file"))

    assert not ensure_compiled()
    assert load_kernel() is None


@pytest.mark.nightly
def test_two_processes_at_once_leave_one_whole_file(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))

    with ThreadPoolExecutor(2) as pool:
        found = [*pool.map(lambda _: ensure_compiled(), range(2))]

    path = find_object_file()
    assert found == [True, True]
    assert read_object(path) is not None
    assert [each for each in path.parent.iterdir() if each.suffix != ".pyc"] == [path]


@pytest.mark.nightly
def test_run_as_a_program_it_says_why_it_cannot_write(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    command = [sys.executable, "-X", f"pycache_prefix={tmp_path}/file", "-m", COMPILATION]

    ended = subprocess.run(command, capture_output=True, check=False, text=True)

    assert ended.returncode == 1
    assert "expected a folder that can be read and written" in ended.stderr
    assert "Traceback" not in ended.stderr
