import datetime as dt
import json

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.adapters.lake.pinned_champion import (
    ChampionPointer,
    fetch_pinned_champion,
    has_complete_pinned_champion,
    read_announced_change,
    read_champion_pointer,
    write_announced_change,
    write_pinned_champion,
)
from credit_default.errors import ArtifactError, ServiceError

DIGEST = "cd" * 32
NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
THIRD = ChampionPointer(3, DIGEST, "ef" * 32, "simulated", NOON)


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
    written = write_pinned_champion(lake, bundle, THIRD)
    again = write_pinned_champion(lake, bundle, THIRD)

    assert read_champion_pointer(lake) == written == again
    assert (written.model_version, written.verified_at) == (3, NOON)
    assert written.files == ("bundle.json", "deep/trees.skops")
    assert has_complete_pinned_champion(lake, written)
    fetched = fetch_pinned_champion(lake, written, tmp_path / "fetched")
    assert (fetched / "deep" / "trees.skops").read_bytes() == b"trees"


def test_there_is_no_champion_in_a_new_lake(lake):
    assert read_champion_pointer(lake) is None


def test_a_file_that_is_gone_is_an_error(lake, bundle, tmp_path):
    pointer = write_pinned_champion(lake, bundle, THIRD)
    lake.storage.delete_object(f"champion/pinned/{DIGEST}/bundle.json")

    assert not has_complete_pinned_champion(lake, pointer)
    with pytest.raises(ServiceError, match=r"no bundle\.json"):
        fetch_pinned_champion(lake, pointer, tmp_path / "fetched")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"model_version": 1}', b'{"model_version": 1, "digest": "../../x"}']
)
def test_a_malformed_pointer_is_refused(lake, content):
    lake.storage.write_object("champion/champion.json", content)

    with pytest.raises(ArtifactError, match="champion pointer"):
        read_champion_pointer(lake)


@pytest.mark.parametrize(
    "wrong", [{"verified_at": "2005-12-01T12:00:00"}, {"seal": "zz"}, {"verified_at": 3}]
)
def test_a_pointer_without_a_moment_or_a_seal_is_refused(lake, bundle, wrong):
    write_pinned_champion(lake, bundle, THIRD)
    content = json.loads(lake.storage.read_object("champion/champion.json"))
    lake.storage.write_object("champion/champion.json", json.dumps(content | wrong).encode())

    with pytest.raises(ArtifactError, match="champion pointer"):
        read_champion_pointer(lake)


def test_change_that_was_announced_last_is_remembered(lake):
    assert read_announced_change(lake) is None

    write_announced_change(lake, "promoted v1")
    write_announced_change(lake, "promoted v2")

    assert read_announced_change(lake) == "promoted v2"
