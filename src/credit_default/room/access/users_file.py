"""The users of the control room: one file on this machine, which only its owner can read, replaced in one step."""

import fcntl
import json
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from credit_default.adapters.host.atomic_files import disk_errors, write_atomically
from credit_default.adapters.lake.layout import Lake
from credit_default.errors import InputError
from credit_default.room.access.passwords import check_password, hash_password
from credit_default.room.access.roles import Role
from credit_default.services.context.identity import is_same_identity

NAME: Final = "room-users.json"
LONGEST_NAME: Final = 64  # characters
_OWNER_ONLY: Final = 0o600
_OTHERS: Final = 0o077
_KEY_BYTES: Final = 32
_SHORTEST_KEY: Final = 32  # characters


@dataclass(frozen=True, slots=True)
class KnownUser:
    """A person who may sign in."""

    name: str
    role: Role
    password_hash: str = field(repr=False)

    @property
    def stamp(self) -> str:
        """What a session holds of the password, so that it ends when the password changes; it does not lead back to it."""
        return sha256(self.password_hash.encode()).hexdigest()[:16]


def locate_users(lake: Lake) -> Path:
    """Return the file of the room's users, on this machine."""
    return lake.home / "stack" / NAME


@dataclass(frozen=True, slots=True)
class Users:
    """Everybody who may sign in, by name, and the key that signs their sessions."""

    key: str = field(repr=False)
    by_name: Mapping[str, KnownUser]


def is_open_to_others(path: Path) -> bool:
    """Return whether others than its owner may read or write the file: its key makes sessions, its hashes can be guessed at."""
    return path.exists() and bool(path.stat().st_mode & _OTHERS)


def read_users(path: Path) -> Users:
    """Return the users in the file; nobody, under a new key, where there is none.

    Raises:
        InputError: The file is not one of users.
        ServiceError: It cannot be read.
    """
    with disk_errors(path, thing="users of the control room at"):
        text = path.read_bytes() if path.exists() else b""
    return parse_users(text, thing=f"users of the control room, {path}")


def parse_users(text: str | bytes, *, thing: str) -> Users:
    """Return the users in the text of such a file; nobody, under a new key, where it is empty.

    Raises:
        InputError: It is not one of users; `thing` says where it stands.
    """
    if not text:
        return Users(secrets.token_urlsafe(_KEY_BYTES), {})
    try:
        content = json.loads(text)
        known = [_read_user(name, one) for name, one in content["users"].items()]
        return Users(_read_key(content["key"]), {one.name: one for one in known})
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise InputError(
            thing,
            found=f"no list of users ({type(error).__name__})",
            expected="the file as `credit-default room-users add` writes it",
            remedy="Restore it, or remove it and add the people again.",
        ) from error


def add_user(path: Path, name: str, *, role: Role, password: str) -> None:
    """Add a person.

    Raises:
        InputError: The name stands already or is not one, or the password is too short.
    """
    _check_name(name)
    hashed = hash_password(password)
    with _change(path) as users:
        if same := [one for one in users if is_same_identity(one, name)]:
            raise InputError(
                f"user {name}",
                found=f"{same[0]}, who is there already",
                expected="a name that nobody has",
                remedy="Choose another name, or remove that user first.",
            )
        users[name] = KnownUser(name, role, hashed)


def ensure_administrator(path: Path, name: str, *, password: str) -> bool:
    """Add this administrator where the file has nobody, and return whether the password is that person's now."""
    if not read_users(path).by_name:
        add_user(path, name, role=Role.ADMINISTRATOR, password=password)
        return True
    known = read_users(path).by_name.get(name)
    return known is not None and check_password(password, hashed=known.password_hash)


def remove_user(path: Path, name: str) -> None:
    """Remove a person, whose sessions end.

    Raises:
        InputError: There is no such person, or it is the last administrator.
    """
    with _change(path) as users:
        _require_user(users, name)
        del users[name]
        if not any(one.role is Role.ADMINISTRATOR for one in users.values()):
            raise InputError(
                f"user {name}",
                found="the last administrator",
                expected="one administrator at least",
                remedy="Add another administrator first.",
            )


def change_password(path: Path, name: str, *, password: str) -> None:
    """Give a person another password; the sessions under the old one end.

    Raises:
        InputError: There is no such person, or the password is too short.
    """
    hashed = hash_password(password)
    with _change(path) as users:
        _require_user(users, name)
        users[name] = KnownUser(name, users[name].role, hashed)


def change_role(path: Path, name: str, *, role: Role) -> None:
    """Give a person another role, from the next page on.

    Raises:
        InputError: There is no such person, or it is the last administrator.
    """
    with _change(path) as users:
        _require_user(users, name)
        users[name] = KnownUser(name, role, users[name].password_hash)
        if not any(one.role is Role.ADMINISTRATOR for one in users.values()):
            raise InputError(
                f"user {name}",
                found="the last administrator",
                expected="one administrator at least",
                remedy="Give another person that role first.",
            )


@contextmanager
def _change(path: Path) -> Iterator[dict[str, KnownUser]]:
    """Yield the users by name and write them when the block ends well; others wait meanwhile."""
    with disk_errors(path, thing="users of the control room at"):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = path.with_name(f".{path.name}.lock").open("ab")
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = read_users(path)
        users = dict(before.by_name)
        yield users
        content = {
            "key": before.key,
            "users": {name: _write_user(one) for name, one in users.items()},
        }
        write_atomically(
            path,
            f"{json.dumps(content, indent=1)}\n".encode(),
            thing="users of the control room at",
            mode=_OWNER_ONLY,
        )


def _read_key(content: object) -> str:
    """Return the key; raise `ValueError` where it is none, or one that could be guessed: with it anybody makes sessions."""
    if not isinstance(content, str) or len(content) < _SHORTEST_KEY:
        raise ValueError("no key")
    return content


def _read_user(name: str, content: Mapping[str, Any]) -> KnownUser:
    return KnownUser(name, Role[str(content["role"]).upper()], str(content["password"]))


def _write_user(user: KnownUser) -> dict[str, str]:
    return {"role": user.role.name.lower(), "password": user.password_hash}


def _check_name(name: str) -> None:
    if not (0 < len(name) <= LONGEST_NAME and name.isprintable() and name == name.strip()):
        raise InputError(
            "the name of a user",
            found=repr(name[:LONGEST_NAME]),
            expected=f"1 to {LONGEST_NAME} printable characters, no blank at either end",
            remedy="Choose the name under which the person's acts stand in the ledger.",
        )


def _require_user(users: Mapping[str, KnownUser], name: str) -> None:
    if name not in users:
        raise InputError(
            f"user {name}",
            found="nobody of that name",
            expected="one of " + (", ".join(sorted(users)[:20]) or "nobody: no user is there yet"),
            remedy="`credit-default room-users list` names all.",
        )
