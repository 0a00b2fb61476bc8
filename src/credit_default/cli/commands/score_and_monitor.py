"""Scoring followed by monitoring: what `predict` and `monitor` do."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.session import add_session_notes, run_flow
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

FlowParameters = Mapping[str, Any]
MLFLOW_GATE = "mlflow"  # whose verdict says that MLflow is away
MONITOR_LATER = "once MLflow answers, `credit-default monitor` does it:"


def score_batches(
    output: Output,
    settings: "Settings",
    *,
    batch: str | None,
    incoming: bool,
    out: Path | None,
    parameters: FlowParameters,
) -> "Summary":
    """What became of the batch, or of all that wait in `incoming`; `parameters` are the flow `predict`'s own.

    Raises:
        InputError: neither or both were named, `--out` together with `--incoming` or with a place that takes no file,
            or a file that is no table of this portfolio; all of it before a server is started.
    """
    of_one = out is not None or parameters.get("corrects") or parameters.get("name")
    if (batch is None) != incoming or (incoming and of_one):
        raise InputError(
            "predict",
            found="--incoming with a file or what belongs to one"
            if incoming
            else "neither a file nor --incoming",
            expected="one file, or --incoming alone",
            remedy="See `credit-default predict --help`.",
        )
    if out is not None:
        _check_output_path(out)
    if batch is not None:
        _check_header(settings, batch, month=parameters.get("month"))
    from credit_default.flows.server.session import flow_session

    with flow_session(settings) as session:
        if batch is not None:
            summary = add_session_notes(score_and_monitor(output, batch, parameters), session)
            return summary if out is None else _export_scores(parameters, summary, out)
        return add_session_notes(_score_incoming(output, parameters), session)


def _score_incoming(output: Output, parameters: FlowParameters) -> "Summary":
    from credit_default.flows.runs.context import connect, read_clock
    from credit_default.services.intake.inbox import InboxRun, score_incoming

    def score(uri: str, month: str | None) -> "Summary":
        return score_and_monitor(output, uri, {**parameters, "month": month})

    wiring = connect(parameters["overrides"], parameters["config"] or [])
    return score_incoming(wiring, InboxRun(score, read_clock, parameters.get("month")))


def monitor_batch(
    output: Output,
    settings: "Settings",
    *,
    batch_id: str | None,
    common: FlowParameters,
    retrain: bool = False,
) -> "Summary":
    """What the monitors found in one batch, and with `retrain` what became of the training that they asked for.

    Exit code 1 when one of them rang.
    """
    from credit_default.flows.server.session import flow_session

    with flow_session(settings) as session:
        with output.step("comparing the batch with its reference") as found:
            from credit_default.flows.monitor import monitor as flow

            summary = run_flow(flow, batch_id=batch_id, **common)
            found(summary.status)
        from credit_default.services.monitoring.retraining import is_retraining_requested

        if retrain and is_retraining_requested(summary):
            summary = _retrain(output, summary, common)
    return replace(
        add_session_notes(summary, session),
        exit_code=int(any(not verdict.passed for verdict in summary.verdicts)),
    )


def explain_training(settings: "Settings", *, common: FlowParameters) -> "Summary":
    """Why a training is asked for by now, or why not."""
    from credit_default.flows.runs.context import connect
    from credit_default.flows.server.session import prepare_libraries
    from credit_default.services.monitoring.follow_up import explain_retraining

    prepare_libraries(settings)
    return explain_retraining(connect(common["overrides"], common["config"] or []))


def _retrain(output: Output, monitored: "Summary", common: FlowParameters) -> "Summary":
    """The monitors' summary, with what the training came to among its notes."""
    with output.step("training on what is known now") as found:
        from credit_default.flows.train import train as flow

        trained = run_flow(flow, refresh=True, **common)
        found(f"version {trained.model_version} {trained.status}")
    told = f"trained version {trained.model_version}: {trained.status}; {'; '.join(trained.verdicts[-1].reasons)}"
    return replace(monitored, notes=(*monitored.notes, told, *trained.notes))


