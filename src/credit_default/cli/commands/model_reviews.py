"""models review, models findings, models inventory: what reviewers say of the versions, and what was in use on a day."""

from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect, connect_with_mlflow
from credit_default.cli.terminal.shared_options import (
    SharedOptions,
    open_command_group,
    takes_shared_options,
)

if TYPE_CHECKING:
    from credit_default.views.summaries.summary import Summary

By = Annotated[
    str | None,
    typer.Option(
        "--by", help="Who says so.  [default: the setting, or the account]", show_default=False
    ),
]

findings_app = open_command_group("The register of findings about versions: open, close, show.")


@findings_app.command("open")
@takes_shared_options("lake")
def open_finding(
    version: Annotated[int, typer.Argument(help="The version's number.", min=1)],
    title: Annotated[str, typer.Option("--title", help="What was found, in one line.")],
    owner: Annotated[str, typer.Option("--owner", help="Who has to see to it.")],
    due: Annotated[str, typer.Option("--due", help="By when, YYYY-MM-DD.")],
    severity: Annotated[str, typer.Option("--severity", help="high, medium or low.")] = "medium",
    by: By = None,
    *,
    shared: SharedOptions,
) -> None:
    """Open a finding about a version."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock, read_identity
        from credit_default.services.champion.first_look import require_known_version
        from credit_default.services.governance import findings

        wiring = connect_with_mlflow(shared, output)
        require_known_version(wiring, version)
        return findings.open_finding(
            wiring,
            version,
            severity=severity,
            title=title,
            owner=owner,
            due=due,
            by=read_identity(wiring, by),
            opened_at=read_clock(),
        )

    run_command("models findings open", act, shared)


@findings_app.command("close")
@takes_shared_options("lake")
def close_finding(
    finding: Annotated[str, typer.Argument(help="The finding's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    by: By = None,
    *,
    shared: SharedOptions,
) -> None:
    """Close a finding."""

    def act(output: Output) -> "Summary":
        del output
        from credit_default.flows.runs.context import read_clock, read_identity
        from credit_default.services.governance import findings

        wiring = connect(shared)
        by_whom = read_identity(wiring, by)
        return findings.close_finding(
            wiring, finding, reason=reason, by=by_whom, closed_at=read_clock()
        )

    run_command("models findings close", act, shared)


@findings_app.command("show")
@takes_shared_options("lake")
def show_findings(
    version: Annotated[
        int | None,
        typer.Argument(help="Of one version; of all when not given.", min=1, show_default=False),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """List the findings, open and closed."""

    def act(output: Output) -> "Summary":
        from credit_default.services.governance.inventory import (
            list_findings,
            summarise_findings,
        )

        found = list_findings(connect(shared), version)
        if found and not output.as_json:
            from rich.console import Console

            from credit_default.views.terminal.inventory import render_findings

            Console(highlight=False).print(render_findings(found))
        return summarise_findings(found, version, listed=output.as_json)

    run_command("models findings show", act, shared)


@takes_shared_options("lake")
def review(
    version: Annotated[int, typer.Argument(help="The version's number.", min=1)],
    opinion: Annotated[
        str,
        typer.Option("--opinion", help="fit for use, fit with conditions or not fit for use."),
    ],
    next_review: Annotated[str, typer.Option("--next-review", help="A day, YYYY-MM-DD.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    tier: Annotated[int, typer.Option("--tier", help="1 (most material) to 3.")] = 1,
    by: By = None,
    *,
    shared: SharedOptions,
) -> None:
    """Record a reviewer's opinion on a version, its tier and the day of the next review."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock, read_identity
        from credit_default.services.champion.first_look import require_known_version
        from credit_default.services.governance.findings import review_version

        wiring = connect_with_mlflow(shared, output)
        require_known_version(wiring, version)
        return review_version(
            wiring,
            version,
            tier=tier,
            opinion=opinion,
            next_review=next_review,
            reason=reason,
            by=read_identity(wiring, by),
            reviewed_at=read_clock(),
        )

    run_command("models review", act, shared)


@takes_shared_options("lake")
def inventory(
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A day, YYYY-MM-DD.  [default: today]", show_default=False),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """List every version as the ledger knew it on a day: status, opinion, findings, alarms, use."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.governance.findings import read_date
        from credit_default.services.governance.inventory import (
            list_inventory,
            summarise_inventory,
        )

        asked = read_clock().date() if as_of is None else read_date("--as-of", as_of)
        day = asked.isoformat()
        lines = list_inventory(connect(shared), as_of=day)
        if lines and not output.as_json:
            from rich.console import Console

            from credit_default.views.terminal.inventory import render_inventory

            Console(highlight=False).print(render_inventory(lines, as_of=day))
        return summarise_inventory(lines, as_of=day, listed=output.as_json)

    run_command("models inventory", act, shared)
