import runpy
from pathlib import Path

import pytest

from credit_default.adapters.host import atomic_files, given_paths  # noqa: F401 - before the user is another one
from credit_default.cli.demo.demo_lake import clear_lake
from credit_default.errors import InputError, ServiceError

closed_folders = runpy.run_path(str(Path(__file__).parents[2] / "fakes" / "another_user.py"))[
    "closed_folders"
]


def test_lake_of_an_earlier_demo_is_emptied(tmp_path):
    lake = clear_lake(str(tmp_path / "demo-lake"))
    (lake / "old.csv").write_text("x")

    again = clear_lake(str(lake))

    assert again == lake
    assert not (lake / "old.csv").exists()


def test_folder_with_files_that_the_demo_did_not_make_is_kept(tmp_path):
    (tmp_path / "mine.csv").write_text("x")

    with pytest.raises(InputError, match="files that the demo did not make"):
        clear_lake(str(tmp_path))

    assert (tmp_path / "mine.csv").exists()


@pytest.mark.parametrize("place", ["read_only", "shut"])
def test_folder_that_may_not_be_entered_or_written_to_is_said(place):
    with closed_folders() as closed, pytest.raises(ServiceError, match="Permission denied"):
        clear_lake(str(getattr(closed, place) / "lake"))


def test_bucket_is_refused():
    with pytest.raises(InputError, match="name a folder with --lake"):
        clear_lake("s3://bucket/prefix")
