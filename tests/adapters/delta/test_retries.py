from credit_default.adapters.delta.retries import RetryPolicy


def test_waits_double_up_to_the_longest_and_are_random():
    policy = RetryPolicy(first_wait_seconds=0.1, longest_wait_seconds=0.4)

    assert 0.05 <= policy.wait_seconds(0) <= 0.1
    assert 0.1 <= policy.wait_seconds(1) <= 0.2
    assert 0.2 <= policy.wait_seconds(9_999) <= 0.4
    assert len({policy.wait_seconds(0) for _ in range(9)}) > 1
