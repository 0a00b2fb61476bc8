"""The options that commands share: declared once, accepted before and after the command.

A command is decorated with `takes_shared_options` and gets their values as one `SharedOptions`, so
that its signature names only the options that no other command has. `SharedOptionsGroup` makes
`credit-default --lake L predict FILE` mean what `credit-default predict --lake L FILE` means: it
puts the options in front of the command's arguments, where the command parses them. An option given
in both places has the later value; `--config` keeps both files, in that order.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup

from credit_default.cli.terminal.options import (
    Config,
    Json,
    Lake,
    LogFormat,
    LogLevel,
    Portfolio,
    Quiet,
    Seed,
    Traceback,
)

_DECLARED: Mapping[str, tuple[Any, Any]] = {  # parameter: annotation, and the value when not given
    "lake": (Lake, None),
    "portfolio": (Portfolio, None),
    "seed": (Seed, None),
    "config": (Config, None),
    "as_json": (Json, False),
    "quiet": (Quiet, False),
    "log_level": (LogLevel, None),
    "log_format": (LogFormat, None),
    "traceback": (Traceback, False),
}
OF_EVERY_PROCESS = ("config", "log_level", "log_format")
OF_EVERY_COMMAND = ("config", "as_json", "quiet", "log_level", "log_format", "traceback")
BEFORE_A_COMMAND = ("lake", *OF_EVERY_COMMAND)


@dataclass(frozen=True, slots=True)
class SharedOptions:
    """The values of the shared options; None or False for those that were not given."""

    lake: str | None = None
    portfolio: str | None = None
    seed: int | None = None
    config: tuple[str, ...] = ()
    as_json: bool = False
    quiet: bool = False
    log_level: str | None = None
    log_format: str | None = None
    traceback: bool = False

    def build_overrides(self, **flags: Any) -> dict[str, Any]:
        """Return the given options and those of the command (`flags`), by the names of settings.

        Options that are None are left out.
        """
        logging = _drop_none({"level": self.log_level, "format": self.log_format})
        shared = {"lake": self.lake, "portfolio": self.portfolio, "seed": self.seed}
        return _drop_none({**shared, "logging": logging or None, **flags})

    def build_flow_parameters(self, **flags: Any) -> dict[str, Any]:
        """Return the parameters of every flow: the overrides and the configuration files' names."""
        return {"overrides": self.build_overrides(**flags), "config": list(self.config)}


def takes_shared_options(
    *names: str, of_every: tuple[str, ...] = OF_EVERY_COMMAND
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the shared options; it takes their values as its keyword argument `shared`.

    Args:
        names: Which of `lake`, `portfolio` and `seed` the command takes beside those of every
            command.
        of_every: Those of every command; a process that serves until it is ended prints no result,
            and takes `OF_EVERY_PROCESS`.
    """
    declared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=_DECLARED[name][0],
            default=_DECLARED[name][1],
        )
        for name in (*names, *of_every)
    ]

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        command_parameters = [
            parameter
            for parameter in inspect.signature(command).parameters.values()
            if parameter.name != "shared"
        ]

        @functools.wraps(command)
        def run(*arguments: Any, **given: Any) -> None:
            values = {one.name: given.pop(one.name, one.default) for one in declared}
            values["config"] = tuple(values["config"] or ())
            command(*arguments, shared=SharedOptions(**values), **given)

        # typer reads a command's options from these two
        run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [*command_parameters, *declared]
        )
        run.__annotations__ = {one.name: one.annotation for one in (*command_parameters, *declared)}
        return run

    return decorate


class SharedOptionsGroup(TyperGroup):
    """A group of commands that passes the options before a command on to that command."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command's name, the command, and its arguments after the group's options."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command, [*_write_arguments(ctx), *rest]


def open_command_group(about: str) -> typer.Typer:
    """Return a group of commands, as `models` is, which passes the shared options on; `about` is its help."""
    group = typer.Typer(help=about, cls=SharedOptionsGroup, no_args_is_help=True)

    @group.callback()
    @takes_shared_options(of_every=BEFORE_A_COMMAND)
    def pass_on(*, shared: SharedOptions) -> None:
        del shared  # the group itself passes the options on to the command

    return group


def _write_arguments(ctx: Any) -> list[str]:
    """Return the shared options that were given to this group, as on a command line."""
    arguments: list[str] = []
    for parameter in ctx.command.params:
        value = ctx.params.get(parameter.name)
        if parameter.name not in BEFORE_A_COMMAND or value in (None, False):
            continue
        flag = parameter.opts[0]
        values = value if isinstance(value, list | tuple) else [value]
        arguments += [flag] if value is True else [f"{flag}={one}" for one in values]
    return arguments


def _drop_none(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
