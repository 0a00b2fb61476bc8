"""A history happens: a process for each client, forked from one that has imported everything, and what becomes of them.

In turns (the seed decides who goes on after which failpoint) or all at once. A process that is killed stays dead, and its
client gives the rest of its commands to nobody; in the end the commands that got no answer are given again, or some of
them, and the lake is reconciled. The parent computes nothing and starts no thread: it must be able to fork.
"""

import datetime as dt
import errno
import json
import math
import os
import random
import resource
import shutil
import signal
import sqlite3
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests.histories.acts import UNANSWERED, ask, reconcile
from tests.histories.bucket import Bucket
from tests.histories.state import read_state
from tests.histories.template import connect
from tests.histories.workload import Act, Workload

from credit_default import failpoints

PATIENCE = 300.0  # seconds for one history, on a busy machine: longer, and a process hangs
STILL = 5  # looks at a process that waits, before another goes on
LOOK_SECONDS = 0.02
AWAY = "http://127.0.0.1:9"


@dataclass(frozen=True)
class Place:
    """Where a history's lake is, and the files of its clients."""

    lake: str
    home: str  # "" where the lake is a folder
    folder: Path  # what clients were told
    files: Path
    facts: dict[str, Any]

    def connect(self, *, away: bool = False) -> Any:
        """The lake's parts, connected once in a process, as `serve` has them."""
        return _connect(self.lake, self.home, AWAY if away else "")


@lru_cache(maxsize=4)
def _connect(lake: str, home: str, mlflow: str) -> Any:
    return connect(lake, home, mlflow=mlflow)


@dataclass
class Process:
    """A client's process as its parent sees it."""

    pid: int
    is_stopped: bool = False
    is_asleep: bool = False  # until the others are done
    has_ended: bool = False


def run_history(
    workload: Workload, template: Path, folder: Path, bucket: Bucket | None
) -> dict[str, Any]:
    """What clients were told, and what the lake holds in the end."""
    place = prepare(workload, template, folder, bucket)
    began = dt.datetime.now(dt.UTC)
    if bucket and workload.in_bucket:
        bucket.strike(workload.strikes)
    processes = [
        fork(lambda number=number: play(workload, number, place, began))
        for number in range(len(workload.clients))
    ]
    hung = conduct(workload, processes)
    struck = bucket.calm() if bucket and workload.in_bucket else []
    told = read_told(workload, place)
    again = folder / "again.json"
    last = fork(lambda: settle(workload, told, place, began, again))
    hung += conduct(None, [last])
    found = json.loads(again.read_text(encoding="utf-8")) if again.exists() else {}
    return {
        "told": told,
        "hung": hung,
        "struck": struck,
        "again": [],
        "given up": [],
        "state": {},
        **found,
    }


def prepare(workload: Workload, template: Path, folder: Path, bucket: Bucket | None) -> Place:
    """A lake of the history's own, as the template has it."""
    facts = json.loads((template / "facts.json").read_text(encoding="utf-8"))
    folder.mkdir(parents=True)
    if not workload.in_bucket or bucket is None:
        shutil.copytree(template / "lake", folder / "lake")
        return Place(str(folder / "lake"), "", folder, template / "files", facts)
    uri = bucket.copy_lake(template / "lake", f"history-{workload.seed}", home=folder / "home")
    return Place(uri, str(folder / "home"), folder, template / "files", facts)


def fork(act: Callable[[], None]) -> Process:
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return Process(child)
    code = 71
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


# ── a client's process ──


class Fate:
    """What failpoints do in a client's process: count, kill, fill the disk, take MLflow away, let another client go on."""

    def __init__(self, workload: Workload, number: int) -> None:
        self.chance = random.Random(workload.seed * 31 + number)
        self.share = 0.0 if workload.at_once else workload.switch_share
        self.act = Act("")
        self.passed = 0

    def begin(self, act: Act) -> None:
        self.act, self.passed = act, 0

    def __call__(self, _name: str) -> None:
        self.passed += 1
        if self.act.slow_disk:
            time.sleep(self.chance.uniform(0, self.act.slow_disk))
        if self.passed == self.act.killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.passed == self.act.full_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.chance.random() < self.share:
            os.kill(os.getpid(), signal.SIGSTOP)

    @property
    def mlflow(self) -> str:
        """What has become of MLflow by now."""
        return self.act.mlflow if 0 < self.act.mlflow_at <= self.passed else ""


