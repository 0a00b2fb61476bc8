import signal

import pytest

from credit_default.flows.server.graceful_shutdown import graceful_shutdown


def test_sigterm_unwinds_the_block_and_is_an_exit_code():
    before = signal.getsignal(signal.SIGTERM)

    with pytest.raises(SystemExit) as ending, graceful_shutdown():
        signal.raise_signal(signal.SIGTERM)

    assert ending.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is before


def test_hangup_stays_ignored_where_it_was_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with graceful_shutdown():
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
