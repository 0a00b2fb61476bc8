"""A model's life from the first statement to its first rival, told step by step: what `demo` does."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.session import read_settings, run_flow
from credit_default.errors import InputError
from credit_default.gates.monitoring.monitoring_gates import PERFORMANCE

if TYPE_CHECKING:
    from credit_default.services.simulation.demo_months import DemoData, DemoMonthFiles
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary

DEMO_MARKER = ".credit-default-demo"


@dataclass(frozen=True, slots=True)
class DemoRuns:
    """What the demo's flows came to, in order."""

    training: "Summary"
    scored: "tuple[Summary, ...]"
    monitored: "tuple[Summary, ...]"
    judged: "tuple[Summary, ...]"
    retraining: "Summary"


def run_demo(output: Output, flags: dict[str, Any], *, config: list[str], month: str) -> "Summary":
    """The summary of a whole life; exit code 0 whatever the gates decided, since all of it is the story."""
    settings = read_settings(flags, config)
    lake = clear_lake(settings.lake)
    from credit_default.flows.server.ephemeral_server import run_on_server
    from credit_default.flows.server.session import (
        FLOW_MODULES,
        REPORT_MODULES,
        import_modules,
        start_session,
    )

    with ExitStack() as session:
        server = session.enter_context(start_session(settings))
        with output.step("getting the data") as found:
            from credit_default.services.simulation.demo_months import write_demo_months

            rehearsal = write_demo_months(settings, lake / "rehearsal", month=month)
            found(rehearsal.data_description)
        with output.step("starting Prefect"):
            import_modules((*FLOW_MODULES, *REPORT_MODULES))
            wait = settings.prefect.startup_seconds
            session.enter_context(
                run_on_server(server, api_url=settings.prefect.api_url, timeout_seconds=wait)
            )
        life = _run_flows(output, settings, rehearsal, config=config, flags=flags)
    from credit_default.views.terminal.demo import DemoMonthResult, render_demo, summarise_demo

    months = [
        DemoMonthResult(month.statement_month, month.drifted, *found)
        for month, *found in zip(
            rehearsal.months, life.scored, life.monitored, life.judged, strict=True
        )
    ]

    if not output.as_json:
        from rich.console import Console

        Console(highlight=False).print(render_demo(months))
    return summarise_demo(
        life.training, life.retraining, months, lake=str(settings.lake), notes=rehearsal.notes
    )


def _run_flows(
    output: Output,
    settings: "Settings",
    rehearsal: "DemoData",
    *,
    config: list[str],
    flags: dict[str, Any],
) -> DemoRuns:
    from credit_default.flows.monitor import monitor
    from credit_default.flows.predict import predict
    from credit_default.flows.train import train

    common = {"overrides": {**flags, "data": str(rehearsal.training)}, "config": config}
    with output.step("training a random forest") as found:
        training = run_flow(train, **common)
        found(
            f"version {training.model_version} {training.status}; {training.verdicts[-1].reasons[0]}"
        )
    scored, monitored = [], []
    for month in rehearsal.months:
        with output.step(f"scoring {month.statement_month}") as found:
            scored.append(run_flow(predict, batch=str(month.statements), **common))
            monitored.append(
                run_flow(monitor, batch_id=scored[-1].batch_id, report="drift", **common)
            )
            verdict = monitored[-1].verdicts[0]
            found(
                f"{scored[-1].counts['scored']:,} rows; drift {verdict.level}: {verdict.reasons[0]}"
            )
    with output.step("outcomes arrive") as found:
        found(f"{ingest_demo_outcomes(settings, rehearsal.months):,} of them")
    with output.step("judging performance by batch") as found:
        reports = ["none"] * (len(scored) - 1) + ["full"]
        judged = [
            run_flow(monitor, batch_id=summary.batch_id, report=report, **common)
            for summary, report in zip(scored, reports, strict=True)
        ]
        verdicts = [summary.find_verdict(PERFORMANCE.name) for summary in judged]
        found(", ".join(verdict.level for verdict in verdicts if verdict))
    with output.step("retraining on what is known now") as found:
        retraining = run_flow(train, refresh=True, **common)
        found(
            f"version {retraining.model_version}, {retraining.status}; {retraining.verdicts[-1].reasons[0]}"
        )
    return DemoRuns(training, tuple(scored), tuple(monitored), tuple(judged), retraining)


def ingest_demo_outcomes(settings: "Settings", months: "Sequence[DemoMonthFiles]") -> int:
    """How many outcomes of these months were new to the lake."""
    from credit_default.flows.runs.context import read_clock, read_commit
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.outcomes.take_in import ingest_outcomes_file

    wiring = build_wiring(settings, commit=read_commit())
    merged = [
        ingest_outcomes_file(wiring, str(month.outcomes), taken_in_at=read_clock())
        for month in months
    ]
    return sum(summary.counts["new"] for summary in merged)


def clear_lake(uri: str) -> Path:
    """The demo's lake, empty. A folder that the demo did not make is never removed."""
    if uri.startswith("s3://"):
        raise InputError(
            f"lake {uri}",
            found="a bucket",
            expected="a folder",
            remedy="The demo lives on this machine: name a folder.",
        )
    root = Path(uri).expanduser()
    if (
        root.exists()
        and (not root.is_dir() or any(root.iterdir()))
        and not (root / DEMO_MARKER).exists()
    ):
        raise InputError(
            f"lake {root}",
            found="something that the demo did not make",
            expected="a new one, or the demo's own",
            remedy="Name another with --lake, or remove it yourself.",
        )
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    (root / DEMO_MARKER).touch()
    return root
