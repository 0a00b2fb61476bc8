"""models: who sits in the champion's seat, and the two ways to change that by hand."""

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from credit_default.cli.terminal.options import Config, Json, Lake, Quiet, collect_flags
from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.services.context.wiring import Wiring
    from credit_default.views.summaries.summary import Summary

app = typer.Typer(help="The registered versions: show, promote, rollback.", no_args_is_help=True)


@app.command()
def show(
    version: Annotated[
        int | None, typer.Argument(help="A version's number: its card.", min=1, show_default=False)
    ] = None,
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Every version, its seat and the verdict on it; of one version, its whole model card."""

    def act(output: Output) -> "Summary":
        wiring = _wire(collect_flags(lake=lake), config)
        return (
            _show_versions(wiring, output)
            if version is None
            else _show_card(wiring, output, version)
        )

    run_command("models show", act, as_json=json, quiet=quiet)


def _show_versions(wiring: "Wiring", output: Output) -> "Summary":
    from credit_default.services.champion.versions import list_models, summarise_models
    from credit_default.views.terminal.models import render_models

    models = list_models(wiring.registry)
    if not output.as_json:
        from rich.console import Console

        Console(highlight=False).print(render_models(models))
    return summarise_models(models, listed=output.as_json)


def _show_card(wiring: "Wiring", output: Output, number: int) -> "Summary":
    from credit_default.services.training.model_card import read_card, summarise_card

    version = wiring.registry.find_version(number)
    card = read_card(wiring, version)
    if not output.as_json:
        from rich.console import Console

        from credit_default.views.documents.terminal import render_document

        Console(highlight=False).print(render_document(card))
    return summarise_card(wiring, version)


@app.command()
def promote(
    version: Annotated[int, typer.Argument(help="The version's number.", min=1)],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    request: Annotated[
        bool, typer.Option("--request", help="Ask for it; another person approves.")
    ] = False,
    approve: Annotated[
        bool, typer.Option("--approve", help="Agree to what another person asked for.")
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help="Who asks or approves.  [default: the setting, or the account]",
            show_default=False,
        ),
    ] = None,
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make a version the champion by a person's decision, or by two people's, with the reasons on record."""

    def act(output: Output) -> "Summary":
        del output
        from credit_default.flows.runs.context import read_clock, read_identity
        from credit_default.services.champion.two_person_approval import (
            approve_promotion,
            request_promotion,
        )
        from credit_default.services.champion.versions import promote_by_hand

        if request and approve:
            raise InputError(
                "models promote",
                found="--request and --approve",
                expected="one of the two",
                remedy="One person asks, another one approves.",
            )
        wiring, decided_at = _wire(collect_flags(lake=lake), config), read_clock()
        if not request and not approve:
            return _announce_change(
                wiring, promote_by_hand(wiring, version, reason=reason, decided_at=decided_at)
            )
        decide = request_promotion if request else approve_promotion
        by_whom = read_identity(wiring, by)
        return _announce_change(
            wiring, decide(wiring, version, by=by_whom, reason=reason, decided_at=decided_at)
        )

    run_command("models promote", act, as_json=json, quiet=quiet)


@app.command()
def rollback(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
    lake: Lake = None,
    config: Config = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Put the previous champion back in its seat."""

    def act(output: Output) -> "Summary":
        del output
        from credit_default.flows.runs.context import read_clock
        from credit_default.services.champion.versions import roll_back

        wiring = _wire(collect_flags(lake=lake), config)
        return _announce_change(wiring, roll_back(wiring, reason=reason, decided_at=read_clock()))

    run_command("models rollback", act, as_json=json, quiet=quiet)


def _announce_change(wiring: "Wiring", summary: "Summary") -> "Summary":
    """The summary, after alarms about the version that left are over, and others were told where a Prefect server is named."""
    from credit_default.flows.runs.context import read_clock
    from credit_default.services.monitoring.follow_up import update_alarms_after_promotion

    settled = update_alarms_after_promotion(wiring, at=read_clock())
    told = replace(summary, notes=(*summary.notes, *settled.notes))
    if not wiring.settings.prefect.api_url:  # nobody listens, and Prefect takes seconds to import
        return told
    from credit_default.flows.events.champion_events import announce_from_command

    return replace(
        told, notes=(*told.notes, *announce_from_command(wiring, wiring.settings, alarms=settled))
    )


def _wire(flags: dict[str, Any], config: list[str] | None) -> "Wiring":
    from credit_default.flows.runs.context import connect
    from credit_default.flows.server.session import prepare_libraries

    prepare_libraries(read_settings(flags, config))
    return connect(flags, config or [])
