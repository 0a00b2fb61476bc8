"""What a client's process does: the acts of `services/`, as the commands call them, and what it is told in the end."""

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from credit_default.adapters.lake.inbox import create_incoming
from credit_default.errors import CreditDefaultError
from credit_default.services.audit.erasure import forget_client
from credit_default.services.champion.versions import promote_by_hand, roll_back
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.file_check import check_file, judge_file
from credit_default.services.intake.inbox import InboxRun, score_incoming
from credit_default.services.intake.ingest import ingest_file
from credit_default.services.operations.reconcile import (
    remove_stale_files,
    repair_records,
    summarise_repairs,
)
from credit_default.services.outcomes.take_in import ingest_outcomes_file
from credit_default.services.scoring.score_batch import load_champion, score_file
from credit_default.services.scoring.score_record import record_scores
from credit_default.views.summaries.summary import Summary

UNANSWERED = (3, 70)  # exit codes after which a person gives the command again
UNEXPECTED = 70


def predict(wiring: Wiring, path: str, at: dt.datetime, *, corrects: str | None = None) -> Summary:
    checked = check_file(wiring, path, month=None, outcome="ignored", corrects=corrects)
    verdict = judge_file(wiring, checked, judged_at=at)
    scored = score_file(wiring, checked, load_champion(wiring, checked), scored_at=at)
    return record_scores(wiring, checked, scored, verdict, recorded_at=at)


def predict_incoming(wiring: Wiring, at: dt.datetime) -> Summary:
    def score(uri: str, _month: str | None) -> Summary:
        return predict(wiring, uri, at)

    return score_incoming(wiring, InboxRun(score, lambda: at))


def drop(wiring: Wiring, path: Path) -> Summary:
    """Put a file into incoming/, whole and in one step, as another system delivers it."""
    if wiring.lake.in_bucket:
        new = create_incoming(wiring.lake, path.name, path)
        return Summary("drop", "delivered" if new else "one of that name waits")
    inbox = Path(wiring.lake.uri) / "incoming"
    inbox.mkdir(exist_ok=True)
    copy = inbox / f".{path.name}.{os.getpid()}"
    shutil.copy(path, copy)
    an_hour_ago = copy.stat().st_mtime - 3_600
    os.utime(copy, (an_hour_ago, an_hour_ago))
    try:
        os.link(copy, inbox / path.name)
        return Summary("drop", "delivered")
    except FileExistsError:
        return Summary("drop", "one of that name waits")
    finally:
        copy.unlink()


def reconcile(wiring: Wiring, at: dt.datetime) -> Summary:
    return summarise_repairs(remove_stale_files(wiring, now=at), repair_records(wiring, now=at))


def call(
    wiring: Wiring, name: str, given: str, facts: dict[str, Any], files: Path, at: dt.datetime
) -> Summary:
    """Do the act, and return what the command shows."""
    path = files / f"{given}.csv"
    acts: dict[str, Callable[[], Summary]] = {
        "predict": lambda: predict(wiring, str(path), at),
        "correct": lambda: predict(
            wiring, str(path), at, corrects=facts["files"][given]["corrects"]
        ),
        "predict --incoming": lambda: predict_incoming(wiring, at),
        "drop": lambda: drop(wiring, path),
        "ingest": lambda: ingest_file(wiring, str(path), month=None, corrects=None, kept_at=at),
        "outcomes": lambda: ingest_outcomes_file(wiring, str(path), taken_in_at=at),
        "promote": lambda: promote_by_hand(wiring, int(given), reason="a drill", decided_at=at),
        "roll back": lambda: roll_back(wiring, reason="a drill", decided_at=at),
        "forget": lambda: forget_client(wiring, facts["victims"][int(given)], forgotten_at=at),
        "reconcile": lambda: reconcile(wiring, at),
    }
    return acts[name]()


def ask(*given: Any) -> dict[str, Any]:
    """Do the act of `call`; what a client is told: status and figures, or exit code and message."""
    try:
        summary = call(*given)
    except CreditDefaultError as error:
        return {"exit": error.exit_code, "said": str(error)}
    except Exception as error:  # noqa: BLE001 - a command shows it as an unexpected error
        return {"exit": UNEXPECTED, "said": repr(error)}
    return {
        "exit": summary.exit_code,
        "said": summary.status,
        "batch": summary.batch_id or "",
        "version": summary.model_version or 0,
        "counts": dict(summary.counts),
        "notes": list(summary.notes),
    }
