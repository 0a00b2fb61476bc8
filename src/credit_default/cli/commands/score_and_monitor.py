"""Score one batch, or all files that wait, and monitor each batch: the work of `predict`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.session import add_session_notes, run_flow
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.services.context.wiring import Wiring
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

FlowParameters = Mapping[str, Any]
MLFLOW_GATE = "mlflow"  # a verdict of this gate says that MLflow does not answer
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
    """Return the summary of the batch, or of all files that wait in the lake's `incoming`.

    Args:
        output: Where progress is shown.
        settings: The settings in force.
        batch: The file to score; None with `incoming`.
        incoming: Whether to score all files that wait.
        out: Where to write the scores of one batch as well.
        parameters: The parameters of the flow `predict`.

    Raises:
        InputError: Neither or both of a file and `incoming` were named, `out` together with
            `incoming`, a scores file cannot be written to `out`, or the file is no table of this
            portfolio. All of this is checked before a server is started.
    """
    of_one = out is not None or parameters.get("corrects") or parameters.get("name")
    if (batch is None) != incoming or (incoming and of_one):
        raise _build_usage_error(incoming=incoming)
    if out is not None:
        out = _resolve_output_path(out)
    if batch is not None:
        _check_header(settings, batch, month=parameters.get("month"))
    from credit_default.flows.server.session import flow_session

    with flow_session(settings) as session:
        if batch is not None:
            summary = add_session_notes(score_and_monitor(output, batch, parameters), session)
            return summary if out is None else _export_scores(parameters, summary, out)
        return add_session_notes(_score_incoming(output, parameters), session)


def _build_usage_error(*, incoming: bool) -> InputError:
    named = "--incoming with a file or with an option of one file"
    return InputError(
        "predict",
        found=named if incoming else "neither a file nor --incoming",
        expected="one file, or --incoming alone",
        remedy="See `credit-default predict --help`.",
    )


def _connect(parameters: FlowParameters) -> "Wiring":
    from credit_default.flows.runs.context import connect

    return connect(parameters["overrides"], parameters["config"])


def _score_incoming(output: Output, parameters: FlowParameters) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.intake.inbox import InboxRun, score_incoming

    def score(uri: str, month: str | None) -> "Summary":
        return score_and_monitor(output, uri, {**parameters, "month": month})

    return score_incoming(
        _connect(parameters), InboxRun(score, read_clock, parameters.get("month"))
    )


def score_and_monitor(output: Output, batch: str, parameters: FlowParameters) -> "Summary":
    """Return the summary of one batch: its scoring, and the monitors' verdicts on it."""
    with output.step(f"scoring {batch}") as found:
        from credit_default.flows.predict import predict as flow

        scored = run_flow(flow, batch=batch, **parameters)
        found(scored.status)
    if scored.run_id is None and (known := _find_earlier_findings(parameters, scored)) is not None:
        return _merge_summaries(scored, known)  # scored and monitored before: nothing is left to do
    if scored.find_verdict(MLFLOW_GATE) is not None:  # the reference is in the registry
        note = f"not compared with its reference: {MONITOR_LATER} {scored.batch_id}"
        return replace(scored, notes=(*scored.notes, note))
    with output.step("comparing it with the reference") as found:
        from credit_default.flows.monitor import monitor

        monitored = run_flow(
            monitor,
            batch_id=scored.batch_id,
            model_version=scored.model_version,
            overrides=parameters["overrides"],
            config=parameters["config"],
        )
        found(monitored.status)
    return _merge_summaries(scored, monitored)


def _resolve_output_path(given: Path) -> Path:
    from credit_default.adapters.host.given_paths import resolve_file

    out = resolve_file(given, thing="--out")
    if out.suffix.lower() not in {".csv", ".parquet"} or not out.parent.is_dir():
        raise InputError(
            f"--out {out}",
            found="another file type, or no such folder",
            expected=".csv or .parquet in an existing folder",
            remedy="Choose another place; nothing was scored.",
        )
    return out


def _check_header(settings: "Settings", batch: str, *, month: str | None) -> None:
    from credit_default.adapters.files.statement_files import read_header
    from credit_default.adapters.host.given_paths import resolve_file
    from credit_default.services.context.wiring import read_portfolio
    from credit_default.services.intake.file_access import is_object_uri

    if is_object_uri(batch):
        return  # downloaded once, by the flow
    path = resolve_file(batch, thing="file")
    read_header(path, schema=read_portfolio(settings.portfolio).schema, month=month)


def _find_earlier_findings(parameters: FlowParameters, scored: "Summary") -> "Summary | None":
    from credit_default.services.monitoring.earlier_findings import read_batch_findings

    return read_batch_findings(
        _connect(parameters).lake,
        batch_id=str(scored.batch_id),
        model_version=int(scored.model_version or 0),
    )


def _merge_summaries(scored: "Summary", monitored: "Summary") -> "Summary":
    return replace(
        scored,
        verdicts=(*scored.verdicts, *monitored.verdicts),
        figures={**scored.figures, **monitored.figures},
        paths={**scored.paths, **monitored.paths},
        notes=tuple(dict.fromkeys((*scored.notes, *monitored.notes))),
    )


def _export_scores(parameters: FlowParameters, summary: "Summary", out: Path) -> "Summary":
    from credit_default.services.scoring.score_export import export_scores

    written = export_scores(
        _connect(parameters).lake,
        batch_id=str(summary.batch_id),
        model_version=int(summary.model_version or 0),
        path=out,
    )
    return replace(summary, paths={**summary.paths, **written})
