"""quarantine: show which rows of a batch were rejected, and which rules they broke."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.output_files import resolve_output_file
from credit_default.cli.terminal.session import connect
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake")
def quarantine(
    batch: Annotated[str, typer.Argument(help="A batch_id, as `predict` and `ingest` print it.")],
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="PATH",
            help="Also write the rows to this .csv or .parquet.",
            show_default=False,
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Show how many rows of a batch were rejected, by the rule that they broke."""

    def act(output: Output) -> "Summary":
        from credit_default.services.intake.quarantine import find_rejected, summarise_rejected

        target = None if out is None else resolve_output_file(out)
        rejected = find_rejected(connect(shared), batch)
        if rejected.rule_counts and not output.as_json:
            from rich.console import Console

            from credit_default.views.terminal.quarantine import render_rule_counts

            table = render_rule_counts(rejected.rule_counts, row_count=rejected.rows.height)
            Console(highlight=False, markup=False).print(table)
        return summarise_rejected(rejected, out=target)

    run_command("quarantine", act, shared)
