"""A month of a lake under the code that PYTHONPATH names: `python year_month.py PLAN.json`, a line of JSON a step.

The plan: `settings`, and `steps`, each `[act, file, time, failpoint]`; the acts are `predict`, `outcomes` and `look`. A step
with a failpoint kills this process there. What an older version of the code does not have is not used here.
"""

import datetime as dt
import json
import os
import signal
import sys
from pathlib import Path

from credit_default.adapters.tables.ledger import read_entries
from credit_default.failpoints import arm_failpoint
from credit_default.services.context.wiring import build_wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.score_record import record_scores
from credit_default.settings import Settings


def predict(wiring, path, at):
    checked = check_file(wiring, path, month=None, outcome="ignored")
    verdict = judge_file(wiring, checked, judged_at=at)
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=at)
    return record_scores(wiring, checked, scored, verdict, recorded_at=at).status


def outcomes(wiring, path, at):
    return ingest_outcomes_file(wiring, path, taken_in_at=at).status


def look(wiring, _path, _at):
    entries = read_entries(wiring.lake)
    return {"count": len(entries), "head": entries[-1].entry_hash}


ACTS = {act.__name__: act for act in (predict, outcomes, look)}


def main():
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    wiring = build_wiring(Settings(**plan["settings"]), commit=plan["commit"])
    for act, path, at, failpoint in plan["steps"]:
        if failpoint:
            arm_failpoint(failpoint, lambda: os.kill(os.getpid(), signal.SIGKILL))
        said = ACTS[act](wiring, path, dt.datetime.fromisoformat(at))
        sys.stdout.write(json.dumps({"act": act, "said": said}) + "\n")


if __name__ == "__main__":
    main()
