import asyncio

import pytest

from credit_default.room.serving.slow_senders import Patience, SlowSenderError, limit_pace

QUICK = Patience(grace_seconds=0.2, slowest_bytes=1_000_000)


def receive_all(messages, *, pause=0.0, patience=QUICK):
    """Receive what these messages say, each after a pause, and then a disconnect."""
    left = iter([*messages, {"type": "http.disconnect"}])

    async def receive():
        await asyncio.sleep(pause)
        return next(left)

    async def run():
        limited = limit_pace(receive, patience)
        return [await limited() for _ in range(len(messages) + 1)]

    return asyncio.run(run())


def part(body, *, more=True):
    return {"type": "http.request", "body": body, "more_body": more}


def test_body_that_comes_a_byte_at_a_time_is_broken_off():
    with pytest.raises(SlowSenderError):
        receive_all([part(b"x")] * 100, pause=0.01)


def test_body_that_comes_quickly_enough_may_take_long_in_all():
    received = receive_all([part(b"x" * 100_000)] * 6, pause=0.06)

    assert len(received) == 7


def test_what_comes_after_the_body_is_waited_for():
    received = receive_all([part(b"x", more=False)], pause=0.15)

    assert received[-1]["type"] == "http.disconnect"


def test_larger_body_may_take_longer():
    patience = Patience(grace_seconds=30, slowest_bytes=16 * 1024)

    assert patience.end_at(5.0, 0) == 35.0
    assert patience.end_at(5.0, 100 * 1024 * 1024) == 6435.0
