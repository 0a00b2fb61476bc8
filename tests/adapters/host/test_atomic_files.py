import pytest

from credit_default.adapters.host.atomic_files import disk_errors, staged_folder, write_atomically
from credit_default.errors import ServiceError


def test_a_staged_folder_appears_whole_when_the_block_ends(tmp_path):
    target = tmp_path / "deep" / "target"

    with staged_folder(target) as folder:
        (folder / "a").write_text("1")
        assert not target.exists()

    assert (target / "a").read_text() == "1"
    assert [path.name for path in target.parent.iterdir()] == ["target"]


def test_a_staged_folder_vanishes_when_the_block_fails(tmp_path):
    def fail_half_way():
        with staged_folder(tmp_path / "target") as folder:
            (folder / "a").write_text("1")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail_half_way()

    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_the_faster_process_stays(tmp_path):
    target = tmp_path / "target"

    with staged_folder(target) as slow, staged_folder(target) as fast:
        (slow / "who").write_text("slow")
        (fast / "who").write_text("fast")

    assert (target / "who").read_text() == "fast"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "target").write_text("a file")

    with pytest.raises(ServiceError, match="folder lake at"), staged_folder(tmp_path / "target"):
        pass

    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_write_atomically_replaces_the_content(tmp_path):
    write_atomically(tmp_path / "a" / "file", b"old")
    write_atomically(tmp_path / "a" / "file", b"new")

    assert (tmp_path / "a" / "file").read_bytes() == b"new"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["file"]


def test_write_atomically_keeps_the_old_content_when_the_disk_is_full(tmp_path):
    write_atomically(tmp_path / "file", b"old")

    with pytest.raises(ServiceError, match=r"No space left|File too large") as caught:
        _write_under_a_size_limit(tmp_path / "file")

    assert caught.value.exit_code == 3
    assert (tmp_path / "file").read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_disk_error_names_the_path_and_the_reason(tmp_path):
    with (
        pytest.raises(ServiceError, match=r"No such file or directory \(.*gone\)"),
        disk_errors(tmp_path),
    ):
        (tmp_path / "gone").read_bytes()


def _write_under_a_size_limit(path):
    """Writes more than the process may: what a full disk does, without filling one."""
    import resource
    import signal

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        write_atomically(path, b"x" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)
