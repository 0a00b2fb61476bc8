import fcntl
import os
import tempfile
from pathlib import Path

import pytest
from tests.fakes.forked import run_forked

from credit_default.adapters.host import plain_links
from credit_default.adapters.host.plain_links import (
    find_plain_path,
    require_private_folder,
    show_real_paths,
)
from credit_default.errors import SetupError


@pytest.fixture
def no_private_folder(tmp_path, monkeypatch):
    """As in a process that has made no links yet: its folder for them will be in tmp_path/temporary."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    plain_links._make_private_folder.cache_clear()
    yield folder
    plain_links._make_private_folder.cache_clear()


def test_a_plain_folder_is_its_own_path_and_makes_no_links(tmp_path, no_private_folder):
    assert find_plain_path(tmp_path / "lake") == tmp_path / "lake"
    assert list(no_private_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["My Lake", "[x]*", "what?", "a::b", "ä", "%20"])
def test_any_other_folder_has_a_plain_path_that_leads_to_it(name, tmp_path):
    (tmp_path / name).mkdir()

    path = find_plain_path(tmp_path / name)

    assert path.resolve() == tmp_path / name
    assert path == find_plain_path(tmp_path / name)
    assert name not in str(path)
    assert show_real_paths(f"no file {path}/x") == f"no file {tmp_path}/{name}/x"


def test_a_link_to_a_folder_with_an_odd_name_is_not_plain(tmp_path):
    (tmp_path / "My Lake").mkdir()
    (tmp_path / "lake").symlink_to("My Lake")

    assert find_plain_path(tmp_path / "lake") != tmp_path / "lake"


def test_a_forked_process_has_links_of_its_own_and_leaves_its_parents_alone():
    own = require_private_folder()
    read, write = os.pipe()

    assert run_forked(lambda: os.write(write, str(require_private_folder()).encode())) == 0

    assert os.read(read, 1_000).decode() != str(own)
    assert own.is_dir()


def test_what_a_killed_process_left_is_removed_and_what_is_in_use_stays(no_private_folder):
    abandoned, used = (no_private_folder / f"credit-default-links-{name}" for name in ("a", "b"))
    for folder in (abandoned, used):
        folder.mkdir()
        os.utime(folder, (0, 0))
    held = os.open(used, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_SH)

    try:
        own = require_private_folder()
    finally:
        os.close(held)

    assert sorted(no_private_folder.iterdir()) == sorted([own, used])


def test_without_a_plain_temporary_folder_the_reason_and_the_remedy_are_named(
    tmp_path, no_private_folder, monkeypatch
):
    odd = no_private_folder.rename(tmp_path / "T E M P")
    monkeypatch.setattr(tempfile, "tempdir", str(odd))
    monkeypatch.setattr(plain_links, "_OTHER_TEMPORARY_FOLDERS", (str(tmp_path / "absent"),))

    with pytest.raises(SetupError, match="Name such a folder with TMPDIR"):
        require_private_folder()

    assert find_plain_path(tmp_path) == tmp_path
    assert list(Path(odd).iterdir()) == []
