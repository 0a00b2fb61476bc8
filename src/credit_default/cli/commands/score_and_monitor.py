"""Score one batch, or all files that wait, and monitor each batch: the work of `predict`."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.output_files import resolve_output_file
from credit_default.cli.terminal.session import add_session_notes, run_flow
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.adapters.files.reading_options import ReadingOptions
    from credit_default.flows.server.session import Session
    from credit_default.services.context.wiring import Wiring
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

FlowParameters = Mapping[str, Any]
MLFLOW_GATE = "mlflow"  # a verdict of this gate says that MLflow does not answer
MONITOR_LATER = "once MLflow answers, `credit-default monitor` does it:"


def name_scheduler(address: str) -> None:
    """Set the scheduler for this process: among a flow's parameters anybody could send rows and models elsewhere."""
    from credit_default.settings import export_environment
    from credit_default.settings_sections import ENVIRONMENT_PREFIX

    export_environment({f"{ENVIRONMENT_PREFIX}ENGINE__SCHEDULER": address})


def score_batches(
    output: Output,
    settings: "Settings",
    *,
    batch: str | None,
    incoming: bool,
    out: str | None,
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
            `incoming`, a scores file cannot be written to `out`, there is no champion, or the file
            cannot be used. All of this is checked before a server is started.
        RefusedError: The quality gate refused the file.
    """
    of_one = out is not None or parameters.get("corrects") or parameters.get("name")
    if (batch is None) != incoming or (incoming and of_one):
        raise _build_usage_error(incoming=incoming)
    target = None if out is None else resolve_output_file(out, source=batch)
    month: str | None = parameters.get("month")
    if batch is not None:
        _check_header(settings, batch, parameters)
    from credit_default.flows.server.graceful_shutdown import graceful_shutdown
    from credit_default.services.partitions.engine import open_engine

    wiring = _connect(parameters)
    with (
        graceful_shutdown(),
        open_engine(wiring),
        _start_session_later(settings) as start_session,
    ):

        def score(uri: str, month: str | None) -> "Summary":
            with _look_at_file(output, wiring, uri, {**parameters, "month": month}):
                session = start_session()
                scored = score_and_monitor(output, uri, {**parameters, "month": month})
            return add_session_notes(scored, session)

        if batch is None:
            return _score_incoming(wiring, score, parameters)
        _require_champion(wiring)  # before all rows are read
        summary = score(batch, month)
        return summary if target is None else _export_scores(parameters, summary, target)


@contextmanager
def _start_session_later(settings: "Settings") -> "Iterator[Callable[[], Session]]":
    """Yield a function that starts the block's flow session when it is first called, and returns it."""
    with ExitStack() as block:

        @cache
        def start() -> "Session":
            from credit_default.flows.server.session import flow_session, list_scoring_modules

            session = flow_session(settings, preload_modules=list_scoring_modules(settings))
            return block.enter_context(session)

        yield start


@contextmanager
def _look_at_file(
    output: Output, wiring: "Wiring", uri: str, parameters: FlowParameters
) -> Iterator[None]:
    """Check the file and that there is a champion; the block's flow goes on with the checked file."""
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.intake.file_check import FileRequest
    from credit_default.services.intake.first_look import hold_checked_file, refuse_broken_file

    asked = {name: parameters.get(name) for name in ("month", "corrects", "name")}
    with ExitStack() as block:
        with output.step(f"checking {uri}") as found:
            options = _parse_options(parameters)
            request = FileRequest(wiring.lake.uri, uri, outcome="ignored", options=options, **asked)
            checked = block.enter_context(hold_checked_file(wiring, request))
            refuse_broken_file(wiring, checked, judged_at=read_clock())
            _require_champion(wiring)
            found(f"{checked.validated.row_count:,} rows")
        yield


def _require_champion(wiring: "Wiring") -> None:
    from credit_default.services.champion.first_look import require_champion

    require_champion(wiring)


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


def _score_incoming(
    wiring: "Wiring", score: "Callable[[str, str | None], Summary]", parameters: FlowParameters
) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.intake.inbox import InboxRun, score_incoming

    options = _parse_options(parameters)
    run = InboxRun(score, read_clock, parameters.get("month"), options=options)
    return score_incoming(wiring, run)


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


def _check_header(settings: "Settings", batch: str, parameters: FlowParameters) -> None:
    from credit_default.adapters.files.statement_files import read_header
    from credit_default.adapters.host.given_paths import resolve_file
    from credit_default.services.context.wiring import read_portfolio
    from credit_default.services.intake.file_access import is_object_uri

    if is_object_uri(batch):
        return  # downloaded once, by the flow
    portfolio = read_portfolio(settings.portfolio)
    options = _parse_options(parameters).complete(portfolio.file)
    path = resolve_file(batch, thing="file")
    read_header(path, schema=portfolio.schema, month=parameters.get("month"), options=options)


def _parse_options(parameters: FlowParameters) -> "ReadingOptions":
    from credit_default.adapters.files.reading_options import parse_reading_options

    return parse_reading_options(parameters.get("file_options") or {}, thing="file_options")


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
