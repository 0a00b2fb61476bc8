"""room-users: who may sign in to the control room, and as what."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from credit_default.cli.terminal.output import Output, run_command
from credit_default.cli.terminal.session import read_settings
from credit_default.cli.terminal.shared_options import (
    SharedOptions,
    open_command_group,
    takes_shared_options,
)
from credit_default.errors import InputError

if TYPE_CHECKING:
    from credit_default.room.access.roles import Role
    from credit_default.views.summaries.summary import Summary

_ROLES = ("viewer", "analyst", "approver", "administrator")
Name = Annotated[str, typer.Argument(help="The name under which the person's acts go on record.")]
RoleOption = Annotated[
    str, typer.Option("--role", help="viewer, analyst, approver, administrator.")
]

app = open_command_group("Who may sign in to the control room: add, list, remove, password, role.")


@app.command("add")
@takes_shared_options("lake")
def add(name: Name, role: RoleOption = "viewer", *, shared: SharedOptions) -> None:
    """Let a person sign in; the password is asked for, or read from standard input."""

    def act(_output: Output) -> "Summary":
        path = _locate(shared)
        chosen = _read_role(role)
        from credit_default.room.access.users_file import add_user

        add_user(path, name, role=chosen, password=_read_password())
        return _summarise("add", path, done=f"{name} may sign in as {role}")

    run_command("room-users add", act, shared)


@app.command("list")
@takes_shared_options("lake")
def list_users(*, shared: SharedOptions) -> None:
    """List who may sign in, with their roles."""

    def act(_output: Output) -> "Summary":
        return _summarise("list", _locate(shared), done="")

    run_command("room-users list", act, shared)


@app.command("remove")
@takes_shared_options("lake")
def remove(name: Name, *, shared: SharedOptions) -> None:
    """Let a person sign in no more; open sessions end at once."""

    def act(_output: Output) -> "Summary":
        from credit_default.room.access.users_file import remove_user

        path = _locate(shared)
        remove_user(path, name)
        return _summarise("remove", path, done=f"{name} is removed, and signed out")

    run_command("room-users remove", act, shared)


@app.command("password")
@takes_shared_options("lake")
def password(name: Name, *, shared: SharedOptions) -> None:
    """Give a person another password; sessions under the old one end at once."""

    def act(_output: Output) -> "Summary":
        from credit_default.room.access.users_file import change_password

        path = _locate(shared)
        change_password(path, name, password=_read_password())
        return _summarise("password", path, done=f"{name} has another password")

    run_command("room-users password", act, shared)


@app.command("role")
@takes_shared_options("lake")
def change_role(name: Name, role: RoleOption, *, shared: SharedOptions) -> None:
    """Give a person another role, from the next page on."""

    def act(_output: Output) -> "Summary":
        from credit_default.room.access import users_file

        path = _locate(shared)
        users_file.change_role(path, name, role=_read_role(role))
        return _summarise("role", path, done=f"{name} has the role {role}")

    run_command("room-users role", act, shared)


def _locate(shared: SharedOptions) -> Path:
    settings = read_settings(shared)
    if settings.room.users:
        raise InputError(
            "the users of the control room",
            found="the setting room.users, which replaces the file",
            expected="a file",
            remedy="Change them where that secret is kept, or unset CREDIT_DEFAULT_ROOM__USERS.",
        )
    from credit_default.adapters.lake.layout import open_lake
    from credit_default.room.access.users_file import locate_users

    return locate_users(open_lake(settings.lake, home=Path(settings.home)))


def _read_role(name: str) -> "Role":
    from credit_default.room.access.roles import Role

    if name not in _ROLES:
        raise InputError(
            "--role",
            found=repr(name),
            expected=f"one of {', '.join(_ROLES)}",
            remedy="Each may do all that the one before may; docs/running.md says what.",
        )
    return Role[name.upper()]


def _read_password() -> str:
    """Ask for a password twice on a terminal; otherwise read one line from standard input. Never an argument: others see those."""
    if sys.stdin.isatty():
        return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _summarise(command: str, path: Path, *, done: str) -> "Summary":
    from credit_default.room.access.users_file import read_users
    from credit_default.views.summaries.summary import Summary

    people = [f"{one.name}: {one.role.name.lower()}" for one in read_users(path).by_name.values()]
    notes = tuple(filter(None, [done])) if done else tuple(people or ["nobody may sign in yet"])
    return Summary(
        f"room-users {command}",
        "done",
        figures={"users": len(people)},
        paths={"users": str(path)},
        notes=notes,
    )
