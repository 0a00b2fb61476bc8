"""The flow `monitor`: a scored batch is compared with what its model was trained on, and with what became of it."""

from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.flows.artifacts import publish_summary
from credit_default.flows.context import connect, read_clock
from credit_default.flows.events import announce
from credit_default.flows.script import run_as_script
from credit_default.flows.steps import network_step, step
from credit_default.services import monitoring, recording
from credit_default.services.origin import SIMULATED
from credit_default.views.summary import Summary

find_batch = network_step(monitoring.find_batch, "find batch")
find_drift = step(monitoring.find_drift, "compare with reference")
evaluate_batch = step(monitoring.evaluate_batch, "judge performance")
record_findings = network_step(recording.record_findings, "record")

# By gate: the name of a run in which it rang. The first that did names the run.
_RANG = {"drift": "DriftFound", "feed": "FeedBroken", "volume": "FeedBroken", "performance": "PerformanceLow"}


@flow(name="monitor", validate_parameters=False)
def monitor(
    batch_id: str | None = None,
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    report: Literal["full", "drift", "none"] | None = None,
    model_version: int | None = None,
) -> State[Summary]:
    """A completed run named `Quiet`, `DriftFound`, `FeedBroken`, `PerformanceLow` or `NotJudged`, carrying its summary.

    `batch_id` is the batch to look at, the one scored last when it is not given, as `model_version` scored it, or the
    version that scored it last. `report` is `full` (data summaries
    and, once outcomes are known, classification quality), `drift`, or `none`: then only performance is judged. By
    default it is what the settings say.
    """
    wiring = connect(overrides or {}, config or [])
    batch = find_batch(wiring, batch_id, model_version=model_version)
    kind = report or wiring.settings.report
    drift = None if kind == "none" else find_drift(wiring, batch, report=kind)
    performance = evaluate_batch(wiring, batch)
    summary = record_findings(wiring, batch, drift, performance, monitored_at=read_clock())
    publish_summary(summary, simulated=batch.data_origin == SIMULATED)
    announce(summary)
    return Completed(name=_name_state(summary), message=summary.status, data=summary)


def _name_state(summary: Summary) -> str:
    rang = {verdict.gate for verdict in summary.verdicts if not verdict.passed}
    for gate, name in _RANG.items():
        if gate in rang:
            return name
    return "NotJudged" if all(verdict.level == "not judged" for verdict in summary.verdicts) else "Quiet"


if __name__ == "__main__":
    run_as_script(monitor)
