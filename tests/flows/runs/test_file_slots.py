import threading
from contextvars import copy_context

import pytest

from credit_default.flows.runs.file_slots import hold_file_slot, name_slot


def start_thread(act):
    """A thread that asks the same server as this one: Prefect's settings go with the context."""
    thread = threading.Thread(target=copy_context().run, args=[act])
    thread.start()
    return thread


pytestmark = pytest.mark.xdist_group("prefect")


def test_one_file_has_one_slot_and_there_are_not_more_than_a_few():
    slots = {name_slot(f"s3://lake/incoming/{number}.csv") for number in range(1_000)}

    assert name_slot("s3://lake/incoming/a.csv") == name_slot("s3://lake/incoming/a.csv")
    assert len(slots) == 32


def test_many_runs_may_ask_for_a_slot_that_does_not_exist_yet(prefect_server):
    taken = []

    def run():
        with hold_file_slot("s3://lake/incoming/new.csv"):
            taken.append(1)

    threads = [start_thread(run) for _ in range(4)]
    for thread in threads:
        thread.join(120)

    assert taken == [1] * 4


def test_second_run_waits_until_the_first_one_is_done(prefect_server):
    seen, first_is_in = [], threading.Event()

    def second():
        first_is_in.wait(30)
        with hold_file_slot("s3://lake/incoming/a.csv"):
            seen.append("second")

    thread = start_thread(second)
    with hold_file_slot("s3://lake/incoming/a.csv"):
        first_is_in.set()
        thread.join(0.5)
        seen.append("first")
    thread.join(60)

    assert seen == ["first", "second"]
