import runpy
from pathlib import Path

import pytest
from mlflow.utils.file_utils import local_file_uri_to_path

from credit_default.adapters.host.sqlite_addresses import find_sqlite_path
from credit_default.adapters.lake.layout import check_hex, check_month, open_lake
from credit_default.errors import InputError, ServiceError

closed_folders = runpy.run_path(str(Path(__file__).parents[2] / "fakes" / "another_user.py"))[
    "closed_folders"
]
NAMES = runpy.run_path(str(Path(__file__).parents[2] / "fakes" / "odd_names.py"))


def test_open_lake_makes_the_root_only_when_there_is_none(tmp_path):
    lake = open_lake(tmp_path / "new" / "lake")

    assert lake.home.is_dir()
    assert list(lake.home.iterdir()) == []


def test_open_lake_refuses_a_file(tmp_path):
    (tmp_path / "lake").write_text("not a folder")

    with pytest.raises(InputError, match="found a file; expected a folder"):
        open_lake(tmp_path / "lake")


@pytest.mark.parametrize("place", ["read_only", "shut"])
def test_open_lake_says_that_a_folder_may_not_be_entered_or_written_to(place):
    with (
        closed_folders() as closed,
        pytest.raises(ServiceError, match=r"Permission denied.*correct the permissions"),
    ):
        open_lake(getattr(closed, place) / "lake")


def test_a_lake_in_a_folder_keeps_everything_there(tmp_path):
    lake = open_lake(tmp_path)

    assert lake.uri == str(tmp_path)
    assert lake.table_uri("scores") == str(tmp_path / "tables" / "scores")
    assert lake.tracking_uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert lake.artifacts_uri == f"file://{tmp_path}/mlartifacts"
    assert lake.bundles == tmp_path / "champion" / "bundles"
    assert dict(lake.storage_options) == {}


@pytest.mark.parametrize("given", ["../start/lake", "./lake", "lake/", "~/start//lake", "../link"])
def test_a_lake_has_one_name_however_it_was_given(given, tmp_path, monkeypatch):
    (tmp_path / "start" / "lake").mkdir(parents=True)
    (tmp_path / "link").symlink_to("start/lake")
    monkeypatch.chdir(tmp_path / "start")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert open_lake(given).uri == str(tmp_path / "start" / "lake")
    assert open_lake("s3://bucket/x", home=Path(given)).home.parent == tmp_path / "start" / "lake"


@pytest.mark.parametrize("name", NAMES["ODD_NAMES"])
def test_a_lakes_addresses_name_its_own_folder_whatever_that_is_called(name, tmp_path):
    lake = open_lake(tmp_path / name)

    assert find_sqlite_path(lake.tracking_uri) == tmp_path / name / "mlflow.db"
    assert local_file_uri_to_path(lake.artifacts_uri) == str(tmp_path / name / "mlartifacts")
    assert lake.uri == str(tmp_path / name)


def test_a_lake_in_a_bucket_keeps_what_is_this_machines_in_a_home_of_its_own(tmp_path):
    lake = open_lake("s3://lender-lake/cards/tw/", home=tmp_path)

    assert lake.uri == "s3://lender-lake/cards/tw"
    assert lake.table_uri("scores") == "s3://lender-lake/cards/tw/tables/scores"
    assert lake.tracking_uri == f"sqlite:///{tmp_path}/lender-lake-cards-tw-10a4fa91/mlflow.db"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "uri", ["s3://", "s3:///prefix", "s3://UPPER/x", "s3://bucket/../x", "s3://a_b/x"]
)
def test_what_is_no_buckets_name_is_refused(uri):
    with pytest.raises(InputError):
        open_lake(uri)


def test_lakes_whose_names_look_alike_have_homes_of_their_own(tmp_path):
    uris = ("s3://lender/dev-1", "s3://lender/dev/1", "s3://lender/dev_1", "s3://lender-dev/1")

    homes = {open_lake(uri, home=tmp_path).home for uri in uris}

    assert len(homes) == 4
    assert (
        open_lake("s3://lender/dev/1/", home=tmp_path).home
        == open_lake("s3://lender/dev/1", home=tmp_path).home
    )


@pytest.mark.parametrize(
    "uri",
    [
        "s3:/bucket/x",
        "S3://bucket/x",
        "gs://bucket/x",
        "http://host/x",
        "file:///x",
        Path("s3://bucket/x"),
    ],
)
def test_another_scheme_is_refused_and_makes_no_folder(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InputError, match="expected a folder or s3://bucket/prefix"):
        open_lake(uri)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("uri", ["data:2005", "./gs:/lake", "1:/lake"])
def test_a_folder_with_a_colon_in_its_name_is_a_folder(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    lake = open_lake(uri)

    assert lake.home.is_dir()
    assert not lake.in_bucket


def test_scratch_is_gone_afterwards_whatever_happened(tmp_path):
    lake = open_lake(tmp_path)

    def fail():
        with lake.scratch() as folder:
            (folder / "file").write_text("x")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "value", ["../../etc", "AB" * 8, "ab", "a" * 65, "' OR 1=1 --", "abababab\n"]
)
def test_check_hex_refuses_what_is_not_safe_in_a_key_or_a_predicate(value):
    with pytest.raises(InputError, match="batch_id"):
        check_hex(value, "batch_id")


@pytest.mark.parametrize("value", ["2005-13", "2005-9", "05-09", "2005-09' --", ""])
def test_check_month_refuses_what_is_no_month(value):
    with pytest.raises(InputError, match="expected YYYY-MM"):
        check_month(value)


def test_those_who_share_a_lock_do_not_wait_for_each_other_but_for_one_who_does_not(tmp_path):
    lake = open_lake(tmp_path)

    with (
        lake.hold_lock("x", shared=True),
        lake.hold_lock("x", shared=True),
        lake.try_lock("x") as beside,
    ):
        assert not beside
    with lake.try_lock("x") as alone:
        assert alone
