import datetime as dt
import time

from tests.fakes.batch_tables import NOON, put_scores, put_verdict

from credit_default.adapters.tables.model_reviews import write_finding, write_review
from credit_default.errors import ServiceError
from credit_default.gates.governance.findings import Finding, Review
from credit_default.gates.ledger.version_events import Promoted
from credit_default.services.context.audit_log import append_ledger_entry
from credit_default.services.overview.server_runs import ServerRuns
from credit_default.services.overview.state_now import RegistryNow, describe_now

BATCH = "a" * 16


def look(wiring, *, runs=None, later=0, patience=0.1, since=None):
    return describe_now(
        wiring,
        now=NOON + dt.timedelta(seconds=later),
        read_runs=runs or (lambda: ServerRuns("none")),
        patience_seconds=patience,
        serving_since=since,
    )


def promote(wiring):
    event = Promoted(model_digest="d", by="gate")
    append_ledger_entry(wiring, event, key="promoted v1", at=NOON, model_version=1)


def test_page_still_comes_and_says_so_where_both_servers_are_away(make_wiring):
    wiring = make_wiring(
        mlflow={"tracking_uri": "http://127.0.0.1:9"}, prefect={"api_url": "http://127.0.0.1:9/api"}
    )
    promote(wiring)

    def ask_prefect():
        raise ServiceError("Prefect", found="nothing", expected="an answer", remedy="Start it.")

    began = time.monotonic()
    first = look(wiring, runs=ask_prefect, patience=0.2)
    waited = time.monotonic() - began
    then = look(wiring, runs=ask_prefect, patience=10)

    assert waited < 2
    assert first.champion.version == 1
    assert first.registry.is_awaited
    assert {item.what for item in then.late} >= {"Prefect", "MLflow (http://127.0.0.1:9)"}
    assert then.retraining.fault is not None


def test_server_that_does_not_answer_is_still_starting_until_it_had_its_time(make_wiring):
    wiring = make_wiring(prefect={"api_url": "http://127.0.0.1:9/starting"})

    def ask_prefect():
        raise ServiceError("Prefect", found="nothing", expected="an answer", remedy="Start it.")

    soon = look(wiring, runs=ask_prefect, patience=10, later=5, since=NOON)
    late = look(wiring, runs=ask_prefect, patience=10, later=200, since=NOON)

    assert (soon.is_starting, late.is_starting) == (True, False)
    assert ["still starting" in item.why for item in soon.late if item.what == "Prefect"] == [True]
    assert ["does not answer" in item.why for item in late.late if item.what == "Prefect"] == [True]


def test_last_batch_is_the_one_that_was_scored_last(wiring):
    put_scores(wiring.lake, "b" * 16, "2005-11")
    put_scores(wiring.lake, BATCH, "2005-10", at=NOON.replace(hour=13))

    assert look(wiring).last_batch.batch_id == BATCH


def test_retraining_says_whether_it_is_asked_for_and_why_and_a_look_makes_no_database(wiring):
    put_scores(wiring.lake, BATCH, "2005-10")
    put_verdict(wiring.lake, BATCH, "2005-10", gate="feed", level="alarm")

    found = look(wiring, patience=60)

    assert found.retraining.value.headline.startswith("no retraining is requested")
    assert found.retraining.value.reasons
    assert found.registry.value == RegistryNow("", ())
    assert not wiring.lake.tracking_database.exists()


def test_findings_and_the_next_review_are_those_on_record(wiring):
    promote(wiring)
    finding = Finding(
        finding_id="abcd1234",
        model_version=1,
        severity="high",
        title="reasons differ",
        owner="ana",
        due="2005-11-30",
        opened_by="ben",
        opened_at=NOON.isoformat(),
    )
    review = Review(
        model_version=1,
        tier=2,
        opinion="fit for use",
        reason="r",
        next_review="2006-06-01",
        reviewed_by="ben",
        reviewed_at=NOON.isoformat(),
    )
    write_finding(wiring.lake, finding)
    write_review(wiring.lake, review)

    found = look(wiring)

    assert [one.title for one in found.findings] == ["reasons differ"]
    assert found.findings[0].due < found.today
    assert (found.review.next_on, found.review.is_overdue) == ("2006-06-01", False)
    assert look(wiring, later=86_400 * 365).review.is_overdue


def test_schedules_in_force_are_shown_where_no_server_says_what_comes(wiring):
    assert dict(look(wiring).schedules)["Training"] == "every Monday at 03:00 UTC"
