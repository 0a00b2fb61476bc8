import pytest

from credit_default.services.overview.server_runs import say_schedule


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("0 3 * * 1", "every Monday at 03:00 UTC"),
        ("30 6 * * *", "every day at 06:30 UTC"),
        ("*/5 * * * *", "every 5 minutes"),
        ("15 4 2 * *", "on day 2 of each month at 04:15 UTC"),
        ("0 0 1-5 * *", "as the cron line `0 0 1-5 * *` says, UTC"),
    ],
)
def test_schedule_is_said_in_words(line, words):
    assert say_schedule(line, time_zone="UTC") == words
