"""Run the demo of six months, from a model's first statements to its first challenger.

All outcomes arrive together at the end. `long_demo.py` is the demo in which they come two months
late.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_default.cli.demo import narration
from credit_default.cli.demo.demo_lake import ingest_demo_outcomes, prepare_demo
from credit_default.cli.demo.demo_page import write_demo_page
from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.session import read_settings, run_flow
from credit_default.cli.terminal.shared_options import SharedOptions
from credit_default.gates.monitoring.monitoring_gates import PERFORMANCE

if TYPE_CHECKING:
    from credit_default.services.simulation.demo_months import DemoData
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary


@dataclass(frozen=True, slots=True)
class DemoRuns:
    """The summaries of the demo's flow runs, in the order in which they ran."""

    training: "Summary"
    scored: "tuple[Summary, ...]"
    monitored: "tuple[Summary, ...]"
    judged: "tuple[Summary, ...]"
    retraining: "Summary"


def run_six_month_demo(
    output: Output, shared: SharedOptions, *, month: str, show: bool, **flags: Any
) -> "Summary":
    """Run the demo of six months and return its summary; exit code 0 whatever the gates decided.

    Args:
        output: Where progress is shown.
        shared: The shared options.
        month: The statement month of a file that has no such column, YYYY-MM.
        show: Whether to open the page of the history at the end.
        flags: The settings that the command was given: `data` and `lake`.
    """
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.simulation.demo_months import write_demo_months

    settings = read_settings(shared, **flags)

    def write(folder: Path) -> "DemoData":
        return write_demo_months(settings, folder, month=month, now=read_clock())

    with prepare_demo(output, settings, "getting the data", write) as data:
        parameters = shared.build_flow_parameters(**{**flags, "data": str(data.training)})
        runs = _run_flows(output, settings, data, parameters)
    paths = write_demo_page(output, settings, show=show)
    return _show_results(output, data, runs, paths)


def _show_results(
    output: Output, data: "DemoData", runs: DemoRuns, paths: dict[str, str]
) -> "Summary":
    from credit_default.views.terminal.demo import DemoMonthResult, render_demo, summarise_demo

    results = zip(data.months, runs.scored, runs.monitored, runs.judged, strict=True)
    months = [
        DemoMonthResult(month.statement_month, month.drifted, *summaries)
        for month, *summaries in results
    ]
    if not output.as_json:
        from rich.console import Console

        Console(highlight=False).print(render_demo(months))
    return summarise_demo(
        runs.training,
        runs.retraining,
        months,
        paths=paths,
        notes=data.notes,
        listed=output.as_json,
    )


def _run_flows(
    output: Output, settings: "Settings", data: "DemoData", parameters: dict[str, Any]
) -> DemoRuns:
    training = _train(output, parameters)
    scored, monitored = _score_months(output, data, parameters)
    output.explain(narration.OUTCOMES)
    with output.step("outcomes arrive") as found:
        found(f"{ingest_demo_outcomes(settings, data.months):,} of them")
    judged = _judge_months(output, scored, parameters)
    output.explain(narration.RETRAINING)
    with output.step("retraining on what is known now") as found:
        from credit_default.flows.train import train

        retraining = run_flow(train, refresh=True, **parameters)
        reason = retraining.verdicts[-1].reasons[0]
        found(f"version {retraining.model_version}, {retraining.status}; {reason}")
    return DemoRuns(training, scored, monitored, judged, retraining)


def _train(output: Output, parameters: dict[str, Any]) -> "Summary":
    from credit_default.flows.train import train

    output.explain(narration.TRAINING)
    with output.step("training a random forest") as found:
        trained = run_flow(train, **parameters)
        reason = trained.verdicts[-1].reasons[0]
        found(f"version {trained.model_version} {trained.status}; {reason}")
    return trained


def _score_months(
    output: Output, data: "DemoData", parameters: dict[str, Any]
) -> "tuple[tuple[Summary, ...], tuple[Summary, ...]]":
    """Score each month and compare it with the reference at once, before any outcome is known."""
    from credit_default.flows.monitor import monitor
    from credit_default.flows.predict import predict

    output.explain(narration.SCORING)
    scored: list[Summary] = []
    monitored: list[Summary] = []
    for month in data.months:
        with output.step(f"scoring {month.statement_month}") as found:
            batch = run_flow(predict, batch=str(month.statements), **parameters)
            drift = run_flow(monitor, batch_id=batch.batch_id, report="drift", **parameters)
            verdict = drift.verdicts[0]
            found(f"{batch.counts['scored']:,} rows; drift {verdict.level}: {verdict.reasons[0]}")
        if verdict.level == "alarm" and not any(m.verdicts[0].level == "alarm" for m in monitored):
            output.explain(narration.ALARM)
        scored.append(batch)
        monitored.append(drift)
    return tuple(scored), tuple(monitored)


def _judge_months(
    output: Output, scored: "Sequence[Summary]", parameters: dict[str, Any]
) -> "tuple[Summary, ...]":
    """Judge each month's performance now that outcomes are known; the last gets a full report."""
    from credit_default.flows.monitor import monitor

    reports = ["none"] * (len(scored) - 1) + ["full"]
    output.explain(narration.JUDGING)
    with output.step("judging performance by batch") as found:
        judged = [
            run_flow(monitor, batch_id=batch.batch_id, report=report, **parameters)
            for batch, report in zip(scored, reports, strict=True)
        ]
        verdicts = [summary.find_verdict(PERFORMANCE.name) for summary in judged]
        found(", ".join(verdict.level for verdict in verdicts if verdict))
    return tuple(judged)
