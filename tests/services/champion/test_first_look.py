import datetime as dt
import json
import shutil
from dataclasses import replace

import pytest

from credit_default.adapters.lake.pinned_champion import read_champion_pointer
from credit_default.errors import InputError
from credit_default.services.champion.first_look import (
    NamedChampion,
    find_named_champion,
    load_version,
)
from credit_default.services.champion.pinned_champion import pin_version

NOON = dt.datetime(2006, 2, 1, 12, tzinfo=dt.UTC)
POINTER = "champion/champion.json"


@pytest.fixture
def wiring(trained_lake, make_wiring, tmp_path):
    """A lake of the test's own whose champion is pinned."""
    shutil.copytree(trained_lake.wiring.lake.home, tmp_path / "lake")
    own = make_wiring(tmp_path)
    pin_version(own, own.registry.find_champion(), at=NOON)
    return own


def rewrite_pointer(wiring, **changed):
    stored = json.loads(wiring.lake.storage.read_object(POINTER)) | changed
    content = {name: value for name, value in stored.items() if value is not None}
    wiring.lake.storage.write_object(POINTER, json.dumps(content).encode())


def test_champion_is_named_by_the_lake_as_the_registry_names_it(wiring):
    registered = wiring.registry.find_champion()
    asked = replace(wiring)  # without a connection yet

    named = find_named_champion(asked)

    assert named == NamedChampion(registered.number, registered.trained_at)
    assert "registry" not in vars(asked)


@pytest.mark.parametrize("changed", [{"trained_at": None}, {"model_version": 7}, {"digest": "?"}])
def test_registry_names_the_champion_where_the_lake_does_not_say_the_same(wiring, changed):
    registered = wiring.registry.find_champion()
    rewrite_pointer(wiring, **changed)

    assert find_named_champion(wiring) == NamedChampion(registered.number, registered.trained_at)


def test_champion_is_loaded_from_the_lake_and_verified(wiring):
    digest = wiring.registry.find_champion().digest
    asked = replace(wiring)

    assert load_version(asked, 1).digest == digest
    assert "registry" not in vars(asked)


def test_damaged_copy_of_the_champion_is_replaced_by_that_of_the_registry(wiring):
    pointer = read_champion_pointer(wiring.lake)
    for folder in (wiring.lake.bundles, wiring.lake.home / "champion" / "pinned"):
        (folder / pointer.digest / "pipeline.skops").write_bytes(b"damaged")

    assert load_version(wiring, 1).digest == pointer.digest


def test_version_that_is_not_there_is_named(wiring):
    with pytest.raises(InputError, match="no version 9"):
        load_version(wiring, 9)
