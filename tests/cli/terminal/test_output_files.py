import os
import runpy
from pathlib import Path

import pytest

from credit_default.adapters.host import given_paths  # noqa: F401 - before the user is another one
from credit_default.cli.terminal.output_files import resolve_output_file
from credit_default.errors import InputError

closed_folders = runpy.run_path(str(Path(__file__).parents[2] / "fakes" / "another_user.py"))[
    "closed_folders"
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("parts", "parts/month=1", "folder.csv"):
        (tmp_path / name).mkdir()
    for name in ("batch.csv", "file", "parts/part-0.csv", "old.csv"):
        (tmp_path / name).write_text("a")
    (tmp_path / "link.csv").symlink_to("batch.csv")
    os.link("batch.csv", "hard.csv")
    (tmp_path / "linked").symlink_to("parts")
    return tmp_path


@pytest.mark.parametrize("given", ["new.csv", "./old.csv", "new.PARQUET", "linked/../new.csv"])
def test_a_new_file_and_one_of_another_run_are_taken(given, folder):
    out = resolve_output_file(given, source="batch.csv")

    assert (out.parent, out.name) == (folder, given.rpartition("/")[2])


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("scores.txt", "the ending '.txt'"),
        ("scores", "the ending ''"),
        (".", "the ending"),
        ("no-such-folder/scores.csv", "no such folder"),
        ("file/scores.csv", "which is a file"),
        ("folder.csv", "a folder of that name"),
        ("n" * 252 + ".csv", "too long"),
    ],
)
def test_a_place_that_takes_no_table_is_refused(given, found, folder):
    with pytest.raises(InputError, match=found):
        resolve_output_file(given)


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ("batch.csv", "batch.csv"),
        ("parts/../batch.csv", "./batch.csv"),
        ("link.csv", "batch.csv"),
        ("hard.csv", "batch.csv"),
        ("batch.csv", "link.csv"),
        ("parts/scores.csv", "parts"),
        ("parts/month=1/scores.csv", "linked"),
        ("linked/scores.csv", "parts/"),
    ],
)
def test_what_is_read_is_not_replaced_and_gets_no_part_more(given, source, folder):
    with pytest.raises(InputError, match="that is read; expected another place"):
        resolve_output_file(given, source=source)


def test_a_folder_that_may_not_be_written_to_or_entered_is_refused():
    with closed_folders() as closed:
        source = str(closed.shut / "inside" / "batch.csv")
        with pytest.raises(InputError, match="a folder that cannot be written to"):
            resolve_output_file(closed.read_only / "scores.csv", source=source)
        with pytest.raises(InputError, match="no such folder"):
            resolve_output_file(closed.shut / "inside" / "scores.csv", source=source)


def test_the_source_in_a_bucket_is_no_path(folder):
    assert resolve_output_file("batch.csv", source="s3://bucket/batch.csv").name == "batch.csv"
