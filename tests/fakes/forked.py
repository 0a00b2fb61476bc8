"""Does something in a forked process, which always ends there: one that failed would go on as a second test worker."""

import os
import signal
import traceback
from collections.abc import Callable

PATIENCE = 300  # seconds; a lock that a thread held at the fork is never given back


def run_forked(act: Callable[[], None]) -> int:
    """The exit code of a forked process that does `act`: 0, 1 where it raised, negative for a signal."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(PATIENCE)
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)
