import os

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.errors import InputError
from credit_default.flows.events.send import OBJECT_CREATED
from credit_default.flows.listen import listen, listen_for_files
from credit_default.settings import load_settings

pytestmark = pytest.mark.xdist_group("prefect")


def drop(folder, name):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"a")
    os.utime(folder / name, (1_000_000_000, 1_000_000_000))


def test_run_of_the_deployment_listens_for_its_time_and_ends(
    prefect_server, wait_for_events, tmp_path
):
    lake = open_lake(tmp_path / "lake")
    drop(lake.home / "incoming", "a.csv")

    state = listen(overrides={"lake": lake.uri}, seconds="1", return_state=True)

    assert (state.name, state.result().status) == ("Listened", "listened for 1 s")
    assert (
        len(wait_for_events(prefect_server, OBJECT_CREATED, uri=f"{lake.uri}/incoming/a.csv")) == 1
    )


def test_bucket_without_a_queue_is_polled(prefect_server, wait_for_events, s3_uri, tmp_path):
    lake = open_lake(s3_uri, home=tmp_path)
    lake.storage.write_object("incoming/a b.csv", b"a")
    overrides = {"lake": s3_uri, "home": str(tmp_path), "listen": {"look_seconds": 0.5}}

    listen_for_files(load_settings(overrides).settings, seconds=1)

    assert (
        len(wait_for_events(prefect_server, OBJECT_CREATED, uri=f"{s3_uri}/incoming/a b.csv")) == 1
    )


def test_folder_needs_no_queue(tmp_path):
    queue = {"queue_url": "https://sqs.eu-central-1.amazonaws.com/123456789012/incoming"}

    with pytest.raises(InputError, match="expected a queue only for a lake in a bucket"):
        listen_for_files(
            load_settings({"lake": str(tmp_path / "lake"), "listen": queue}).settings, seconds=1
        )
