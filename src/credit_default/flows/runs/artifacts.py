"""Publish a run's summary as a markdown artifact in Prefect: the verdict, its reasons and links to the other records."""

from prefect.artifacts import create_markdown_artifact
from prefect.client.orchestration import get_client
from prefect.context import FlowRunContext

from credit_default.services.overview.server_runs import build_run_tag
from credit_default.views.summaries.run_artifact import render_summary_markdown
from credit_default.views.summaries.summary import Summary


def publish_summary(summary: Summary, *, simulated: bool, room: str = "") -> None:
    """Publish the summary as the artifact `<command>-summary` of the run that calls this.

    The run gets a tag with its batch, by which the control room finds it.

    Args:
        summary: What the run did.
        simulated: Whether to state that no real client stands behind the figures.
        room: The address of the control room, to which the artifact links; "" where there is none.
    """
    create_markdown_artifact(
        render_summary_markdown(summary, simulated=simulated, room=room),
        key=f"{summary.command}-summary",
    )
    if summary.batch_id:
        _tag_run(build_run_tag(summary.batch_id))


def _tag_run(tag: str) -> None:
    context = FlowRunContext.get()
    run = None if context is None else context.flow_run
    if run is None:
        return
    with get_client(sync_client=True) as client:
        client.update_flow_run(run.id, tags=[*run.tags, tag])
