"""The flow behind the deployment `predict`: all that waits in the inbox, or the one file that an event named.

Each file is a run of the flow `predict` below this one, with the same acts as by hand; it is put away after its result is
committed. What was refused is put aside, and the run fails with the reasons when the others are done.
"""

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.errors import RefusedError
from credit_default.flows.deployments.missed_runs import SKIPPED, SUPERSEDED, is_superseded
from credit_default.flows.events.run_events import announce_scored
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect, read_clock
from credit_default.flows.runs.file_slots import hold_file_slot
from credit_default.flows.runs.orphaned_runs import mark_run
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.inbox import InboxRun, score_incoming, score_incoming_file
from credit_default.services.monitoring.batch_drift import read_batch_findings
from credit_default.views.summaries.summary import Summary


@flow(name="predict-incoming", validate_parameters=False, on_running=[mark_run])
def predict_incoming(
    batch: str | None = None,
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    month: str | None = None,
) -> State[Summary]:
    """A completed run named `Scored`, or `NothingToScore` when all was done already, carrying its summary.

    `batch` is a file's path or s3://; without it all that waits in the inbox is scored. `month` is of the files that have
    no statement_month of their own.
    """
    if is_superseded():
        return Completed(name=SKIPPED, message=SUPERSEDED, data=Summary("predict", "skipped"))
    wiring = connect(overrides or {}, config or [])

    def score(uri: str, named: str | None) -> Summary:
        state: Any = predict(
            batch=uri, overrides=overrides, config=config, month=named, return_state=True
        )
        return _announce_late(wiring, state.result())

    inbox_run = InboxRun(score, read_clock, month or None, hold_file_slot)
    summary = (
        score_incoming_file(wiring, inbox_run, uri=batch)
        if batch
        else score_incoming(wiring, inbox_run)
    )
    _raise_if_refused(summary)
    name = "Scored" if summary.counts.get("scored") else "NothingToScore"
    return Completed(name=name, message="; ".join((summary.status, *summary.notes)), data=summary)


def _announce_late(wiring: Wiring, summary: Summary) -> Summary:
    """The summary; the event of a batch that was scored by a run which died before it could tell is emitted now."""
    batch_id, version = str(summary.batch_id), int(summary.model_version or 0)
    was_there = summary.run_id is None
    if (
        was_there
        and read_batch_findings(wiring.lake, batch_id=batch_id, model_version=version) is None
    ):
        announce_scored(summary)
    return summary


def _raise_if_refused(summary: Summary) -> None:
    if summary.exit_code:
        raise RefusedError(
            "incoming files",
            found="; ".join((summary.status, *summary.notes)),
            expected="files that can be scored",
            remedy="Each stands in refused/ with its reason beside it: correct it and put it into incoming/ again.",
        )


if __name__ == "__main__":
    run_as_script(predict_incoming)
