"""Forty people look around in the control room while a batch is scored: everybody is answered, and the batch has its scores."""

import datetime as dt
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from credit_default.adapters.tables.queries import read_scores
from credit_default.room.access.roles import Role
from credit_default.services.intake.file_check import check_file
from credit_default.services.scoring.score_batch import load_champion, score_file

pytestmark = pytest.mark.xdist_group("mlflow")

PEOPLE = 40
PAGES = ("/", "/batches", "/models", "/performance")
SECONDS = 60.0  # after which nobody opens another page


def look_around(room, number, visits, until):
    """The status and the seconds of each page that this person opened."""
    found = []
    with room.client(Role.ANALYST, name=f"person-{number}") as client:
        for visit in range(visits):
            if time.monotonic() > until:
                break
            began = time.monotonic()
            answer = client.get(PAGES[(number + visit) % len(PAGES)])
            found.append((answer.status_code, time.monotonic() - began))
    return found


@pytest.mark.parametrize("visits", [2, pytest.param(12, marks=pytest.mark.nightly)])
def test_forty_people_are_answered_while_a_batch_is_scored(serve_room, simulated_files, visits):
    room = serve_room()
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(PEOPLE) as people:
        walks = [
            people.submit(look_around, room, number, visits, until) for number in range(PEOPLE)
        ]
        wiring = room.wiring
        checked = check_file(wiring, str(simulated_files.batch), month=None, outcome="ignored")
        champion = load_champion(wiring, checked)
        scored = score_file(wiring, checked, champion, scored_at=dt.datetime.now(dt.UTC))
        looks = [look for walk in walks for look in walk.result()]

    seconds = [taken for _, taken in looks]
    print(f"{len(looks)} pages, 95 of 100 within {np.percentile(seconds, 95):.2f} s")  # noqa: T201
    assert len(looks) >= PEOPLE
    assert {status for status, _ in looks} == {200}
    assert read_scores(wiring.lake, batch_id=scored.batch_id).height == 1_000
    with room.client(Role.ANALYST) as client:
        assert scored.batch_id[:8] in client.get("/batches").text
