"""listen: the long-running process that announces new files, so that a run scores each at once."""

import logging
import signal
from types import FrameType
from typing import Annotated

import typer

from credit_default.cli.terminal.endings import end_on_error, log_unexpected_error
from credit_default.cli.terminal.output import configure_logging
from credit_default.cli.terminal.session import read_settings, require_prefect_server
from credit_default.cli.terminal.shared_options import (
    OF_EVERY_PROCESS,
    SharedOptions,
    takes_shared_options,
)


@takes_shared_options("lake", of_every=OF_EVERY_PROCESS)
def listen(
    queue_url: Annotated[
        str | None,
        typer.Argument(
            help="The SQS queue that gets the bucket's messages.  [default: listen.queue_url]"
        ),
    ] = None,
    *,
    shared: SharedOptions,
) -> None:
    """Announce each new file in incoming/ to the Prefect server, until SIGTERM (exit code 143).

    A lake in a folder is watched. For a lake in a bucket the queue is read; without a queue the
    bucket is listed regularly.
    """
    ended_by = signal.SIGINT

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal ended_by
        ended_by = signal.Signals(number)
        raise KeyboardInterrupt  # the only way to end watchfiles from outside

    signal.signal(signal.SIGTERM, end)
    with end_on_error("listen", record=log_unexpected_error, interrupted=lambda: 128 + ended_by):
        _listen(shared, queue_url)


def _listen(shared: SharedOptions, queue_url: str | None) -> None:
    queue = None if queue_url is None else {"queue_url": queue_url}
    settings = read_settings(shared, listen=queue)
    require_prefect_server(settings)
    configure_logging(shared, usual="info")
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    from credit_default.flows.deployments.service_environment import prepare_service

    prepare_service(settings, config_files=shared.config)
    from credit_default.flows.listen import listen_for_files

    listen_for_files(settings)
