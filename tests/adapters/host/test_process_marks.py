import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from credit_default.adapters.host.process_marks import (
    ProcessMark,
    build_marked_prefix,
    find_process_state,
    heartbeat,
    parse_mark,
    parse_marked_name,
    read_own_mark,
)

HAS_PROC = Path("/proc/self/stat").exists()


def test_own_process_is_alive():
    mark = read_own_mark()

    assert mark.process_id == os.getpid()
    assert find_process_state(mark) == "alive"


def test_process_that_ended_is_gone_even_before_its_parent_has_asked():
    own = read_own_mark()
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        deadline = time.monotonic() + 300
        while (
            find_process_state(replace(own, process_id=process.pid, begun=0)) != "gone"
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        unlooked = find_process_state(replace(own, process_id=process.pid, begun=0))

    assert (unlooked, find_process_state(replace(own, process_id=process.pid, begun=0))) == (
        "gone",
        "gone",
    )


@pytest.mark.skipif(
    not HAS_PROC, reason="when a process began is looked up in /proc: run it on Linux"
)
def test_number_that_another_process_has_by_now_counts_as_gone():
    own = read_own_mark()

    assert find_process_state(replace(own, begun=own.begun - 1)) == "gone"


@pytest.mark.parametrize("mark", [None, ProcessMark("elsewhere", 1, 1)])
def test_process_of_another_machine_is_unknown(mark):
    assert find_process_state(mark) == "unknown"


@pytest.mark.parametrize(
    "mark", [ProcessMark("vm-1.internal", 12, 34567), ProcessMark("a" * 64, 1, 0)]
)
def test_mark_comes_back_as_it_was_written(mark):
    assert parse_mark(str(mark)) == mark


@pytest.mark.parametrize(
    "text", ["", "vm", "vm/1", "vm/x/1", "vm/1/1/1", "../vm/1/1", "vm/1/1\n", "vm/-1/1"]
)
def test_other_texts_are_no_mark(text):
    assert parse_mark(text) is None


@pytest.mark.parametrize("kind", ["scratch", "staging"])
def test_hidden_name_holds_the_mark_of_its_process(kind):
    name = f"{build_marked_prefix(kind)}ab_12cd3"

    assert name.startswith(f".{kind}-")
    assert "/" not in name
    assert parse_marked_name(name) == read_own_mark()


@pytest.mark.parametrize("name", [".staging-1", ".staging-ab_12cd3", ".scratch-"])
def test_name_without_a_mark_gives_none(name):
    assert parse_marked_name(name) is None


def test_block_beats_until_it_ends_and_not_after():
    beats = []

    with heartbeat(beats.append, every_seconds=0.01):
        deadline = time.monotonic() + 300
        while len(beats) < 3 and time.monotonic() < deadline:
            time.sleep(0.005)
    count = len(beats)
    time.sleep(0.05)

    assert len(beats) == count >= 3


def test_short_block_gives_no_beat_and_ends_at_once():
    beats = []
    begun = time.monotonic()

    with heartbeat(beats.append):
        pass

    assert beats == []
    assert time.monotonic() - begun < 5
