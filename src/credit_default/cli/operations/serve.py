"""serve: the long-running process that trains, scores and monitors by schedule and on events."""

import typer

from credit_default.cli.terminal.endings import end_on_error, log_unexpected_error
from credit_default.cli.terminal.output import configure_logging
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


@takes_shared_options("lake", of_every=OF_EVERY_PROCESS)
def serve(*, shared: SharedOptions) -> None:
    """Run train, predict, monitor, reconcile and maintain by schedule and on events, until SIGTERM (143)."""
    with end_on_error("serve", record=log_unexpected_error):
        raise typer.Exit(_serve(shared))


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
