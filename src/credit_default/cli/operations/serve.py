"""serve: the long-running process that trains, scores and monitors by schedule and on events."""

import typer

from credit_default.cli.terminal.output import INTERRUPTED, configure_logging, write_error
from credit_default.cli.terminal.session import (
    list_logging_variables,
    read_settings,
    require_prefect_server,
)
from credit_default.cli.terminal.shared_options import (
    OF_EVERY_PROCESS,
    SharedOptions,
    takes_shared_options,
)
from credit_default.errors import CreditDefaultError


@takes_shared_options("lake", of_every=OF_EVERY_PROCESS)
def serve(*, shared: SharedOptions) -> None:
    """Run train, predict, monitor and reconcile by schedule and on events, until SIGTERM (143)."""
    try:
        raise typer.Exit(_serve(shared))
    except CreditDefaultError as error:
        write_error("serve", error)
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(INTERRUPTED) from interrupt


def _serve(shared: SharedOptions) -> int:
    settings = read_settings(shared)
    require_prefect_server(settings)
    logging = configure_logging(shared, usual="info")
    from credit_default.flows.deployments.service_environment import prepare_service
    from credit_default.settings import export_environment

    export_environment(list_logging_variables(logging))
    prepare_service(settings, config_files=shared.config)
    import asyncio

    from credit_default.flows.deployments.runner import serve_deployments

    return asyncio.run(
        serve_deployments(settings.schedule, startup_seconds=settings.prefect.startup_seconds)
    )
