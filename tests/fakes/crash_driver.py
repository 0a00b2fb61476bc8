"""A warmed process that lets children die: imports everything once, then forks one child for each job it reads.

A job is one line of JSON on standard input: `root` (of a lake that is the child's to spoil), `act`, `path`, `failpoint`
and `how` it dies there (kill, term, raise, full), or `after`, the seconds after which it is killed wherever it is. The
answer is one line: how the child ended and which failpoints it passed. The driver itself never computes anything: a
process may only be forked while it has no threads.
"""

import datetime as dt
import errno
import json
import os
import signal
import sys
import threading
from pathlib import Path

from credit_default import failpoints
from credit_default.adapters.incoming import list_incoming, name_incoming
from credit_default.errors import CreditDefaultError
from credit_default.gates.verdict import Verdict
from credit_default.services.checking import check_file, judge_file
from credit_default.services.forgetting import forget_client
from credit_default.services.inbox import put_away_refused, put_away_scored
from credit_default.services.ingestion import ingest_file
from credit_default.services.models import promote_by_hand, roll_back
from credit_default.services.outcomes import take_in_outcomes
from credit_default.services.prediction import load_champion, score_file
from credit_default.services.recording import record_scores
from credit_default.services.wiring import Wiring, wire
from credit_default.settings import Settings

NOON = dt.datetime(2005, 12, 1, 12, tzinfo=dt.UTC)
SEEN = Path("failpoints-seen")  # in the lake's root
SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM}


class PlantedError(Exception):
    """What nobody expected."""


def connect(root: str) -> Wiring:
    settings = Settings(lake=root, cache=f"{root}/cache", jobs=1, recipe={"tree_count": 12, "maximum_depth": 6})
    return wire(settings, commit="0123abc")


def ingest(wiring: Wiring, path: str) -> None:
    ingest_file(wiring, path, month=None, corrects=None, kept_at=NOON)


def predict(wiring: Wiring, path: str) -> None:
    checked = check_file(wiring, path, month=None, outcome="ignored")
    verdict = judge_file(wiring, checked, judged_at=NOON)
    champion = load_champion(wiring, checked)
    scored = score_file(wiring, checked, champion, scored_at=NOON)
    record_scores(wiring, checked, scored, verdict)


def predict_incoming(wiring: Wiring, _path: str) -> None:
    for waiting in list_incoming(wiring.lake):
        name = name_incoming(wiring.lake, waiting)
        try:
            predict(wiring, name)
        except CreditDefaultError as error:
            if error.exit_code not in {1, 2}:
                raise
            put_away_refused(wiring.lake, waiting, error)
            continue
        batch_id = check_file(wiring, name, month=None, outcome="ignored").batch_id
        put_away_scored(wiring.lake, waiting, batch_id=batch_id)


def outcomes(wiring: Wiring, path: str) -> None:
    take_in_outcomes(wiring, path, taken_in_at=NOON)


def promote(wiring: Wiring, _path: str) -> None:
    promote_by_hand(wiring, 2, reason="a drill", decided_at=NOON)


def rollback(wiring: Wiring, _path: str) -> None:
    roll_back(wiring, reason="a drill", decided_at=NOON)


def forget(wiring: Wiring, path: str) -> None:
    forget_client(wiring, path, forgotten_at=NOON)


ACTS = {
    "ingest": ingest,
    "predict": predict,
    "predict --incoming": predict_incoming,
    "outcomes": outcomes,
    "promote": promote,
    "rollback": rollback,
    "forget": forget,
}


def die(how: str) -> None:
    if how in SIGNALS:
        os.kill(os.getpid(), SIGNALS[how])
    if how == "raise":
        raise PlantedError
    raise OSError(errno.ENOSPC, "No space left on device")


def live(job: dict) -> int:
    """The child's exit code: 0 done, 3 a service failed, 70 what was planted came out."""
    root = job["root"]
    if job.get("failpoint"):
        failpoints.arm(job["failpoint"], lambda: die(job["how"]))
    failpoints.watch(lambda name: _note(root, name))
    try:
        ACTS[job["act"]](connect(root), job.get("path") or "")
    except CreditDefaultError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except (PlantedError, OSError):
        return 70
    return 0


def _note(root: str, name: str) -> None:
    with (Path(root) / SEEN).open("a") as seen:
        seen.write(f"{name}\n")


def run(job: dict) -> dict:
    child = os.fork()
    if child == 0:
        code = 71
        try:
            code = live(job)
        finally:
            os._exit(code)
    killer = None
    if job.get("after") is not None:
        killer = threading.Timer(job["after"], lambda: os.kill(child, signal.SIGKILL))
        killer.start()
    _, status = os.waitpid(child, 0)
    if killer is not None:
        killer.cancel()
        killer.join()
    return {"exit": os.waitstatus_to_exitcode(status)}


def main() -> None:
    import mlflow  # noqa: F401 - the slow imports, once

    threads = len(list(Path("/proc/self/task").iterdir()))
    sys.stdout.write(json.dumps({"ready": True, "threads": threads}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
