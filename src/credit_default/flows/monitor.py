"""The flow `monitor`: a scored batch is compared with what its model was trained on, and with what became of it."""

from typing import Any

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

find_batch = step(monitoring.find_batch, "find batch")
compare_batch = step(monitoring.compare_batch, "compare with reference")
judge_batch = step(monitoring.judge_batch, "judge drift")
evaluate_batch = step(monitoring.evaluate_batch, "judge performance")
record_findings = network_step(recording.record_findings, "record")


@flow(name="monitor", validate_parameters=False)
def monitor(
    batch_id: str | None = None,
    overrides: dict[str, Any] | None = None,
    config: list[str] | None = None,
    full: bool | None = None,  # noqa: FBT001 - a flow's parameters are named in the UI
) -> State[Summary]:
    """A completed run named `Quiet` or `DriftFound`, carrying its summary.

    `batch_id` is the batch to look at, the one scored last when it is not given. `full` adds data summaries and, when
    outcomes are there, classification quality to the report (by default as the settings say); the statistics that
    decide are the same without.
    """
    wiring = connect(overrides or {}, config or [])
    batch = find_batch(wiring, batch_id)
    report = compare_batch(wiring, batch, full=wiring.settings.full_reports if full is None else full)
    drift = judge_batch(wiring, batch, report)
    performance = evaluate_batch(wiring, batch)
    summary = record_findings(wiring, batch, report, drift, performance, monitored_at=read_clock())
    publish_summary(summary, simulated=batch.data_origin == SIMULATED)
    announce(summary)
    return Completed(name="DriftFound" if drift.level == "alarm" else "Quiet", message=summary.status, data=summary)


if __name__ == "__main__":
    run_as_script(monitor)
