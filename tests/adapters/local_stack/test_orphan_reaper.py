import io
import os
import signal
import subprocess
import sys

from credit_default.adapters.local_stack.orphan_reaper import (
    add_process_group,
    start_reaper,
    stop_reaper,
    terminate_orphans,
)

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
STARTER = """
import os, sys, time
from subprocess import Popen
from credit_default.adapters.local_stack.orphan_reaper import start_reaper, add_process_group
reaper = start_reaper(environment=os.environ, seconds=2)
child = Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
add_process_group(reaper, child.pid)
print(child.pid, flush=True)
time.sleep(60)
"""


def sleeper():
    return subprocess.Popen(SLEEP, start_new_session=True)


def test_groups_of_a_command_that_was_killed_are_ended(wait_until_gone):
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], stdout=subprocess.PIPE, text=True
    ) as starter:
        child_id = int(starter.stdout.readline())

        starter.kill()

    wait_until_gone(child_id)


def test_reaper_that_is_stopped_ends_nothing():
    with sleeper() as child:
        reaper = start_reaper(environment=os.environ, seconds=1)
        add_process_group(reaper, child.pid)

        stop_reaper(reaper)

        assert (reaper.returncode, child.poll()) == (0, None)
        child.kill()


def test_group_that_is_gone_is_passed_over_and_one_that_does_not_listen_is_killed():
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    gone = sleeper()
    gone.kill()
    gone.wait()
    with subprocess.Popen(
        [sys.executable, "-c", deaf], stdout=subprocess.PIPE, start_new_session=True
    ) as stubborn:
        stubborn.stdout.readline()

        terminate_orphans(io.StringIO(f"{gone.pid}\n{stubborn.pid}\n"), seconds=0.2)

        assert stubborn.wait(timeout=300) == -signal.SIGKILL


def test_nothing_is_ended_when_the_command_says_that_it_is_done():
    terminate_orphans(io.StringIO("999999\ndone\n"), seconds=0)