def show_history(output: Output, settings: "Settings") -> "Summary":
    """How many findings there are so far, after a table of them for people, and where the page of them stands."""
    from rich.console import Console

    from credit_default.adapters.tables.monitoring import read_monitoring
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.monitoring.history_page import write_history_page
    from credit_default.views.history.table import format_finding_lines, render_history
    from credit_default.views.summaries.summary import Summary

    wiring = build_wiring(settings, commit="")
    findings = read_monitoring(wiring.lake)
    if not output.as_json:
        Console(highlight=False).print(render_history(findings))
    notes = tuple(format_finding_lines(findings)) if output.as_json else ()
    page = write_history_page(wiring, now=read_clock())
    paths = {"history (html)": page} if page else {}
    return Summary(
        "monitor", "history", counts={"findings": findings.height}, paths=paths, notes=notes
    )


def score_and_monitor(output: Output, batch: str, parameters: FlowParameters) -> "Summary":
    """What became of one batch, and what the monitors say of it."""
    with output.step(f"scoring {batch}") as found:
        from credit_default.flows.predict import predict as flow

        scored = run_flow(flow, batch=batch, **parameters)
        found(scored.status)
    common = {name: parameters[name] for name in ("overrides", "config")}
    if scored.run_id is None and (known := _find_earlier_findings(common, scored)) is not None:
        return _merge_summaries(
            scored, known
        )  # it was there already: nothing is done, and nothing drawn anew
    if (
        scored.find_verdict(MLFLOW_GATE) is not None
    ):  # the reference is the registry's, and what is found goes there
        return replace(
            scored,
            notes=(
                *scored.notes,
                f"not compared with its reference: {MONITOR_LATER} {scored.batch_id}",
            ),
        )
    with output.step("comparing it with the reference") as found:
        from credit_default.flows.monitor import monitor

        monitored = run_flow(
            monitor, batch_id=scored.batch_id, model_version=scored.model_version, **common
        )
        found(monitored.status)
    return _merge_summaries(scored, monitored)


def _check_output_path(out: Path) -> None:
    if out.suffix.lower() not in {".csv", ".parquet"} or not out.absolute().parent.is_dir():
        raise InputError(
            f"--out {out}",
            found="another ending, or no such folder",
            expected=".csv or .parquet in a folder that is there",
            remedy="Choose another place; nothing was scored.",
        )


def _check_header(settings: "Settings", batch: str, *, month: str | None) -> None:
    from credit_default.adapters.files.statement_files import read_header
    from credit_default.services.context.wiring import read_portfolio
    from credit_default.services.intake.file_access import is_object_uri

    if is_object_uri(batch):
        return  # fetched once, when there is a server to score it
    read_header(Path(batch), schema=read_portfolio(settings.portfolio).schema, month=month)


def _find_earlier_findings(common: FlowParameters, scored: "Summary") -> "Summary | None":
    from credit_default.flows.runs.context import connect
    from credit_default.services.monitoring.earlier_findings import read_batch_findings

    lake = connect(common["overrides"], common["config"] or []).lake
    return read_batch_findings(
        lake, batch_id=str(scored.batch_id), model_version=int(scored.model_version or 0)
    )


def _merge_summaries(scored: "Summary", monitored: "Summary") -> "Summary":
    return replace(
        scored,
        verdicts=(*scored.verdicts, *monitored.verdicts),
        figures={**scored.figures, **monitored.figures},
        paths={**scored.paths, **monitored.paths},
        notes=tuple(dict.fromkeys((*scored.notes, *monitored.notes))),
    )


def _export_scores(common: FlowParameters, summary: "Summary", out: Path) -> "Summary":
    from credit_default.flows.runs.context import connect
    from credit_default.services.scoring.score_export import export_scores

    written = export_scores(
        connect(common["overrides"], common["config"] or []).lake,
        batch_id=str(summary.batch_id),
        model_version=int(summary.model_version or 0),
        path=out,
    )
    return replace(summary, paths={**summary.paths, **written})
