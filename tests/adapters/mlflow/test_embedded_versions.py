"""What is read from the embedded MLflow's database is what MLflow itself says of its versions and aliases."""

import datetime as dt
import sqlite3

import pytest

from credit_default.adapters.mlflow.embedded_versions import (
    EmbeddedVersions,
    find_embedded_versions,
    read_embedded_versions,
)
from credit_default.adapters.mlflow.logged_model import read_aliases
from credit_default.adapters.mlflow.model_versions import parse_version
from credit_default.errors import ArtifactError
from credit_default.gates.verdict import Verdict

pytestmark = [
    pytest.mark.xdist_group("mlflow"),
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy:sqlalchemy.exc.SADeprecationWarning"
    ),
]

NOON = dt.datetime(2005, 10, 1, 12, tzinfo=dt.UTC)
GOOD = Verdict("promotion", "ok", ("better by .004",))


def register(registry, tracking, bundle, name):
    with tracking.start_run("train", name=name, tags={}) as run:
        return registry.register(run, bundle, metrics={})


def test_versions_and_champion_are_those_that_mlflow_names(
    registry, tracking, bundle, other_bundle, lake
):
    seen = [find_embedded_versions(lake.tracking_uri)]
    first = register(registry, tracking, bundle, "first")
    register(registry, tracking, other_bundle, "second")
    seen.append(find_embedded_versions(lake.tracking_uri))
    registry.promote(first, GOOD, promoted_at=NOON)
    seen.append(find_embedded_versions(lake.tracking_uri))
    tracking.client.delete_model_version("credit-default", "2")
    seen.append(find_embedded_versions(lake.tracking_uri))

    both = frozenset({1, 2})
    assert seen == [
        EmbeddedVersions(),
        EmbeddedVersions(both),
        EmbeddedVersions(both, champion=1),
        EmbeddedVersions(frozenset({1}), champion=1),
    ]
    assert {version.number for version in registry.list_versions()} == {1}
    assert registry.find_champion().number == 1


def ask_mlflow(registry, tracking):
    """The versions as MLflow's own client names them."""
    aliases = read_aliases(tracking.client, registry.name)
    found = tracking.client.search_model_versions(f"name='{registry.name}'", max_results=10_000)
    return tuple(
        sorted((parse_version(one, aliases) for one in found), key=lambda version: -version.number)
    )


def test_whole_versions_are_those_that_mlflow_describes(
    registry, tracking, bundle, other_bundle, lake
):
    first = register(registry, tracking, bundle, "first")
    second = register(registry, tracking, other_bundle, "second")
    registry.promote(first, GOOD, promoted_at=NOON)
    registry.promote(second, GOOD, promoted_at=NOON)
    registry.record_tags(second, {"reason": "a tag of “two”\nlines", "empty": ""})
    tracking.client.set_registered_model_alias("credit-default", "spare", "1")
    before = (
        read_embedded_versions(lake.tracking_uri),
        ask_mlflow(registry, tracking),
        registry.list_versions(),
    )
    tracking.client.delete_model_version("credit-default", "2")

    assert [version.number for version in before[0]] == [2, 1]
    assert before[0] == before[1] == before[2]
    assert read_embedded_versions(lake.tracking_uri) == ask_mlflow(registry, tracking)
    assert read_embedded_versions(lake.tracking_uri, name="another") == ()


def test_a_version_of_another_making_is_refused_as_mlflows_is(registry, tracking, bundle, lake):
    register(registry, tracking, bundle, "first")
    with tracking.start_run("train", name="foreign", tags={}) as run:
        address = f"runs:/{run.run_id}/model"
        tracking.client.create_model_version("credit-default", address, run.run_id)

    with pytest.raises(ArtifactError, match="version 2: found no digest"):
        read_embedded_versions(lake.tracking_uri)


def test_database_that_does_not_exist_has_no_version_and_is_not_made(tmp_path):
    path = tmp_path / "mlflow.db"

    assert find_embedded_versions(f"sqlite:///{path}") == EmbeddedVersions()
    assert read_embedded_versions(f"sqlite:///{path}") is None
    assert not path.exists()


def test_nothing_is_known_of_a_server_or_of_another_database(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE a (b)")
    (tmp_path / "none.db").write_text("no database at all, but some text that is long enough")

    for look in (find_embedded_versions, read_embedded_versions):
        assert look("http://127.0.0.1:5000") is None
        assert look(f"sqlite:///{tmp_path / 'other.db'}") is None
        assert look(f"sqlite:///{tmp_path / 'none.db'}") is None
