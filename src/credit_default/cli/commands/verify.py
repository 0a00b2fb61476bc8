"""verify: prove that ledger and scores are unchanged, and compute a batch's scores again."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect_with_mlflow
from credit_default.cli.terminal.shared_options import SharedOptions, takes_shared_options
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary


@takes_shared_options("lake", "portfolio")
def verify(
    batch: Annotated[
        str | None, typer.Argument(help="A batch_id whose scores are computed again.")
    ] = None,
    client: Annotated[
        str | None,
        typer.Option("--client", help="Compute this client of the batch only.", show_default=False),
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            "--head",
            help="The hash of an earlier last entry, which the ledger must still contain.",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            help="The hash of an earlier last entry: verify only what came after it.",
            show_default=False,
        ),
    ] = None,
    write_anchor: Annotated[
        Path | None,
        typer.Option(
            "--write-anchor",
            metavar="FILE",
            help="Also note the last entry's number and hash in this file, if all is proved; keep it elsewhere.",
            show_default=False,
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Prove that the ledger and the scores are unchanged, and compute a batch's scores again."""

    def act(output: Output) -> "Summary":
        if since is not None:
            _require_alone(batch, client, head, write_anchor)
            return _verify_new(shared, output, since)
        from credit_default.services.audit.anchor import note_head
        from credit_default.services.audit.replay import verify_lake

        wiring = connect_with_mlflow(shared, output)
        with output.step("verifying"):
            summary = verify_lake(wiring, batch_id=batch, client_id=client, head=head)
            if write_anchor is not None:
                note_head(wiring.lake, summary, write_anchor)
            return summary

    run_command("verify", act, shared)


def _require_alone(*others: str | Path | None) -> None:
    if any(others):
        raise InputError(
            "--since",
            found="a batch, --client, --head or --write-anchor beside it",
            expected="--since alone: a batch is computed again by `credit-default verify BATCH`",
            remedy="Run the two one after the other.",
        )


def _verify_new(shared: SharedOptions, output: Output, since: str) -> "Summary":
    from credit_default.services.audit.new_entries import verify_since

    wiring = connect_with_mlflow(shared, output)
    with output.step("verifying what is new"):
        return verify_since(wiring, since)
