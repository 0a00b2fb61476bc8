"""quarantine, verify, forget: what was refused, what can be proved, and what must not be kept."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Config, Json, Lake, Portfolio, Quiet, collect_flags
from credit_default.cli.terminal.output import Output, run_command

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


def quarantine(
    batch: Annotated[str, typer.Argument(help="A batch_id, as `predict` and `ingest` print it.")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Also write the rows to this .csv or .parquet.", show_default=False
        ),
    ] = None,
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Which rows of a batch were refused, and why: how many broke each rule."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import connect
        from credit_default.services.intake.quarantine import find_rejected, summarise_rejected

        rejected = find_rejected(connect(collect_flags(lake=lake), config or []), batch)
        if rejected.rule_counts and not output.as_json:
            from rich.console import Console

            from credit_default.views.terminal.quarantine import render_rule_counts

            table = render_rule_counts(rejected.rule_counts, row_count=rejected.rows.height)
            Console(highlight=False, markup=False).print(table)
        return summarise_rejected(rejected, out=out)

    run_command("quarantine", act, as_json=json, quiet=quiet)


def verify(
    batch: Annotated[
        str | None, typer.Argument(help="A batch_id whose scores are computed again.")
    ] = None,
    client: Annotated[
        str | None,
        typer.Option("--client", help="Replay this client of the batch only.", show_default=False),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            help="The hash of an entry seen before, which must still stand.",
            show_default=False,
        ),
    ] = None,
    lake: Lake = None,
    portfolio: Portfolio = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Prove that the ledger is unbroken and the scores are those on record; replay a batch's scores."""

    def act(output: Output) -> "Summary":
        from credit_default.cli.terminal.session import read_settings
        from credit_default.flows.runs.context import connect
        from credit_default.flows.server.session import prepare_libraries
        from credit_default.services.audit.replay import verify_lake

        flags = collect_flags(lake=lake, portfolio=portfolio)
        prepare_libraries(read_settings(flags, config))
        with output.step("verifying"):
            return verify_lake(
                connect(flags, config or []), batch_id=batch, client_id=client, head=head
            )

    run_command("verify", act, as_json=json, quiet=quiet)


def forget(
    client: Annotated[str, typer.Argument(help="The client_id whose rows are deleted.")],
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Delete a client's rows everywhere in the lake, for good; the ledger keeps digests and counts."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import connect, read_clock
        from credit_default.services.audit.erasure import forget_client

        with output.step("deleting"):
            return forget_client(
                connect(collect_flags(lake=lake), config or []), client, forgotten_at=read_clock()
            )

    run_command("forget", act, as_json=json, quiet=quiet)
