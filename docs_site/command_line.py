"""The reference of the command line, taken from the parser itself."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from credit_default.cli.main import app
from credit_default.cli.terminal.shared_options import BEFORE_A_COMMAND, OF_EVERY_COMMAND
from docs_site.markdown import write_table

PROGRAM = "credit-default"


def write_command_line() -> str:
    """Return a section for each command, and one for the options that all of them take."""
    program = get_command(app)
    shared = [one for one in program.params if one.name in BEFORE_A_COMMAND]
    opening = (
        "They stand before or after the command. `--lake` is taken by those that work on a lake."
    )
    sections = [
        _write_command(words, command) for words, command in list_commands(program) if words[1:]
    ]
    shown = ["## Options of every command", opening, _write_options(shared)]
    return "\n".join(["\n\n".join(shown), "", *sections])


def list_commands(program: Any, words: tuple[str, ...] = (PROGRAM,)) -> Iterator[tuple[Any, ...]]:
    """Yield the words of each command and the command, a group before its commands."""
    yield words, program
    if isinstance(program, TyperGroup):
        for name, command in program.commands.items():
            yield from list_commands(command, (*words, name))


def _write_command(words: tuple[str, ...], command: Any) -> str:
    name = " ".join(words)
    if isinstance(command, TyperGroup):
        return f"{'#' * len(words)} {name}\n\n{_read_help(command)}\n"
    lines = [f"{'#' * len(words)} `{name}`", "", _read_help(command), ""]
    arguments = [one for one in command.params if isinstance(one, TyperArgument)]
    options = [one for one in command.params if not isinstance(one, TyperArgument)]
    own = [one for one in options if one.name not in OF_EVERY_COMMAND]
    usage = [*words, *map(_name_argument, arguments)]
    usage += [f"{one.opts[0]} {one.name.upper()}" for one in options if one.required]
    lines += ["```text", f"{' '.join(usage)} [OPTIONS]", "```", ""]
    if arguments:
        rows = [(f"`{_name_argument(one)}`", _describe(one)) for one in arguments]
        lines += [write_table(("argument", "meaning"), rows), ""]
    if own:
        lines += [_write_options(own), ""]
    return "\n".join(lines)


def _write_options(options: list[Any]) -> str:
    rows = [
        (" ".join(f"`{flag}`" for flag in (*one.opts, *one.secondary_opts)), _describe(one))
        for one in options
    ]
    return write_table(("option", "meaning"), rows)


def _read_help(command: Any) -> str:
    return " ".join((command.help or "").split())


def _name_argument(argument: Any) -> str:
    name = (argument.metavar or argument.name).upper()
    name = f"{name}…" if argument.nargs != 1 or argument.multiple else name
    return name if argument.required else f"[{name}]"


def _describe(parameter: Any) -> str:
    """Return the parameter's help, then what it may be and what it is when it is not given."""
    text = " ".join((parameter.help or "").split()).replace("  ", " ")
    facts = [*_list_choices(parameter.type_descriptor.annotation), *_list_bounds(parameter)]
    default = parameter.default
    if parameter.required and not isinstance(parameter, TyperArgument):
        facts.append("required")
    elif parameter.show_default and default not in (None, False, (), []):
        facts.append(f"default `{default}`")
    return f"{text} *{'; '.join(facts)}*" if facts else text


def _list_choices(annotation: Any) -> list[str]:
    inner = [part for part in get_args(annotation) if get_origin(part) is not None] or [annotation]
    values = [value for part in inner for value in get_args(part) if isinstance(value, str)]
    return [" or ".join(f"`{value}`" for value in values)] if values else []


def _list_bounds(parameter: Any) -> list[str]:
    bounds = ("at least", parameter.min), ("at most", parameter.max)
    return [f"{word} {bound}" for word, bound in bounds if bound is not None]
