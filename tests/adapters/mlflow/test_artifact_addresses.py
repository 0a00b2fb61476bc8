"""A store of real runs, moved and copied as a lake's folder is, and what its database says afterwards."""

import hashlib
import os
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from credit_default.adapters.mlflow.artifact_addresses import (
    ArtifactStore,
    follow_store,
    list_outside_addresses,
)
from credit_default.adapters.mlflow.run_search import locate_artifact, read_run_text
from credit_default.adapters.mlflow.tracking import Tracking
from credit_default.errors import ServiceError

pytestmark = [
    pytest.mark.xdist_group("mlflow"),
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"
    ),
]

ODD_NAMES = ("My Lake #1", "100% {ä} 漢", "a=b&c", "%20", "mlartifacts", 'it\'s "x"', "ends.")


def find_store(folder):
    return ArtifactStore(folder / "mlflow.db", folder / "mlartifacts")


def connect(folder):
    store = find_store(folder)
    return Tracking(f"sqlite:///{store.database}", artifacts_uri=store.artifacts.as_uri())


def record(folder, text="first"):
    """The id of a run that keeps the text."""
    with connect(folder).start_run("train", name=text, tags={}) as run:
        run.record_text(text, "card/card.md")
    return run.run_id


def read(folder, run_id):
    return read_run_text(connect(folder), run_id, "card/card.md")


def query(folder, statement):
    with closing(sqlite3.connect(folder / "mlflow.db")) as database:
        found = database.execute(statement).fetchall()
        database.commit()
    return found


