"""A model's life through many months, outcomes two months late: what `demo --months N --scenario NAME` does."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from credit_default.cli.demo.demo_months import clear_lake, ingest_demo_outcomes
from credit_default.cli.terminal.output import Output
from credit_default.cli.terminal.session import read_settings, run_flow
from credit_default.gates.monitoring.monitoring_gates import PERFORMANCE

if TYPE_CHECKING:
    from credit_default.services.simulation.demo_months import DemoData
    from credit_default.settings import Settings
    from credit_default.views.summaries.summary import Summary
    from credit_default.views.terminal.long_demo import LongDemoMonth

QUIET_MONTHS = 6  # before the scenario begins
OUTCOME_DELAY_MONTHS = 2  # months until outcomes are known
_LIGHT_SETTINGS: dict[str, Any] = {
    "reasons": {"mode": "none"},
    # of what was learnt before the change the newest part is enough
    "retraining": {"window": "sliding", "window_months": 6, "cooldown_months": 1},
    # the same clients stand in up to six months of a training: a leaf of 40 rows would hold a handful of them
    "recipe": {"leaf_row_count": 200},
}


def run_long_demo(
    output: Output,
    flags: dict[str, Any],
    *,
    config: list[str],
    month_count: int,
    scenario: str,
    strength: int,
) -> "Summary":
    """The summary of a long life in simulated months; exit code 0 however it ended, since all of it is the story."""
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
        with output.step("making the data") as found:
            from credit_default.services.simulation.demo_months import (
                DemoPolicy,
                write_simulated_demo_months,
            )

            policy = DemoPolicy(
                quiet_months=QUIET_MONTHS,
                changed_months=month_count - QUIET_MONTHS,
                scenario=scenario,
                scenario_strength=strength,
            )
            (lake / "rehearsal").mkdir()
            rehearsal = write_simulated_demo_months(
                lake / "rehearsal", seed=settings.seed, policy=policy
            )
            found(rehearsal.data_description)
        with output.step("starting Prefect"):
            import_modules((*FLOW_MODULES, *REPORT_MODULES))
            wait = settings.prefect.startup_seconds
            session.enter_context(
                run_on_server(server, api_url=settings.prefect.api_url, timeout_seconds=wait)
            )
        life = _LongDemo(
            output,
            settings,
            {
                "overrides": {**_LIGHT_SETTINGS, **flags, "data": str(rehearsal.training)},
                "config": config,
            },
        )
        training, seasons = life.run(rehearsal)
    return _show_results(output, settings, training, seasons, story=rehearsal.data_description)


class _LongDemo:
    """The months as they pass: each is scored and looked at, then the outcomes of two months before come in."""

    def __init__(self, output: Output, settings: "Settings", common: dict[str, Any]) -> None:
        self.output, self.settings, self.common = output, settings, common
        self._asked = False  # whether the look at the newest month asked for a training

    def run(self, rehearsal: "DemoData") -> "tuple[Summary, list[LongDemoMonth]]":
        from credit_default.flows.train import train

        with self.output.step("training a random forest") as found:
            training = run_flow(train, **self.common)
            found(f"version {training.model_version} {training.status}")
        seasons: list[LongDemoMonth] = []
        for place in range(len(rehearsal.months)):
            with self.output.step(rehearsal.months[place].statement_month) as found:
                seasons.append(self._live_month(rehearsal, place))
                asked = self._judge_past(rehearsal, seasons, place - OUTCOME_DELAY_MONTHS)
                found(self._tell(seasons, place))
            if asked:
                self._retrain(seasons)
        return training, seasons

    def _live_month(self, rehearsal: "DemoData", place: int) -> "LongDemoMonth":
        from credit_default.flows.monitor import monitor
        from credit_default.flows.predict import predict
        from credit_default.services.monitoring.retraining import is_retraining_requested
        from credit_default.views.terminal.long_demo import LongDemoMonth

        month = rehearsal.months[place]
        scored = run_flow(predict, batch=str(month.statements), **self.common)
        monitored = run_flow(monitor, batch_id=scored.batch_id, report="drift", **self.common)
        self._asked = is_retraining_requested(monitored)
        return LongDemoMonth(month.statement_month, month.drifted, scored, monitored.verdicts[0])

    def _judge_past(
        self, rehearsal: "DemoData", seasons: "list[LongDemoMonth]", place: int
    ) -> bool:
        """Whether a training is asked for, after the outcomes of that month, if there is one, are in and judged."""
        if place < 0:
            return self._asked
        from credit_default.flows.monitor import monitor
        from credit_default.services.monitoring.retraining import is_retraining_requested

        ingest_demo_outcomes(self.settings, rehearsal.months[place : place + 1])
        judged = run_flow(
            monitor, batch_id=seasons[place].scored.batch_id, report="none", **self.common
        )
        seasons[place] = replace(seasons[place], performance=judged.find_verdict(PERFORMANCE.name))
        return self._asked or is_retraining_requested(judged)

    def _retrain(self, seasons: "list[LongDemoMonth]") -> None:
        from credit_default.flows.train import train

        with self.output.step("a retraining is requested") as found:
            trained = run_flow(train, refresh=True, **self.common)
            seasons[-1] = replace(seasons[-1], trained=trained)
            found(
                f"version {trained.model_version} {trained.status}; {trained.verdicts[-1].reasons[0]}"
            )

    def _tell(self, seasons: "Sequence[LongDemoMonth]", place: int) -> str:
        told = f"version {seasons[place].scored.model_version}; drift {seasons[place].drift.level}"
        past = seasons[place - OUTCOME_DELAY_MONTHS] if place >= OUTCOME_DELAY_MONTHS else None
        if past is None or past.performance is None:
            return told
        return f"{told}; performance of {past.statement_month} {past.performance.level}: {past.performance.reasons[0]}"


def _show_results(
    output: Output,
    settings: "Settings",
    training: "Summary",
    seasons: "Sequence[LongDemoMonth]",
    *,
    story: str,
) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.context.wiring import build_wiring
    from credit_default.services.monitoring.history_page import write_history_page
    from credit_default.views.terminal.long_demo import render_long_demo, summarise_long_demo

    with output.step("writing the history"):
        page = write_history_page(build_wiring(settings, commit=""), now=read_clock())
    if not output.as_json:
        from rich.console import Console

        Console(highlight=False, markup=False).print(render_long_demo(seasons))
    lake = settings.lake
    paths = {
        "history (html)": page or "",
        "history": f".venv/bin/credit-default monitor --history --lake {lake}",
        "MLflow UI": f".venv/bin/mlflow ui --backend-store-uri sqlite:///{lake}/mlflow.db",
    }
    return summarise_long_demo(training, seasons, data_description=story, paths=paths)
