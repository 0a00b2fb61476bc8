"""Turn a command's options into settings and connections, and a flow's run into a summary.

Imports are late, so that `--help` stays quick.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from credit_default.cli.terminal.shared_options import SharedOptions
from credit_default.errors import InputError
from credit_default.failpoints import hit_failpoint

if TYPE_CHECKING:
    from credit_default.cli.terminal.output import Output
    from credit_default.flows.server.session import Session
    from credit_default.logs import LogLevel
    from credit_default.services.context.wiring import Wiring
    from credit_default.settings import Settings
    from credit_default.settings_sections import LoggingSettings
    from credit_default.views.summaries.summary import Summary


def read_settings(shared: SharedOptions, **flags: Any) -> "Settings":
    """Return the settings in force.

    Args:
        shared: The shared options.
        flags: The other options of the command, by the names of settings; None for one that was not
            given.

    Raises:
        InputError: A setting is unknown or out of range; see
            `credit_default.settings.load_settings`.
    """
    hit_failpoint("command.begun")
    from credit_default.settings import load_settings

    return load_settings(shared.build_overrides(**flags), config_files=shared.config).settings


def connect(shared: SharedOptions, **flags: Any) -> "Wiring":
    """Return the parts that the settings in force name; nothing is connected before it is used."""
    from credit_default.flows.runs import context

    return context.connect(shared.build_overrides(**flags), shared.config)


def connect_with_mlflow(shared: SharedOptions, output: "Output", **flags: Any) -> "Wiring":
    """Return the same parts, after setting the variables that MLflow and Prefect read at import.

    A command that loads a model or asks the registry needs this one. That its lake was moved or
    copied becomes a note of the output.
    """
    from credit_default.flows.server.session import prepare_libraries

    prepare_libraries(read_settings(shared, **flags))
    wiring = connect(shared, **flags)
    output.add_notes(wiring.follow_lake())
    return wiring


def choose_logging(shared: SharedOptions, *, usual: "LogLevel") -> "LoggingSettings":
    """Return the logging settings in force; where nothing sets a level it is `usual`.

    `usual` is `error` for a command that prints a summary, whose notes say what it logs as a
    warning, and `info` for a process that serves until it is ended.
    """
    logging = read_settings(shared).logging
    return logging.model_copy(update={"level": logging.find_level(usual)})


def list_logging_variables(logging: "LoggingSettings") -> dict[str, str]:
    """Return the environment variables with which a process that this one starts logs likewise."""
    from credit_default.settings_sections import ENVIRONMENT_PREFIX

    return {
        f"{ENVIRONMENT_PREFIX}LOGGING__LEVEL": logging.level,
        f"{ENVIRONMENT_PREFIX}LOGGING__FORMAT": logging.format,
    }


def require_prefect_server(settings: "Settings") -> None:
    """Raise unless the settings name a Prefect server.

    A process that keeps running needs a server that does too, and starts none.

    Raises:
        InputError: They name none.
    """
    if not settings.prefect.api_url:
        raise InputError(
            "setting prefect.api_url",
            found="none",
            expected="the address of a Prefect server that keeps running",
            remedy="Set it with PREFECT_API_URL, or start all servers with `credit-default up`.",
        )


def add_session_notes(summary: "Summary", session: "Session") -> "Summary":
    """Return the summary with the notes on the Prefect server that it ran on."""
    return replace(summary, notes=(*session.notes, *summary.notes))


def run_flow(flow: Any, **parameters: Any) -> "Summary":
    """Return the summary that the flow's run carries.

    Raises:
        CreditDefaultError: The run failed; the error that ended it is raised again as it is.
    """
    summary: Summary = flow(**parameters, return_state=True).result()
    return summary