def digest_files(folder):
    return {
        path.relative_to(folder).as_posix(): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def make_store(mlflow_template, tmp_path):
    def make(name="old"):
        folder = tmp_path / name
        folder.mkdir(parents=True)
        shutil.copy(mlflow_template, folder / "mlflow.db")
        return folder, record(folder)

    return make


@pytest.fixture
def old(make_store):
    return make_store()


@pytest.mark.parametrize("name", ODD_NAMES)
def test_addresses_follow_a_store_into_a_folder_of_any_name_and_back(make_store, tmp_path, name):
    old, run_id = make_store()
    new = tmp_path / "elsewhere" / name
    new.parent.mkdir()
    old.rename(new)

    followed = follow_store(find_store(new))

    assert (followed.address_count, followed.former_folders) == (2, (old,))
    assert read(new, run_id) == "first"
    assert locate_artifact(connect(new), run_id, "card/card.md") == str(
        new / "mlartifacts" / "train" / run_id / "artifacts" / "card" / "card.md"
    )
    later = record(new, "later")
    assert read(new, later) == "later"
    assert not old.exists()
    new.rename(old)
    assert follow_store(find_store(old)).former_folders == (new,)
    assert (read(old, run_id), read(old, later)) == ("first", "later")
    assert not new.exists()


def test_a_copy_leaves_its_original_as_it_was(old, tmp_path):
    old, run_id = old
    copy = shutil.copytree(old, tmp_path / "copy")
    before = digest_files(old)

    follow_store(find_store(copy))

    record(copy, "later")
    shutil.rmtree(copy / "mlartifacts" / "train" / run_id)  # only here: it is not looked for there
    assert read(copy, run_id) is None
    assert digest_files(old) == before


def test_a_process_that_read_the_original_reads_the_copy_where_the_copy_is(old, tmp_path):
    old, run_id = old
    assert read(old, run_id) == "first"
    copy = shutil.copytree(old, tmp_path / "copy")
    follow_store(find_store(copy))
    shutil.rmtree(old)

    assert read(copy, run_id) == "first"


def test_a_copy_without_its_artifacts_does_not_use_those_of_the_original(old, tmp_path):
    old, run_id = old
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(old / "mlflow.db", copy)
    before = digest_files(old)

    follow_store(find_store(copy))

    assert read(copy, run_id) is None
    record(copy, "later")
    assert digest_files(old) == before


def test_following_again_changes_nothing(old, tmp_path):
    old, _ = old
    new = old.rename(tmp_path / "new")
    follow_store(find_store(new))
    before = digest_files(new)

    again = follow_store(find_store(new))

    assert (again.address_count, again.former_folders) == (0, ())
    assert digest_files(new) == before


def test_a_store_in_its_place_is_not_written(old):
    old, _ = old
    before = digest_files(old)

    assert follow_store(find_store(old)).address_count == 0
    assert digest_files(old) == before


def test_a_store_that_a_link_leads_to_has_not_moved(old, tmp_path):
    old, run_id = old
    link = tmp_path / "link"
    link.symlink_to(old)

    assert follow_store(find_store(link)).address_count == 0
    assert list_outside_addresses(find_store(link)) == ()
    assert read(link, run_id) == "first"


@pytest.mark.parametrize(
    "own",
    [
        "s3://models/mlartifacts/train",
        "file:///srv/models/mlartifacts/train",
        "file:///srv/old/train",
        "file://another-machine/mlartifacts/train",
        "relative/mlartifacts/train",
    ],
)
def test_an_address_that_a_person_chose_stays_and_is_named(old, tmp_path, own):
    old, run_id = old
    query(old, f"UPDATE experiments SET artifact_location = '{own}' WHERE experiment_id = 1")
    shutil.rmtree(old / "mlartifacts")
    new = old.rename(tmp_path / "new")
    query(new, f"UPDATE runs SET artifact_uri = '{own}/{run_id}/artifacts'")

    assert follow_store(find_store(new)).address_count == 0

    assert query(new, "SELECT artifact_location FROM experiments WHERE experiment_id = 1") == [
        (own,)
    ]
    assert list_outside_addresses(find_store(new)) == (own, f"{own}/{run_id}/artifacts")


@pytest.mark.parametrize("address", ["models:/m-1", "mlflow-artifacts:/1/abc"])
def test_an_address_that_mlflow_resolves_is_not_outside(old, address):
    old, _ = old
    query(old, f"UPDATE runs SET artifact_uri = '{address}'")

    assert list_outside_addresses(find_store(old)) == ()


def test_what_was_recorded_in_the_former_folder_after_the_move_stays_until_it_is_brought_along(
    old, tmp_path
):
    old, run_id = old
    new = old.rename(tmp_path / "new")
    stray = record(new, "stray")  # as a version did that rewrote no address
    assert [path.name for path in old.iterdir()] == ["mlartifacts"]

    follow_store(find_store(new))

    outside = (old / "mlartifacts" / "train" / stray / "artifacts").as_uri()
    assert list_outside_addresses(find_store(new)) == (outside,)
    assert (read(new, run_id), read(new, stray)) == ("first", "stray")
    shutil.copytree(old, new, dirs_exist_ok=True)
    assert follow_store(find_store(new)).address_count == 1
    assert list_outside_addresses(find_store(new)) == ()
    assert read(new, stray) == "stray"


def test_addresses_are_all_rewritten_or_none(old, tmp_path):
    old, _ = old
    new = old.rename(tmp_path / "new")
    query(
        new,
        "CREATE TRIGGER full BEFORE UPDATE ON runs BEGIN SELECT RAISE(ABORT, 'disk is full'); END",
    )
    before = query(new, "SELECT artifact_location FROM experiments")

    with pytest.raises(ServiceError, match="disk is full"):
        follow_store(find_store(new))

    assert query(new, "SELECT artifact_location FROM experiments") == before


def test_of_many_that_open_a_moved_store_at_once_one_rewrites_it(old, tmp_path):
    old, run_id = old
    new = old.rename(tmp_path / "new")

    with ThreadPoolExecutor(8) as pool:
        followed = list(pool.map(follow_store, [find_store(new)] * 8))

    assert sorted(one.address_count for one in followed) == [0] * 7 + [2]
    assert read(new, run_id) == "first"


@pytest.mark.skipif(
    os.geteuid() == 0, reason="root writes whatever the permissions say: run it as another user"
)
def test_a_read_only_store_is_left_as_it_is_and_says_so(old, tmp_path):
    old, _ = old
    new = old.rename(tmp_path / "new")
    (new / "mlflow.db").chmod(0o444)

    followed = follow_store(find_store(new))

    assert (followed.address_count, followed.are_rewritten) == (2, False)


def test_no_database_is_made_where_there_is_none(tmp_path):
    assert follow_store(find_store(tmp_path / "new")).address_count == 0
    assert list_outside_addresses(find_store(tmp_path / "new")) == ()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_is_left_to_mlflow(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 1000)

    assert follow_store(find_store(tmp_path)).address_count == 0
    assert (tmp_path / "mlflow.db").read_bytes() == b"no database" * 1000


def test_a_database_of_an_older_mlflow_has_fewer_tables(old, tmp_path):
    old, _ = old
    query(old, "DROP TABLE logged_models")
    new = old.rename(tmp_path / "new")

    assert follow_store(find_store(new)).address_count == 2
