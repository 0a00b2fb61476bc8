import gc
import threading
import time

import pytest

from credit_default.services.context.ordered_threads import map_in_order, read_ahead


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_results_come_in_the_order_of_the_parts_whichever_ends_first(jobs):
    def act(part):
        time.sleep(0.002 * (part % 3))
        return part * 10

    assert list(map_in_order(act, range(20), jobs=jobs)) == [part * 10 for part in range(20)]


def test_parts_are_worked_on_side_by_side():
    meeting = threading.Barrier(2)  # broken unless two are there at once

    assert (
        list(map_in_order(lambda _: meeting.wait(timeout=30) >= 0, range(4), jobs=2)) == [True] * 4
    )


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_no_more_parts_are_drawn_than_are_under_way(jobs):
    drawn = []
    results = map_in_order(lambda part: part, (drawn.append(n) or n for n in range(50)), jobs=jobs)

    assert next(results) == 0
    assert len(drawn) <= jobs + 1
    results.close()
    assert len(drawn) <= jobs + 1


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_raised_by_a_part_or_by_the_work_reaches_the_caller(jobs):
    def draw():
        yield from range(5)
        raise ValueError("no sixth part")

    def act(part):
        return 1 / (part - 3)

    with pytest.raises(ZeroDivisionError):
        list(map_in_order(act, range(9), jobs=jobs))
    with pytest.raises(ValueError, match="no sixth part"):
        list(map_in_order(str, draw(), jobs=jobs))
    with pytest.raises(ValueError, match="no sixth part"):
        list(read_ahead(draw(), jobs=jobs))


@pytest.mark.parametrize("jobs", [1, 2])
def test_parts_that_are_read_ahead_are_all_there_in_order(jobs):
    assert list(read_ahead(iter(range(30)), jobs=jobs)) == list(range(30))
    assert list(read_ahead([], jobs=jobs)) == []


def test_one_part_is_read_ahead_and_the_rest_is_closed_with_the_reader():
    drawn, closed = [], []

    def draw():
        try:
            for part in range(50):
                drawn.append(part)
                yield part
        finally:
            closed.append(True)

    parts = read_ahead(draw(), jobs=2)
    assert next(parts) == 0
    parts.close()

    end = time.monotonic() + 30
    while not closed and time.monotonic() < end:
        time.sleep(0.001)
    assert drawn == [0, 1]
    assert closed == [True]


@pytest.mark.parametrize("make", [read_ahead, lambda *a, **k: map_in_order(str, *a, **k)])
def test_what_the_garbage_collector_ends_holds_nobody_up(make):
    parts = make(range(50), jobs=2)
    next(parts)
    cycle = [parts]
    cycle.append(cycle)

    del parts, cycle
    collection = threading.Thread(target=gc.collect, daemon=True)
    collection.start()
    collection.join(30)

    assert not collection.is_alive()
