import shutil
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from credit_default.errors import ServiceError
from credit_default.flows.events.send import (
    announce_inbox,
    announce_object,
    announce_outcomes,
    check_server,
)
from credit_default.flows.runs.context import connect
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.views.summaries.summary import Summary

pytestmark = pytest.mark.xdist_group("prefect")

STRANGE = 's3://lake/incoming/ü & "{{ 1 }}" +%20.csv'


@pytest.fixture(scope="module")
def trained(champion_settings, tmp_path_factory):
    """A lake with a champion without the session's own server, beside which the full one would cost seconds."""
    lake = shutil.copytree(champion_settings["lake"], tmp_path_factory.mktemp("trained") / "lake")
    return {**champion_settings, "lake": str(lake)}


def test_object_is_announced_by_its_name_as_it_is(use_full_prefect_server, wait_for_events):
    check_server()

    announce_object(STRANGE)

    [event] = wait_for_events(use_full_prefect_server, "credit-default.object.created", uri=STRANGE)
    assert event["resource"]["prefect.resource.id"].startswith("credit-default.object.")


def test_inbox_is_announced_as_a_whole(use_full_prefect_server, wait_for_events):
    announce_inbox("s3://lake")

    events = wait_for_events(use_full_prefect_server, "credit-default.object.created", uri="")
    assert events[0]["resource"]["prefect.resource.id"].startswith("credit-default.inbox.")


def test_server_that_is_away_is_a_service_error():
    with temporary_settings(updates={PREFECT_API_URL: "http://127.0.0.1:1/api"}):
        with pytest.raises(ServiceError, match="expected a server that accepts events"):
            announce_object("s3://lake/incoming/a.csv")
        with pytest.raises(ServiceError, match="Start it, name it with PREFECT_API_URL"):
            check_server()


def test_outcomes_are_announced_for_each_batch_that_they_are_about(
    trained, simulated_files, use_full_prefect_server, wait_for_events
):
    from credit_default.adapters.tables.queries import scan_table
    from credit_default.flows.runs.context import read_clock

    wiring = connect(trained, [])
    score_somebody(trained, simulated_files.batch)
    taken = ingest_outcomes_file(wiring, str(simulated_files.outcomes), taken_in_at=read_clock())

    reported = announce_outcomes(wiring, taken)

    assert reported == taken
    batch_ids = set(scan_table(wiring.lake, "scores").select("batch_id").collect()["batch_id"])
    assert batch_ids
    for batch_id in batch_ids:
        assert wait_for_events(
            use_full_prefect_server, "credit-default.outcomes.recorded", batch_id=batch_id
        )


def score_somebody(trained, file):
    from credit_default.flows.predict import predict

    return predict(batch=str(file), overrides=trained, return_state=True).result().batch_id


def test_an_alarm_is_recorded_and_announced_before_its_page_is_drawn(
    trained, simulated_files, use_full_prefect_server, wait_for_events, tmp_path
):
    from credit_default.flows.monitor import monitor
    from credit_default.flows.reconcile import reconcile

    lake = shutil.copytree(trained["lake"], tmp_path / "lake")
    later = {**trained, "lake": str(lake), "draw_report": "later"}
    batch_id = score_somebody(later, simulated_files.drifted)

    with connect(later, []).lake.try_lock("reports"):  # so that nobody draws meanwhile
        state = monitor(batch_id=batch_id, overrides=later, report="drift", return_state=True)
        found = "credit-default.drift.found"
        events = wait_for_events(use_full_prefect_server, found, batch_id=batch_id)

    summary = state.result()
    page = Path(summary.paths["report (html)"])
    assert events
    assert not page.exists()
    assert "the report's page follows in a moment" in summary.notes[-1]
    reconciled = reconcile(overrides=later, return_state=True).result()
    assert f"drew the report of batch {batch_id}, version 1" in reconciled.notes
    assert "drift: alarm" in page.read_text(encoding="utf-8")


def test_outcomes_that_could_not_be_announced_are_kept_with_a_note(trained):
    known = Summary("outcomes", "taken in", batch_id="ab" * 8)
    wiring = connect(trained, [])

    with temporary_settings(updates={PREFECT_API_URL: "http://127.0.0.1:1/api"}):
        assert (
            announce_outcomes(wiring, known) == known
        )  # they are about no batch, so no event is needed
