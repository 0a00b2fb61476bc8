import datetime as dt

from credit_default.room.access.rate_limit import AttemptLimit

NOW = dt.datetime(2026, 1, 5, 9, tzinfo=dt.UTC)


def test_attempts_beyond_the_limit_wait_until_the_first_is_old_enough():
    limit = AttemptLimit(2, seconds=60)

    waits = [limit.take("alma", now=NOW + dt.timedelta(seconds=s)) for s in (0, 10, 20, 59, 60, 61)]

    assert waits == [0, 0, 40, 1, 0, 9]


def test_one_key_does_not_hold_up_another():
    limit = AttemptLimit(1, seconds=60)
    limit.take("alma", now=NOW)

    assert limit.take("petra", now=NOW) == 0


def test_right_attempt_forgets_the_wrong_ones():
    limit = AttemptLimit(1, seconds=60)
    limit.take("alma", now=NOW)

    limit.forget("alma")

    assert limit.take("alma", now=NOW) == 0


def test_memory_has_a_bound_and_the_keys_that_were_quiet_for_longest_go_first():
    limit = AttemptLimit(1, seconds=60, most_keys=100)

    for number in range(1_000):
        limit.take(f"name {number}", now=NOW)

    assert len(limit) == 100
    assert (limit.take("name 0", now=NOW), limit.take("name 999", now=NOW)) == (0, 60)
