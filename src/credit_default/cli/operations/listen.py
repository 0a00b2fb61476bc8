"""listen: the long-running process that hears of new files and announces each, so that a run scores it at once."""

import logging
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.options import Config, Lake, collect_flags
from credit_default.cli.terminal.session import read_settings
from credit_default.errors import CreditDefaultError, InputError

if TYPE_CHECKING:
    from credit_default.settings import Settings


def listen(
    queue_url: Annotated[
        str | None,
        typer.Argument(
            help="The SQS queue that the bucket tells of new files.  [default: listen.queue_url]"
        ),
    ] = None,
    lake: Lake = None,
    config: Config = None,
) -> None:
    """Announce each new file in incoming/ to the Prefect server, until SIGTERM ends it (exit code 143).

    A lake in a folder is watched. Of one in a bucket the queue tells, or without a queue the bucket is looked at.
    """
    queue = None if queue_url is None else {"queue_url": queue_url}
    ended_by = signal.SIGINT

    def end(number: int, _frame: FrameType | None) -> None:
        nonlocal ended_by
        ended_by = signal.Signals(number)
        raise KeyboardInterrupt  # the one way out that watchfiles leaves open

    signal.signal(signal.SIGTERM, end)
    try:
        _listen(read_settings(collect_flags(lake=lake, listen=queue), config), config or [])
    except CreditDefaultError as error:
        sys.stderr.write(f"credit-default listen: {error}\n")
        raise typer.Exit(error.exit_code) from error
    except KeyboardInterrupt as interrupt:
        raise typer.Exit(128 + ended_by) from interrupt


def _listen(settings: "Settings", config: list[str]) -> None:
    if not settings.prefect.api_url:
        raise InputError(
            "setting prefect.api_url",
            found="none",
            expected="a Prefect server that stays",
            remedy="Name it with PREFECT_API_URL, or start all servers with `credit-default up`.",
        )
    from credit_default.flows.deployments.service_environment import prepare_service

    prepare_service(settings, config_files=config)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("credit_default").setLevel(logging.INFO)
    from credit_default.flows.listen import listen_for_files

    listen_for_files(settings)
