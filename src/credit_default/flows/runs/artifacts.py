"""Publish a run's summary as a markdown artifact in Prefect: the verdict, its reasons and links to the other records."""

from prefect.artifacts import create_markdown_artifact

from credit_default.views.summaries.run_artifact import render_summary_markdown
from credit_default.views.summaries.summary import Summary


def publish_summary(summary: Summary, *, simulated: bool) -> None:
    """Publish the summary as the artifact `<command>-summary` of the run that calls this."""
    create_markdown_artifact(
        render_summary_markdown(summary, simulated=simulated), key=f"{summary.command}-summary"
    )
