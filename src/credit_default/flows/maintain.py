"""The flow `maintain`: merge small files of the tables, remove replaced ones, and verify the whole lake."""

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed

from credit_default.flows.runs.artifacts import publish_summary
from credit_default.flows.runs.context import connect
from credit_default.flows.runs.kept_flow import build_flow
from credit_default.flows.runs.run_as_script import run_as_script
from credit_default.flows.runs.tasks import build_task
from credit_default.services.operations import maintenance
from credit_default.views.summaries.summary import Summary

maintain_tables = build_task(maintenance.maintain_tables, "maintain tables")
prove_maintained = build_task(maintenance.prove_maintained, "verify")


@build_flow("maintain")
def maintain(
    overrides: dict[str, Any] | None = None, config: list[str] | None = None
) -> State[Summary]:
    """Merge small files of the tables and remove replaced ones; then verify the ledger and all scores.

    Returns:
        A completed run named `Maintained`, `NothingToDo` or, where ledger and tables do not match, `Broken`.
    """
    wiring = connect(overrides or {}, config or [])
    summary = prove_maintained(wiring, maintain_tables(wiring))
    publish_summary(summary, simulated=False)
    return Completed(name=_name_state(summary), message=summary.status, data=summary)


def _name_state(summary: Summary) -> str:
    if summary.exit_code:
        return "Broken"
    return "Maintained" if any(summary.counts.values()) else "NothingToDo"


if __name__ == "__main__":
    run_as_script(maintain)
