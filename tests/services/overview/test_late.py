import datetime as dt
import json
import os

import pytest
from tests.fakes.batch_tables import NOON, put_outcomes, put_scores

from credit_default.adapters.lake.owed_reports import write_owed_report
from credit_default.errors import MlflowError
from credit_default.gates.completeness import CoveragePolicy
from credit_default.services.overview.late import describe_away, list_late, list_late_runs
from credit_default.services.overview.server_runs import ServerRuns

BATCH = "a" * 16


def find(wiring, *, now=NOON):
    return {item.what: item for item in list_late(wiring.lake, now=now, policy=CoveragePolicy())}


def put_months(wiring, *months, age=1):
    for number, month in enumerate(months):
        at = dt.datetime(int(month[:4]), int(month[5:]), 3, tzinfo=dt.UTC)
        put_scores(
            wiring.lake,
            f"{number:016x}",
            month,
            at=at + dt.timedelta(days=31 * age),
            chances=(0.1,),
        )
        put_outcomes(wiring.lake, month, (0,), at=NOON)


@pytest.mark.parametrize(("month_now", "is_late"), [(12, False), (13, True)])
def test_month_without_a_file_is_late_once_it_is_older_than_months_were_before(
    wiring, month_now, is_late
):
    put_months(wiring, "2005-08", "2005-09", "2005-10")
    now = dt.datetime(2005 + month_now // 13, (month_now - 1) % 12 + 1, 15, tzinfo=dt.UTC)

    found = find(wiring, now=now)

    assert ("No file of 2005-11" in found) == is_late
    if is_late:
        assert "2 months back" in found["No file of 2005-11"].why
        assert "1 month after" in found["No file of 2005-11"].why


def test_month_that_was_left_out_is_late(wiring):
    put_months(wiring, "2005-08", "2005-10")

    assert "2005-10 is there" in find(wiring)["No file of 2005-09"].why


def test_backlog_scored_years_later_is_not_late(wiring):
    put_months(wiring, "2005-08", "2005-09", age=200)

    assert "No file of 2005-10" not in find(wiring, now=dt.datetime(2022, 2, 1, tzinfo=dt.UTC))


def test_refused_file_is_late_with_the_reason_as_a_quote(wiring):
    folder = wiring.lake.home / "refused"
    folder.mkdir()
    reason = {"thing": "a", "found": "cell 'x'", "expected": "a number", "remedy": "Correct it."}
    (folder / f"{BATCH}-march.csv").write_text("x")
    (folder / f"{BATCH}-march.csv.reason.json").write_text(json.dumps(reason))

    item = find(wiring)["File march.csv"]

    assert "refused" in item.why
    assert "cell" not in item.why + item.remedy
    assert item.quotes == "found cell 'x'; expected a number. Correct it."


def test_file_that_nobody_takes_is_late_and_one_that_just_came_is_not(wiring):
    folder = wiring.lake.home / "incoming"
    folder.mkdir()
    for name, minutes in (("old.csv", 20), ("new.csv", 1)):
        (folder / name).write_text("x")
        moment = (NOON - dt.timedelta(minutes=minutes)).timestamp()
        os.utime(folder / name, (moment, moment))
    (folder / "parts").mkdir()
    (folder / "parts" / "part-0.csv").write_text("x")

    found = find(wiring)

    assert "incoming/" in found["File old.csv"].why
    assert "File new.csv" not in found
    assert "_SUCCESS" in found["Folder parts"].why


def test_outcomes_that_are_due_are_late_with_the_counts_of_the_tables(wiring):
    put_scores(wiring.lake, BATCH, "2005-10", chances=(0.1,) * 5)
    put_outcomes(wiring.lake, "2005-10", (0, 1))

    found = find(wiring)
    put_outcomes(wiring.lake, "2005-10", (0, 1, 0, 0, 0))

    assert "2 are on record of 5 scored clients" in found["Outcomes of 2005-10"].why
    assert "Outcomes of 2005-10" not in find(wiring)


def test_outcomes_that_cannot_be_known_yet_are_not_late(wiring):
    put_scores(wiring.lake, BATCH, "2005-11")

    assert "Outcomes of 2005-11" not in find(wiring)


def test_page_that_could_not_be_drawn_is_late_with_the_fault(wiring):
    content = {"fault": "Evidently: out of memory"}
    write_owed_report(wiring.lake, content, batch_id=BATCH, model_version=3)

    item = find(wiring)[f"Evidently's page of batch {BATCH}, version 3"]

    assert "out of memory" in item.why
    assert "reconcile" in item.remedy


def test_server_that_is_away_is_late_with_what_follows_and_what_to_do():
    fault = MlflowError("MLflow (http://m)", found="no answer", expected="one", remedy="Start it.")

    item = describe_away(fault, consequence="Batches wait.")

    assert (item.what, item.remedy) == ("MLflow (http://m)", "Start it.")
    assert item.why == "does not answer: no answer. Batches wait"


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (ServerRuns("none"), []),
        (ServerRuns("answers"), []),
        (ServerRuns("answers", idle=("predict",)), ["No worker"]),
        (ServerRuns("answers", late_count=1), ["1 scheduled run"]),
        (ServerRuns("answers", is_registered=False), ["No deployment"]),
    ],
)
def test_server_that_nobody_serves_is_late(runs, expected):
    assert [item.what for item in list_late_runs(runs)] == expected


def test_lake_without_anything_is_not_late(wiring):
    assert find(wiring) == {}
