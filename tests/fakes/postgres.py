"""A PostgreSQL server of Debian's packages on loopback, with a password and in a folder of its own, gone afterwards.

It refuses to run as root; there it runs as the first service user that the machine has.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SERVICE_USERS = ("postgres", "nobody")


def find_obstacle() -> str:
    """Why no server can be started here; empty when it can."""
    if find_spec("psycopg2") is None:
        return "psycopg2 is not installed: `make setup` installs it"
    if _find("initdb") is None or _find("postgres") is None:
        return "no PostgreSQL: install its server"
    if os.geteuid() == 0 and _find_user() is None:
        return "PostgreSQL never runs as root: run the tests as another user, or make a user `postgres`"
    return ""


@contextmanager
def postgres_server() -> Iterator[str]:
    """The address of a running server, as `up --database` takes it."""
    # not below pytest's own folder, which a service user may not enter
    folder = Path(tempfile.mkdtemp(prefix="credit-default-postgres-"))
    password = secrets.token_urlsafe(12)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    as_user = _give_to_service_user(folder)
    as_user["env"] = {**os.environ, "LC_ALL": "C"}  # no locale of the shell's, which may be absent
    try:
        (words := folder / "words").write_text(password)
        words.chmod(0o644)
        made = (
            "--pgdata",
            folder / "data",
            "--username",
            "keeper",
            "--pwfile",
            words,
            "--auth",
            "scram-sha-256",
            "--no-sync",
        )
        subprocess.run(
            [_find("initdb"), *made, "--encoding", "UTF8"],
            check=True,
            capture_output=True,
            **as_user,
        )
        options = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": folder,
            "fsync": "off",
        }
        told = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [_find("postgres"), "-D", folder / "data", *told], stdout=log, stderr=log, **as_user
            )
        try:
            _wait_for(port)
            yield f"postgresql://keeper:{password}@127.0.0.1:{port}"
        finally:
            process.send_signal(2)  # ends at once, and in order
            process.wait(timeout=300)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _find(command: str) -> str | None:
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{command}"), reverse=True)
    return str(versions[0]) if versions else shutil.which(command)


def _find_user() -> pwd.struct_passwd | None:
    for name in _SERVICE_USERS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    return None


def _give_to_service_user(folder: Path) -> dict[str, Any]:
    """How a process is started as the folder's new owner."""
    user = _find_user()
    if os.geteuid() != 0 or user is None:
        return {}
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": folder}


def _wait_for(port: int) -> None:
    for _ in range(3_000):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start within five minutes")
