"""The flow of the deployment `predict`: score all files that wait in the inbox, or the one that an event names.

Each file is scored by a run of the flow `predict` below this one, and moved to processed/ once its result is committed. A
file that was refused is moved to refused/, and this run fails with the reasons when the other files are done.
"""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.adapters.files.reading_options import parse_reading_options
from credit_default.errors import RefusedError
from credit_default.flows.deployments.missed_runs import SKIPPED, SUPERSEDED, is_superseded
from credit_default.flows.events.run_events import announce_scored
from credit_default.flows.predict import predict
from credit_default.flows.runs.context import connect, read_clock
from credit_default.flows.runs.file_slots import hold_file_slot
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.services.context.wiring import Wiring
from credit_default.services.intake.inbox import InboxRun, score_incoming, score_incoming_file
from credit_default.services.monitoring.earlier_findings import read_batch_findings
from credit_default.views.summaries.summary import Summary


@build_flow("predict-incoming")
def predict_incoming(
    batch: str | None = None,
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    month: str | None = None,
    file_options: dict[str, str] | None = None,
) -> State[Summary]:
    """Score the files in the inbox.

    Args:
        batch: One file's path or s3:// address; None for all that wait.
        overrides: Settings that win over all others, nested like a configuration file.
        config: Paths of configuration files.
        month: The statement month of the files without the column statement_month.
        file_options: How to read the files: `sheet`, `decimal` and `thousands`, as the command line's options.

    Returns:
        A completed run named `Scored`, or `NothingToScore` when everything was scored before, with its summary.

    Raises:
        RefusedError: A file was refused.
    """
    if is_superseded():
        return Completed(name=SKIPPED, message=SUPERSEDED, data=Summary("predict", "skipped"))
    wiring = connect(overrides or {}, config or [])
    options = parse_reading_options(file_options or {}, thing="file_options")

    def score(uri: str, named: str | None) -> Summary:
        state: Any = predict(
            batch=uri,
            overrides=overrides,
            config=config,
            month=named,
            file_options=file_options,
            return_state=True,
        )
        return _announce_if_missed(wiring, state.result())

    inbox_run = InboxRun(score, read_clock, month or None, hold_file_slot, options)
    summary = (
        score_incoming_file(wiring, inbox_run, uri=batch)
        if batch
        else score_incoming(wiring, inbox_run)
    )
    _raise_if_refused(summary)
    name = "Scored" if summary.counts.get("scored") else "NothingToScore"
    return Completed(name=name, message="; ".join((summary.status, *summary.notes)), data=summary)


def _announce_if_missed(wiring: Wiring, summary: Summary) -> Summary:
    """Announce a batch that a run scored which was killed before it could emit the event; return the summary."""
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
            remedy="Each is in refused/ with its reason beside it: correct it and put it into incoming/ again.",
        )


if __name__ == "__main__":
    run_as_script(predict_incoming)
