import os
import signal

import pytest

from credit_default.adapters.lake.layout import open_lake
from credit_default.cli.operations.stack_lock import catch_signals, lock_stack
from credit_default.errors import ServiceError


def test_one_up_at_a_time_runs_for_a_lake(tmp_path):
    lake = open_lake(str(tmp_path / "lake"), home=tmp_path)

    with lock_stack(lake):
        assert int((lake.home / "stack" / "up.pid").read_text()) == os.getpid()
        with pytest.raises(ServiceError, match="running already"), lock_stack(lake):
            pass

    with lock_stack(lake):  # free again once the first one ended
        pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_becomes_a_request_to_stop_and_its_handler_comes_back(number):
    inherited = signal.signal(number, signal.default_int_handler)  # under nohup one is ignored
    try:
        with catch_signals() as stop_requested:
            os.kill(os.getpid(), number)
            assert stop_requested.wait(5)

        assert signal.getsignal(number) is signal.default_int_handler
    finally:
        signal.signal(number, inherited)


def test_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with catch_signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
