import pytest

from credit_default.adapters.lake import (
    check_hex,
    check_month,
    list_incoming,
    move_incoming,
    open_lake,
    read_champion,
    write_champion,
)
from credit_default.errors import ArtifactError, InputError

BATCH_ID = "ab" * 8
DIGEST = "cd" * 32


def test_open_lake_makes_the_root_only_when_there_is_none(tmp_path):
    lake = open_lake(tmp_path / "new" / "lake")

    assert lake.root.is_dir()
    assert list(lake.root.iterdir()) == []


def test_open_lake_refuses_a_file(tmp_path):
    (tmp_path / "lake").write_text("not a folder")

    with pytest.raises(InputError, match="found a file; expected a folder"):
        open_lake(tmp_path / "lake")


def test_folders_stand_where_the_layout_says(tmp_path):
    lake = open_lake(tmp_path)

    assert lake.incoming == tmp_path / "incoming"
    assert lake.processed == tmp_path / "processed"
    assert lake.refused == tmp_path / "refused"
    assert lake.snapshots == tmp_path / "snapshots"
    assert lake.champion == tmp_path / "champion"
    assert lake.table_uri("scores") == str(tmp_path / "tables" / "scores")
    assert lake.report_folder(BATCH_ID, 3) == tmp_path / "reports" / BATCH_ID / "v3"
    assert lake.tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert lake.artifacts_uri == f"file://{tmp_path}/mlartifacts"


@pytest.mark.parametrize("value", ["../../etc", "AB" * 8, "ab", "a" * 65, "' OR 1=1 --", "abababab\n"])
def test_check_hex_refuses_what_is_not_safe_in_a_path_or_a_predicate(value):
    with pytest.raises(InputError, match="batch_id"):
        check_hex(value, "batch_id")


@pytest.mark.parametrize("value", ["2005-13", "2005-9", "05-09", "2005-09' --", ""])
def test_check_month_refuses_what_is_no_month(value):
    with pytest.raises(InputError, match="expected YYYY-MM"):
        check_month(value)


def test_incoming_files_are_listed_by_name_without_hidden_ones_and_folders(tmp_path):
    lake = open_lake(tmp_path)
    lake.incoming.mkdir()
    for name in ("b.csv", "a.csv", ".part"):
        (lake.incoming / name).write_text("x")
    (lake.incoming / "folder").mkdir()

    assert [path.name for path in list_incoming(lake)] == ["a.csv", "b.csv"]


def test_no_incoming_folder_is_no_files(tmp_path):
    assert list_incoming(open_lake(tmp_path)) == ()


def test_an_incoming_file_moves_to_where_it_is_sent_and_twice_is_once(tmp_path):
    lake = open_lake(tmp_path)
    lake.incoming.mkdir()
    path = lake.incoming / "march.csv"
    path.write_text("rows")

    first = move_incoming(lake, path, to="processed", batch_id=BATCH_ID)
    second = move_incoming(lake, path, to="processed", batch_id=BATCH_ID)

    assert first == second == lake.processed / f"{BATCH_ID}-march.csv"
    assert first.read_text() == "rows"
    assert list_incoming(lake) == ()


def test_a_users_own_file_stays_where_it_is(tmp_path):
    lake = open_lake(tmp_path / "lake")
    path = tmp_path / "mine.csv"
    path.write_text("rows")

    assert move_incoming(lake, path, to="refused", batch_id=BATCH_ID) == path
    assert path.read_text() == "rows"


def test_the_champion_pointer_comes_back_with_its_bundle(tmp_path):
    lake = open_lake(tmp_path / "lake")
    bundle = tmp_path / "bundle"
    bundle.mkdir()
    (bundle / "bundle.json").write_text("{}")

    written = write_champion(lake, bundle, model_version=3, digest=DIGEST)
    again = write_champion(lake, bundle, model_version=3, digest=DIGEST)

    assert read_champion(lake) == written == again
    assert (written.folder / "bundle.json").read_text() == "{}"


def test_there_is_no_champion_in_a_new_lake(tmp_path):
    assert read_champion(open_lake(tmp_path)) is None


@pytest.mark.parametrize("content", ["", "[]", '{"model_version": 1}', '{"model_version": 1, "digest": "../../x"}'])
def test_a_strange_champion_pointer_is_refused(tmp_path, content):
    lake = open_lake(tmp_path)
    lake.champion.mkdir()
    (lake.champion / "champion.json").write_text(content)

    with pytest.raises(ArtifactError, match="champion pointer"):
        read_champion(lake)
