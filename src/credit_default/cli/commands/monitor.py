"""monitor: compare a scored batch with its reference and outcomes, or show the history."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credit_default.cli.terminal.options import Report
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import (
    add_session_notes,
    connect_with_mlflow,
    read_settings,
    run_flow,
)
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

SHOWN_BATCHES = 100  # of the history: more are not told apart in one figure


@takes_shared_options("lake", "portfolio", "seed")
def monitor(
    batch: Annotated[
        str | None, typer.Argument(help="A batch_id; the batch scored last when not given.")
    ] = None,
    history: Annotated[
        bool,
        typer.Option("--history", help="What was found so far: a table here, a page in the lake."),
    ] = False,
    last: Annotated[
        int,
        typer.Option("--last", min=1, help="With --history: how many batches, the newest ones."),
    ] = SHOWN_BATCHES,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Why a retraining is requested now, or why not; nothing is compared again.",
        ),
    ] = False,
    retrain: Annotated[
        bool,
        typer.Option(
            "--retrain", help="Train at once if the policy asks for it, through the same gate."
        ),
    ] = False,
    report: Report = None,
    *,
    shared: SharedOptions,
) -> None:
    """Compare a scored batch with the model's reference and, once they are known, its outcomes."""

    def act(output: Output) -> "Summary":
        settings = read_settings(shared, draw_report=report)
        if history + explain + retrain > 1 or (batch is not None and (history or explain)):
            raise InputError(
                "monitor",
                found="--history, --explain or --retrain beside one another or a batch",
                expected="one of them; a batch with --retrain alone",
                remedy="See `credit-default monitor --help`.",
            )
        if history:
            return _show_history(output, settings, last)
        if explain:
            return _explain_retraining(output, shared)
        request = BatchRequest(batch, shared.build_flow_parameters(draw_report=report), retrain)
        return _monitor_batch(output, settings, shared, request)

    run_command("monitor", act, shared)


@dataclass(frozen=True, slots=True)
class BatchRequest:
    """Which batch to monitor, None for the one scored last, and whether to train at once where it is asked for."""

    batch_id: str | None
    flow_parameters: dict[str, Any]
    retrain: bool


def _monitor_batch(
    output: Output, settings: "Settings", shared: SharedOptions, request: BatchRequest
) -> "Summary":
    """Return what the monitors found in one batch; exit code 1 when a verdict did not pass."""
    from credit_default.services.monitoring.monitored_batch import find_scored_snapshot

    find_scored_snapshot(
        connect_with_mlflow(shared, output), request.batch_id
    )  # before a server is started
    from credit_default.flows.server.session import flow_session, list_scoring_modules

    with flow_session(settings, preload_modules=list_scoring_modules(settings)) as session:
        with output.step("comparing the batch with its reference") as found:
            from credit_default.flows.monitor import monitor as flow

            summary = run_flow(flow, batch_id=request.batch_id, **request.flow_parameters)
            found(summary.status)
        from credit_default.services.monitoring.retraining import is_retraining_requested

        if request.retrain and is_retraining_requested(summary):
            summary = _retrain(output, summary, shared)
    return replace(
        add_session_notes(summary, session),
        exit_code=int(any(not verdict.passed for verdict in summary.verdicts)),
    )


def _retrain(output: Output, monitored: "Summary", shared: SharedOptions) -> "Summary":
    """Train on all that is known; return the monitors' summary with the result as a note."""
    with output.step("training on what is known now") as found:
        from credit_default.flows.train import train as flow

        trained = run_flow(flow, refresh=True, **shared.build_flow_parameters())
        found(f"version {trained.model_version} {trained.status}")
    reasons = "; ".join(trained.verdicts[-1].reasons)
    note = f"trained version {trained.model_version}: {trained.status}; {reasons}"
    return replace(monitored, notes=(*monitored.notes, note, *trained.notes))


def _explain_retraining(output: Output, shared: SharedOptions) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.monitoring.retraining_explanation import explain_retraining

    return explain_retraining(connect_with_mlflow(shared, output), now=read_clock())


def _show_history(output: Output, settings: "Settings", last: int) -> "Summary":
    """Print a table of the newest findings; return how many there are, where their page is, and how many were left out."""
    from rich.console import Console

    from credit_default.adapters.tables.monitoring import (
        count_monitored_batches,
        read_monitoring,
    )
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.monitoring.history_page import write_history_page
    from credit_default.views.history.table import format_finding_lines, render_history
    from credit_default.views.summaries.summary import Summary

    wiring = build_wiring(settings, commit="")
    findings = read_monitoring(wiring.lake, last=last)
    if not output.as_json:
        Console(highlight=False).print(render_history(findings))
    notes = tuple(format_finding_lines(findings)) if output.as_json else ()
    page = write_history_page(wiring, now=read_clock(), last=last)
    paths = {"history (html)": page} if page else {}
    if (count := count_monitored_batches(wiring.lake)) > last:
        notes = (*notes, f"the newest {last:,} of {count:,} batches; --last {count} shows all")
    return Summary(
        "monitor", "history", counts={"findings": findings.height}, paths=paths, notes=notes
    )
