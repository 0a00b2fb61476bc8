"""Keep the package's log lines with the flow run that writes them, on the Prefect server.

The lines are those that `credit_default.logs` writes to standard error. Commands and `serve` configure standard error
themselves; a process that Prefect starts for one run of a deployment is configured here, when its flow begins.
"""

import logging
import sys

from credit_default.errors import escape_unprintable, hide_credentials
from credit_default.logs import LOGGER_NAME, configure_logging
from credit_default.settings_sections import LoggingSettings


class RunLogFormatter(logging.Formatter):
    """A record's message on one line, credentials hidden: Prefect keeps its time, level and logger beside it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message, followed by the traceback where there is one."""
        return hide_credentials(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the standard library's name
        """Return the message on one line."""
        return escape_unprintable(record.getMessage())


def start_run_log(settings: LoggingSettings) -> None:
    """Send the package's log lines, from INFO upwards, to the log of the flow run that is running in this process.

    Outside a flow run nothing is done. In the process of a deployment's run, standard error is configured too: its lines
    reach the output of `serve`, and so the container's. Unless a level is set they are written from INFO upwards there.
    """
    if "prefect" not in sys.modules:  # no flow can be running, and Prefect takes long to import
        return
    from prefect.context import FlowRunContext
    from prefect.logging.handlers import APILogHandler

    context = FlowRunContext.get()
    if context is None:
        return
    if context.flow_run is not None and context.flow_run.deployment_id is not None:
        configure_logging(settings.find_level("info"), settings.format)
    logger = logging.getLogger(LOGGER_NAME)
    if not any(isinstance(handler, APILogHandler) for handler in logger.handlers):
        logger.addHandler(_prepare_handler(APILogHandler()))
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)


def _prepare_handler(handler: logging.Handler) -> logging.Handler:
    handler.setFormatter(RunLogFormatter())
    handler.addFilter(_is_inside_run)  # what a thread beside the run writes belongs to no run
    return handler


def _is_inside_run(_record: logging.LogRecord) -> bool:
    from prefect.context import FlowRunContext, TaskRunContext

    return FlowRunContext.get() is not None or TaskRunContext.get() is not None
