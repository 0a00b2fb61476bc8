import pytest

from credit_default.adapters.champion import fetch_champion, read_champion, write_champion
from credit_default.adapters.lake import open_lake
from credit_default.errors import ArtifactError, ServiceError

DIGEST = "cd" * 32


@pytest.fixture
def lake(tmp_path):
    return open_lake(tmp_path / "lake")


@pytest.fixture
def bundle(tmp_path):
    folder = tmp_path / "bundle"
    (folder / "deep").mkdir(parents=True)
    (folder / "bundle.json").write_text("{}")
    (folder / "deep" / "trees.skops").write_bytes(b"trees")
    return folder


def test_the_pointer_comes_back_with_its_bundle(lake, bundle, tmp_path):
    written = write_champion(lake, bundle, model_version=3, digest=DIGEST)
    again = write_champion(lake, bundle, model_version=3, digest=DIGEST)

    assert read_champion(lake) == written == again
    fetched = fetch_champion(lake, written, tmp_path / "fetched")
    assert (fetched / "deep" / "trees.skops").read_bytes() == b"trees"


def test_there_is_no_champion_in_a_new_lake(lake):
    assert read_champion(lake) is None


def test_a_file_that_is_gone_is_told(lake, bundle, tmp_path):
    pointer = write_champion(lake, bundle, model_version=3, digest=DIGEST)
    lake.storage.delete_object(f"champion/pinned/{DIGEST}/bundle.json")

    with pytest.raises(ServiceError, match=r"no bundle\.json"):
        fetch_champion(lake, pointer, tmp_path / "fetched")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"model_version": 1}', b'{"model_version": 1, "digest": "../../x"}'])
def test_a_strange_pointer_is_refused(lake, content):
    lake.storage.write_object("champion/champion.json", content)

    with pytest.raises(ArtifactError, match="champion pointer"):
        read_champion(lake)
