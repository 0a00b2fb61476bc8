"""A flow's module run as a script: its parameters as options, a Prefect server of its own when none is named."""

import argparse
import inspect
import signal
import sys
from collections.abc import Callable, Sequence
from typing import Any

from credit_default.errors import CreditDefaultError, InputError
from credit_default.flows.server.session import flow_session
from credit_default.settings import load_settings, require_no_secrets


def run_as_script(flow: Any, arguments: Sequence[str] | None = None) -> None:
    """Nothing; ends the process with 0, or with the exit code of the error that ended the flow."""
    given = vars(_build_parser(flow).parse_args(arguments))
    try:
        given["overrides"] = _parse_overrides(given.pop("set"))
        require_no_secrets(given["overrides"])
        settings = load_settings(given["overrides"], config_files=given["config"]).settings
        with flow_session(settings) as session:
            summary = flow(**given, return_state=True).result()
    except CreditDefaultError as error:
        sys.stderr.write(f"{flow.name}: {error}\n")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write(f"{flow.name}: interrupted\n")
        sys.exit(128 + signal.SIGINT)
    sys.stderr.writelines(f"{flow.name}: {note}\n" for note in session.notes)
    sys.stdout.write(f"{summary.command}: {summary.status}\n")


def _build_parser(flow: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {flow.fn.__module__ if flow.fn.__module__ != '__main__' else f'credit_default.flows.{flow.name}'}",
        description=inspect.getdoc(flow.fn),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a setting, as in drift.x=.2",
    )
    parser.add_argument(
        "--config", action="append", default=[], metavar="FILE", help="a TOML file with settings"
    )
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
        add(
            flag, default=parameter.default, type=int if "int" in str(parameter.annotation) else str
        )


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
        place = nested
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = value
    return nested
