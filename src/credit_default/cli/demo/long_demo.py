"""Run the demo of many months (`demo --months N --scenario NAME`), outcomes two months late.

Unlike in `six_month_demo.py` outcomes arrive month by month, and the policy for retraining decides
when a training runs.
"""

from collections.abc import Sequence
from dataclasses import replace
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
    from credit_default.views.terminal.long_demo import LongDemoMonth

QUIET_MONTHS = 6  # before the scenario begins
OUTCOME_DELAY_MONTHS = 2  # months until outcomes are known
LIGHT_SETTINGS: dict[str, Any] = {
    "reasons": {"mode": "none"},
    # the newest months are enough of those before the change
    "retraining": {"window": "sliding", "window_months": 6, "cooldown_months": 1},
    # a client is in up to six months of a training: 40 rows in a leaf may be a handful of clients
    "recipe": {"leaf_row_count": 200},
}


def run_long_demo(
    output: Output,
    shared: SharedOptions,
    *,
    month_count: int,
    scenario: str,
    strength: int,
    show: bool,
    **flags: Any,
) -> "Summary":
    """Run the demo of many months; return its summary, exit code 0 even without a recovery.

    Args:
        output: Where progress is shown.
        shared: The shared options.
        month_count: Months of production, `QUIET_MONTHS` of them before the scenario begins.
        scenario: recession, marketing, policy or broken-feed.
        strength: How strong the scenario is, 1 to 3.
        show: Whether to open the page of the history at the end.
        flags: The settings that the command was given: `data` and `lake`.
    """
    from credit_default.services.simulation.demo_months import (
        DemoPolicy,
        write_simulated_demo_months,
    )

    settings = read_settings(shared, **flags)
    policy = DemoPolicy(
        quiet_months=QUIET_MONTHS,
        changed_months=month_count - QUIET_MONTHS,
        scenario=scenario,
        scenario_strength=strength,
    )

    def write(folder: Path) -> "DemoData":
        return write_simulated_demo_months(folder, seed=settings.seed, policy=policy)

    with prepare_demo(output, settings, "making the data", write) as data:
        given = {**LIGHT_SETTINGS, **flags, "data": str(data.training)}
        demo = _LongDemo(output, settings, shared.build_flow_parameters(**given))
        training, months = demo.run(data)
    if not output.as_json:
        from rich.console import Console

        from credit_default.views.terminal.long_demo import render_long_demo

        Console(highlight=False, markup=False).print(render_long_demo(months))
    from credit_default.views.terminal.long_demo import summarise_long_demo

    paths = write_demo_page(output, settings, show=show)
    return summarise_long_demo(
        training, months, data_description=data.data_description, paths=paths
    )


class _LongDemo:
    """The months of the demo: each is scored and monitored, then older outcomes are taken in."""

    def __init__(self, output: Output, settings: "Settings", parameters: dict[str, Any]) -> None:
        self.output, self.settings, self.parameters = output, settings, parameters
        self._requested = False  # whether monitoring the newest month requested a retraining

    def run(self, data: "DemoData") -> "tuple[Summary, list[LongDemoMonth]]":
        """Train, then run each month; return the training's summary and the months."""
        from credit_default.flows.train import train

        self.output.explain(narration.TRAINING)
        with self.output.step("training a random forest") as found:
            training = run_flow(train, **self.parameters)
            found(f"version {training.model_version} {training.status}")
        months: list[LongDemoMonth] = []
        self.output.explain(narration.LATE_OUTCOMES)
        for place in range(len(data.months)):
            with self.output.step(data.months[place].statement_month) as found:
                months.append(self._run_month(data, place))
                requested = self._judge_matured_month(data, months, place - OUTCOME_DELAY_MONTHS)
                found(_format_month(months, place))
            if requested:
                self._retrain(months)
        return training, months

    def _run_month(self, data: "DemoData", place: int) -> "LongDemoMonth":
        from credit_default.flows.monitor import monitor
        from credit_default.flows.predict import predict
        from credit_default.services.monitoring.retraining import is_retraining_requested
        from credit_default.views.terminal.long_demo import LongDemoMonth

        month = data.months[place]
        scored = run_flow(predict, batch=str(month.statements), **self.parameters)
        monitored = run_flow(monitor, batch_id=scored.batch_id, report="drift", **self.parameters)
        self._requested = is_retraining_requested(monitored)
        return LongDemoMonth(month.statement_month, month.drifted, scored, monitored.verdicts[0])

    def _judge_matured_month(
        self, data: "DemoData", months: "list[LongDemoMonth]", place: int
    ) -> bool:
        """Take in and judge the outcomes of the month at `place`; return whether to retrain."""
        if place < 0:
            return self._requested
        from credit_default.flows.monitor import monitor
        from credit_default.services.monitoring.retraining import is_retraining_requested

        ingest_demo_outcomes(self.settings, data.months[place : place + 1])
        batch_id = months[place].scored.batch_id
        judged = run_flow(monitor, batch_id=batch_id, report="none", **self.parameters)
        months[place] = replace(months[place], performance=judged.find_verdict(PERFORMANCE.name))
        return self._requested or is_retraining_requested(judged)

    def _retrain(self, months: "list[LongDemoMonth]") -> None:
        from credit_default.flows.train import train

        self.output.explain(narration.RETRAINING)
        with self.output.step("a retraining is requested") as found:
            trained = run_flow(train, refresh=True, **self.parameters)
            months[-1] = replace(months[-1], trained=trained)
            reason = trained.verdicts[-1].reasons[0]
            found(f"version {trained.model_version} {trained.status}; {reason}")


def _format_month(months: "Sequence[LongDemoMonth]", place: int) -> str:
    month = months[place]
    line = f"version {month.scored.model_version}; drift {month.drift.level}"
    past = months[place - OUTCOME_DELAY_MONTHS] if place >= OUTCOME_DELAY_MONTHS else None
    if past is None or past.performance is None:
        return line
    performance = past.performance
    judged = f"performance of {past.statement_month} {performance.level}: {performance.reasons[0]}"
    return f"{line}; {judged}"
