"""models: show, compare, promote, roll back; `model_reviews` has what reviewers say of the versions."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.commands import model_reviews
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import connect_with_mlflow
from credit_default.cli.terminal.shared_options import (
    SharedOptions,
    open_command_group,
    takes_shared_options,
)
from credit_default.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_default.services.context.wiring import Wiring
    from credit_default.views.summaries.summary import Summary
    from credit_default.views.terminal.version_comparison import VersionComparison

app = open_command_group(
    "The registered versions: show, compare, promote, rollback, review, findings, inventory."
)
app.command("review")(model_reviews.review)
app.command("inventory")(model_reviews.inventory)
app.add_typer(model_reviews.findings_app, name="findings")


@app.command()
@takes_shared_options("lake")
def show(
    version: Annotated[
        int | None, typer.Argument(help="A version's number: its card.", min=1, show_default=False)
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """List every version with its alias and verdict, or show one version's whole model card."""

    def act(output: Output) -> "Summary":
        wiring = connect_with_mlflow(shared, output)
        if version is not None:
            _require_known_version(wiring, version)
        return (
            _show_versions(wiring, output)
            if version is None
            else _show_card(wiring, output, version)
        )

    run_command("models show", act, shared)


def _show_versions(wiring: "Wiring", output: Output) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.champion.versions import list_models, summarise_models
    from credit_default.services.comparison.backtests import (
        backtest_promotions,
        describe_backtests,
    )
    from credit_default.views.terminal.models import render_models

    backtests = describe_backtests(backtest_promotions(wiring, now=read_clock()))
    models = list_models(wiring.registry, backtests=backtests)
    if not output.as_json:
        from rich.console import Console

        Console(highlight=False).print(render_models(models))
    return summarise_models(models, listed=output.as_json)


def _show_card(wiring: "Wiring", output: Output, number: int) -> "Summary":
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.assessment.stored_card import read_card, summarise_card

    version = wiring.registry.find_version(number)
    card = read_card(wiring, version, now=read_clock())
    if not output.as_json:
        from rich.console import Console

        from credit_default.views.documents.terminal import render_document

        Console(highlight=False).print(render_document(card))
    return summarise_card(wiring, version)


@app.command()
@takes_shared_options("lake")
def compare(
    first: Annotated[int, typer.Argument(help="A version's number.", min=1)],
    second: Annotated[int, typer.Argument(help="The version to compare with it.", min=1)],
    fill: Annotated[
        bool,
        typer.Option(
            "--fill", help="First score in the shadow what one of the two has not scored yet."
        ),
    ] = False,
    *,
    shared: SharedOptions,
) -> None:
    """Compare two versions on what both scored: who changes side, and which turned out better."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.comparison.compare_versions import (
            compare_versions,
            fill_shadow_scores,
            summarise_comparison,
        )

        wiring, now = connect_with_mlflow(shared, output), read_clock()
        for number in (first, second):
            _require_known_version(wiring, number)
        filled = fill_shadow_scores(wiring, first, second, scored_at=now) if fill else 0
        found = compare_versions(wiring, first, second, now=now)
        summary = summarise_comparison(found, filled_count=filled)
        return summary if output.as_json else _print_comparison(found, summary)

    run_command("models compare", act, shared)


def _print_comparison(found: "VersionComparison", summary: "Summary") -> "Summary":
    """Print the comparison as tables, and return the summary without the figures that they show."""
    from rich.console import Console

    from credit_default.views.terminal.version_comparison import render_comparison

    Console(highlight=False).print(render_comparison(found), "", sep="\n")
    return replace(summary, figures={})


@app.command()
@takes_shared_options("lake")
def promote(
    version: Annotated[int, typer.Argument(help="The version's number.", min=1)],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    request: Annotated[
        bool, typer.Option("--request", help="Request it; another person approves.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Approve what another person requested.")
    ] = False,
    refuse: Annotated[
        bool, typer.Option("--refuse", help="Refuse what was requested; the champion stays.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="Who decides.  [default: the setting, or the account]",
            show_default=False,
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Make a version the champion by the decision of one or two people, with reasons on record."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock, read_identity
        from credit_default.services.champion import two_person_approval as approval
        from credit_default.services.champion.versions import promote_by_hand
        from credit_default.services.comparison.learned_months import describe_out_of_time

        _require_one_step(request=request, approve=approve, refuse=refuse)
        wiring, decided_at = connect_with_mlflow(shared, output), read_clock()
        _require_known_version(wiring, version)
        if not request and not approve and not refuse:
            evidence = describe_out_of_time(wiring, version, now=decided_at)
            promoted = promote_by_hand(
                wiring,
                version,
                reason=reason,
                decided_at=decided_at,
                evidence=evidence,
                by=by or wiring.settings.identity,
            )
            return _announce_change(wiring, replace(promoted, notes=evidence))
        decide: Callable[..., Summary] = approval.approve_promotion
        if request or refuse:
            decide = approval.request_promotion if request else approval.refuse_promotion
        by_whom = read_identity(wiring, by)
        decided = decide(wiring, version, by=by_whom, reason=reason, decided_at=decided_at)
        return _announce_change(wiring, decided)

    run_command("models promote", act, shared)


def _require_one_step(**asked: bool) -> None:
    found = [f"--{name}" for name, is_asked in asked.items() if is_asked]
    if len(found) > 1:
        raise InputError(
            "models promote",
            found=" and ".join(found),
            expected="one of the two" if len(found) == 2 else "one of the three",  # noqa: PLR2004
            remedy="One person requests the promotion, another one approves or refuses it.",
        )


@app.command()
@takes_shared_options("lake")
def rollback(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    by: Annotated[
        str | None,
        typer.Option("--by", help="Who decides.  [default: the setting]", show_default=False),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Make the previous champion the champion again."""

    def act(output: Output) -> "Summary":
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.champion.first_look import require_champion_to_roll_back
        from credit_default.services.champion.versions import roll_back

        wiring = connect_with_mlflow(shared, output)
        require_champion_to_roll_back(wiring)
        by_whom = by or wiring.settings.identity
        rolled_back = roll_back(wiring, reason=reason, decided_at=read_clock(), by=by_whom)
        return _announce_change(wiring, rolled_back)

    run_command("models rollback", act, shared)


def _require_known_version(wiring: "Wiring", number: int) -> None:
    from credit_default.services.champion.first_look import require_known_version

    require_known_version(wiring, number)  # before MLflow is imported


def _announce_change(wiring: "Wiring", summary: "Summary") -> "Summary":
    from credit_default.flows.events.champion_follow_up import follow_champion_change
    from credit_default.flows.runs.context import read_clock

    return follow_champion_change(wiring, summary, at=read_clock())
