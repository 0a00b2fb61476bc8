"""Run a flow's module as a script, as in `python -m credit_default.flows.train --refresh`.

The flow's parameters become options. When no Prefect server is named, the script starts one of its own.
"""

import argparse
import inspect
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from credit_default.adapters.host.crash_log import print_traceback, record_unexpected_error
from credit_default.errors import CreditDefaultError, InputError
from credit_default.failpoints import hit_failpoint
from credit_default.flows.server.session import flow_session
from credit_default.logs import configure_logging
from credit_default.settings import load_settings, require_no_secrets
from credit_default.settings_sections import LoggingSettings


def run_as_script(flow: Any, arguments: Sequence[str] | None = None) -> None:
    """Run the flow, print its summary's status, and end the process with an error's exit code when it fails.

    Args:
        flow: The flow.
        arguments: The command line; None means this process's own.
    """
    given = vars(_build_parser(flow).parse_args(arguments))
    shows_traceback = given.pop("traceback")
    try:
        hit_failpoint("command.begun")
        given["overrides"] = _parse_overrides(given.pop("set"))
        require_no_secrets(given["overrides"])
        settings = load_settings(given["overrides"], config_files=given["config"]).settings
        _configure_logging(settings.logging)
        with flow_session(settings) as session:
            summary = flow(**given, return_state=True).result()
    except CreditDefaultError as error:
        sys.stderr.write(f"{flow.name}: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write(f"{flow.name}: interrupted\n")
        sys.exit(128 + signal.SIGINT)
    except SystemExit:  # after a signal
        raise
    except BaseException as error:  # a panic in Polars is no Exception
        show = print_traceback if shows_traceback else record_unexpected_error
        unexpected = show(error, of=flow.name)
        sys.stderr.write(f"{flow.name}: {unexpected}\n")
        raise SystemExit(unexpected.exit_code) from error
    sys.stderr.writelines(f"{flow.name}: {note}\n" for note in session.notes)
    sys.stdout.write(f"{summary.command}: {summary.status}\n")


def _configure_logging(settings: LoggingSettings) -> None:
    """Write log lines as a command does: errors only, unless a level is set."""
    configure_logging(settings.find_level("error"), settings.format)


def _build_parser(flow: Any) -> argparse.ArgumentParser:
    module = flow.fn.__module__
    if module == "__main__":
        module = f"credit_default.flows.{flow.name.replace('-', '_')}"
    parser = argparse.ArgumentParser(
        prog=f"python -m {module}",
        description=inspect.getdoc(flow.fn),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    setting_help, config_help = "a setting, as in drift.x=.2", "a TOML file with settings"
    traceback_help = "print an unexpected error's traceback, in place of a log file"
    repeated: dict[str, Any] = {"action": "append", "default": []}
    parser.add_argument("--set", metavar="KEY=VALUE", help=setting_help, **repeated)
    parser.add_argument("--config", metavar="FILE", help=config_help, **repeated)
    parser.add_argument("--traceback", help=traceback_help, action="store_true")
    for name, parameter in inspect.signature(flow.fn).parameters.items():
        if name not in {"overrides", "config"}:
            _add_option(parser.add_argument, name, parameter)
    return parser


def _add_option(add: Callable[..., Any], name: str, parameter: inspect.Parameter) -> None:
    flag = f"--{name.replace('_', '-')}"
    if isinstance(parameter.default, bool) or "bool" in str(parameter.annotation):
        add(flag, action=argparse.BooleanOptionalAction, default=parameter.default)
    elif parameter.default is inspect.Parameter.empty:
        add(flag, required=True)
    else:
        kind = int if "int" in str(parameter.annotation) else str
        add(flag, default=parameter.default, type=kind)


def _parse_overrides(pairs: Sequence[str]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise InputError(
                "--set",
                found=repr(pair),
                expected="KEY=VALUE",
                remedy="Write it as in --set seed=3.",
            )
        *sections, key = name.split(".")
        innermost = nested
        for section in sections:
            innermost = innermost.setdefault(section, {})
        innermost[key] = value
    return nested
