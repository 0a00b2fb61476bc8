"""Folders of part files in a bucket: fetched as a folder, with what their names say."""

import polars as pl
import pytest

from credit_default.adapters.storage.open_storage import open_storage
from credit_default.data.simulation.months import simulate
from credit_default.errors import InputError
from credit_default.services.intake.file_access import fetch_file, open_fetched_file
from credit_default.services.intake.file_check import check_file


@pytest.fixture(scope="module")
def rows():
    return next(simulate(client_count=60, month_count=1, seed=5)).statements


@pytest.fixture
def storage(s3_uri):
    return open_storage(s3_uri)


def drop(storage, rows, name):
    storage.write_object(f"out/{name}", rows.write_csv().encode())


def check(wiring, uri):
    return check_file(wiring, uri, month=None, outcome="ignored")


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_prefix_is_the_folder_below_it(wiring, storage, rows, tmp_path, slash):
    drop(storage, rows.head(25), "part-00000.csv")
    drop(storage, rows.tail(35), "part-00001.csv")
    drop(storage, rows.head(1), ".hidden.csv")
    storage.write_object("out/_SUCCESS", b"")
    local = tmp_path / "out"
    local.mkdir()
    for number, part in enumerate((rows.head(25), rows.tail(35))):
        part.write_csv(local / f"part-0000{number}.csv")

    checked = check(wiring, f"{storage.uri}/out{slash}")

    assert checked.batch_id == check(wiring, str(local)).batch_id
    assert checked.name == "out"
    assert checked.source.uri == f"{storage.uri}/out{slash}"
    assert checked.validated.row_count == 60


def test_partitions_of_a_prefix_give_the_month(wiring, storage, rows):
    bare = rows.drop("statement_month")
    drop(storage, bare.head(30), "statement_month=2005-10/part-00000.csv")
    drop(storage, bare.tail(30), "statement_month=2005-11/part-00000.csv")

    assert check(wiring, f"{storage.uri}/out/").validated.months == ("2005-10", "2005-11")
    assert check(wiring, f"{storage.uri}/out/statement_month=2005-11/").validated.months == (
        "2005-11",
    )


@pytest.mark.parametrize(
    ("mark", "found"), [("_temporary/0/x", "_temporary"), ("_delta_log/0.json", "a Delta table")]
)
def test_marks_of_a_prefix_count_as_those_of_a_folder(wiring, storage, rows, mark, found):
    drop(storage, rows, "part-00000.csv")
    storage.write_object(f"out/{mark}", b"x" * 10)

    with pytest.raises(InputError, match=found):
        check(wiring, f"{storage.uri}/out/")


def test_one_part_of_several_in_a_bucket_is_refused_and_the_prefix_named(wiring, storage, rows):
    for number in range(2):
        drop(storage, rows, f"part-0000{number}.csv")
    storage.write_object("out/_SUCCESS", b"")

    with pytest.raises(InputError, match="one of 2 parts") as caught:
        fetch_file(wiring, f"{storage.uri}/out/part-00000.csv")

    assert caught.value.remedy == f"Name the folder: {storage.uri}/out/"


@pytest.mark.parametrize("name", ["nothing", "nothing/"])
def test_a_prefix_without_objects_is_refused(wiring, storage, name):
    with pytest.raises(InputError, match="no such object, and none below it"):
        fetch_file(wiring, f"{storage.uri}/{name}")


def test_the_copy_of_a_folder_is_removed_when_its_block_ends(wiring, storage, rows):
    drop(storage, rows, "part-00000.csv")
    uri = f"{storage.uri}/out/"

    with open_fetched_file(wiring, uri) as arrival:
        assert fetch_file(wiring, uri) is arrival
        assert pl.read_csv(arrival.path / "part-00000.csv").height == 60

    assert not arrival.path.parent.exists()