@contextmanager
def watch_store(fate: Fate) -> Iterator[None]:
    """Let the statements of MLflow's store fail as they do where its database cannot be opened, or only after they took effect."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine
    from sqlalchemy.exc import OperationalError
    from sqlalchemy.orm import Session

    def fail_if(state: str) -> None:
        if fate.mlflow == state:
            reason = sqlite3.OperationalError("unable to open database file")
            raise OperationalError(None, None, reason)

    watched = (
        (Engine, "before_cursor_execute", lambda *_: fail_if("gone")),
        (Session, "after_commit", lambda _: fail_if("unheard")),
    )
    for target, name, act in watched:
        event.listen(target, name, act)
    try:
        yield
    finally:
        for target, name, act in watched:
            event.remove(target, name, act)


def play(workload: Workload, number: int, place: Place, began: dt.datetime) -> None:
    """Do this client's acts, one after another, and write down what it is told of each."""
    fate = Fate(workload, number)
    failpoints.observe_failpoints(fate)
    if not workload.at_once:
        os.kill(os.getpid(), signal.SIGSTOP)
    path = place.folder / f"told-{number}.jsonl"
    with watch_store(fate), path.open("w", encoding="utf-8", buffering=1) as told:
        for minute, act in enumerate(workload.clients[number]):
            told.write(json.dumps({"asked": asdict(act)}) + "\n")
            at = began + dt.timedelta(minutes=minute, hours=act.skew)
            fate.begin(act)
            answer = do(place, act, at)
            fate.begin(Act(""))
            told.write(json.dumps({"answer": answer}) + "\n")


def do(place: Place, act: Act, at: dt.datetime) -> dict[str, Any]:
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    try:
        if act.largest_file:
            resource.setrlimit(resource.RLIMIT_FSIZE, (act.largest_file, hard))
        wiring = place.connect(away=act.away)
        return ask(wiring, act.name, act.given, place.facts, place.files, at)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def read_told(workload: Workload, place: Place) -> list[dict[str, Any]]:
    """Each command that was begun, and its answer; None where its process was killed."""
    told: list[dict[str, Any]] = []
    for number in range(len(workload.clients)):
        path = place.folder / f"told-{number}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else ():
            said = json.loads(line)
            if "asked" in said:
                told.append({"client": number, **said, "answer": None})
            else:
                told[-1] |= said
    return told


def settle(
    workload: Workload, told: list[dict[str, Any]], place: Place, began: dt.datetime, target: Path
) -> None:
    """Give again what got no answer, score what waits, reconcile twice, and look at what the lake holds."""
    chance = random.Random(workload.seed)
    wiring, at = place.connect(), began + dt.timedelta(days=3)
    open_acts = [
        one["asked"] for one in told if one["answer"] is None or one["answer"]["exit"] in UNANSWERED
    ]
    given_up = [one for one in open_acts if chance.random() < workload.given_up_share]
    open_acts = [one for one in open_acts if one not in given_up]
    waiting = {"name": "predict --incoming", "given": ""}
    again = [
        {
            "asked": one,
            "answer": ask(wiring, one["name"], one["given"], place.facts, place.files, at),
        }
        for one in (*open_acts, waiting)
    ]
    mended = [reconcile(place.connect(), at + dt.timedelta(hours=hour)) for hour in (1, 2)]
    found = {
        "again": again,
        "given up": given_up,
        "mended": [[one.status, list(one.notes)] for one in mended],
        "state": read_state(place.connect()),
    }
    target.write_text(json.dumps(found), encoding="utf-8")


# ── who goes on ──


def conduct(workload: Workload | None, processes: list[Process]) -> list[str]:
    """Let the processes go on, by turns, until all have ended; those that hang are killed and named."""
    chance = random.Random(workload.seed if workload else 0)
    pause_share = workload.pause_share if workload else 0.0
    deadline = time.monotonic() + PATIENCE
    in_turns = workload is not None and not workload.at_once
    if in_turns:
        for process in processes:
            wait_for(process, until=deadline)
    while living := [process for process in processes if not process.has_ended]:
        if time.monotonic() > deadline:
            return kill(living)
        stopped = [one for one in living if one.is_stopped]
        awake = [one for one in stopped if not one.is_asleep] or stopped
        if not awake:
            wait_for(living[0], until=deadline)
            continue
        chosen = chance.choice(awake)
        chosen.is_stopped = chosen.is_asleep = False
        os.kill(chosen.pid, signal.SIGCONT)
        wait_for(chosen, until=deadline)
        chosen.is_asleep = chosen.is_stopped and chance.random() < pause_share
        for other in living:
            wait_for(other, looks=0)
    return []


def wait_for(process: Process, *, looks: int = STILL, until: float = math.inf) -> None:
    """Wait until the process stops or ends, or waits itself for something that another holds."""
    still, before = 0, ""
    while not (process.is_stopped or process.has_ended) and time.monotonic() < until:
        ended, status = os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)
        if ended:
            process.is_stopped = os.WIFSTOPPED(status)
            process.has_ended = not process.is_stopped
            return
        if still >= looks:
            return
        signal.sigtimedwait({signal.SIGCHLD}, LOOK_SECONDS)
        now = read_use(process.pid)
        still = still + 1 if now == before else 0
        before = now


def read_use(pid: int) -> str:
    """What the process has used of the machine, where it sleeps; anything new where it works."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return ""
    return f"{fields[11]} {fields[12]}" if fields[0] == "S" else f"works {time.monotonic()}"


def kill(processes: list[Process]) -> list[str]:
    for process in processes:
        os.kill(process.pid, signal.SIGKILL)
        os.waitpid(process.pid, 0)
        process.has_ended = True
    return [f"{len(processes)} processes were still at work after {PATIENCE:.0f} s"]
