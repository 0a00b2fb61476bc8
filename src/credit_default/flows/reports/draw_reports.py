"""Draw the report of a monitored batch after its verdicts were published, at the time that the settings name."""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from prefect.context import FlowRunContext

from credit_default.adapters.host.atomic_files import disk_errors
from credit_default.flows.runs.tasks import build_optional_task
from credit_default.services.context.wiring import Wiring
from credit_default.services.monitoring import owed_reports
from credit_default.settings import copy_environment
from credit_default.views.summaries.summary import Summary

_DRAWING_MODULE: Final = "credit_default.flows.reports.drawing_process"
_LOG_NAME: Final = "reports.log"
REPORT_NOT_DRAWN: Final = "a report is not drawn yet: the log of the task `draw report` says why"

draw_owed_reports = build_optional_task(owed_reports.draw_owed_reports, "draw report")


def draw_after_verdict(
    wiring: Wiring, summary: Summary, *, overrides: Mapping[str, Any], config: Sequence[str]
) -> Summary:
    """Draw the report that the summary speaks of, or have it drawn, and return the summary with a note on that.

    The run of a deployment draws it itself, since its machine may be gone a moment later. A report that is not drawn
    stays owed: the next process that draws, or `reconcile`, draws it.
    """
    if "report (html)" not in summary.paths:
        return summary
    if wiring.settings.draw_report == "now" or _is_deployed():
        drawn = draw_owed_reports(wiring, wait=True)
        notes = (REPORT_NOT_DRAWN,) if drawn is None else drawn.failed
        return replace(summary, notes=(*summary.notes, *notes))
    log = wiring.lake.home / _LOG_NAME
    if not owed_reports.is_drawing(wiring):
        start_drawing(log, overrides=overrides, config=config)
    note = f"the report's page follows in a moment (log: {log}); `credit-default reconcile` draws what is missing"
    return replace(summary, notes=(*summary.notes, note))


def _is_deployed() -> bool:
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    return run is not None and run.deployment_id is not None


def start_drawing(log: Path, *, overrides: Mapping[str, Any], config: Sequence[str]) -> int:
    """Start a process that draws what is owed and goes on when this one has ended; return its number.

    Args:
        log: The file to which it writes what it does.
        overrides: Settings that win over all others, as of a flow.
        config: Paths of configuration files.
    """
    settings = json.dumps({"overrides": dict(overrides), "config": list(config)})
    output = (os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with disk_errors(log):
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-m", _DRAWING_MODULE, settings],
            copy_environment(),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(log), *output),
                (os.POSIX_SPAWN_DUP2, 1, 2),
            ],
            setsid=True,  # Ctrl-C and a closed terminal end the command alone
        )
