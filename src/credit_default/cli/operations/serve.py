"""serve: the long-running process that trains, scores and monitors by the clock and on events."""

import sys

import typer

from credit_default.cli.terminal.options import Config, Lake, collect_flags
from credit_default.cli.terminal.session import read_settings
from credit_default.errors import CreditDefaultError, InputError


def serve(lake: Lake = None, config: Config = None) -> None:
    """Run train, predict, monitor and reconcile by their schedules and on events, until SIGTERM ends it (exit code 143)."""
    try:
        raise typer.Exit(_serve(lake, config))
    except CreditDefaultError as error:
        sys.stderr.write(f"credit-default serve: {error}\n")
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(130) from interrupt


def _serve(lake: str | None, config: list[str] | None) -> int:
    settings = read_settings(collect_flags(lake=lake), config)
    if not settings.prefect.api_url:
        raise InputError(
            "setting prefect.api_url",
            found="none",
            expected="a Prefect server that stays",
            remedy="Name it with PREFECT_API_URL, or start all servers with `credit-default up`.",
        )
    from credit_default.flows.deployments.service_environment import prepare_service

    prepare_service(settings, config_files=config or ())
    import asyncio

    from credit_default.flows.deployments.runner import serve_deployments

    return asyncio.run(
        serve_deployments(settings.schedule, startup_seconds=settings.prefect.startup_seconds)
    )
