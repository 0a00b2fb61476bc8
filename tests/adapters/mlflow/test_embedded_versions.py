"""What is read from the embedded MLflow's database is what MLflow itself says of its versions and aliases."""

import datetime as dt
import sqlite3

import pytest

from credit_default.adapters.mlflow.embedded_versions import (
    EmbeddedVersions,
    find_embedded_versions,
)
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


def test_database_that_does_not_exist_has_no_version_and_is_not_made(tmp_path):
    path = tmp_path / "mlflow.db"

    assert find_embedded_versions(f"sqlite:///{path}") == EmbeddedVersions()
    assert not path.exists()


def test_nothing_is_known_of_a_server_or_of_another_database(tmp_path):
    with sqlite3.connect(tmp_path / "other.db") as other:
        other.execute("CREATE TABLE a (b)")
    (tmp_path / "none.db").write_text("no database at all, but some text that is long enough")

    assert find_embedded_versions("http://127.0.0.1:5000") is None
    assert find_embedded_versions(f"sqlite:///{tmp_path / 'other.db'}") is None
    assert find_embedded_versions(f"sqlite:///{tmp_path / 'none.db'}") is None
