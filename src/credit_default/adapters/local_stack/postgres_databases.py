"""Create the databases that MLflow and Prefect keep their records in on a PostgreSQL server, when one is named.

The server's address is passed on in the variables that libpq reads, so that no password appears in a command line or a
file.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from credit_default.errors import InputError, ServiceError

_SCHEMES: Final = {"postgresql", "postgres"}
_PORT: Final = 5432


def parse_postgres_address(address: str) -> dict[str, str]:
    """Return the server as PGHOST, PGPORT, PGUSER and, when the address has a password, PGPASSWORD.

    Args:
        address: `postgresql://user:password@host:port`, without a database's name; the password and port may be absent.

    Raises:
        InputError: It is not such an address. The message does not repeat it, as it may hold a password.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or _PORT
    except ValueError:
        parts, port = urlsplit(""), _PORT
    if parts.scheme not in _SCHEMES or not parts.username or parts.path.strip("/") or parts.query:
        raise InputError(
            "setting stack.database",
            found="something else",
            expected="postgresql:// with a user, a host and a port",
            remedy="Leave out the database's name: `mlflow`, `mlflow_users` and `prefect` are created on that server.",
        )
    named = {
        "PGHOST": parts.hostname or "localhost",
        "PGPORT": str(port),
        "PGUSER": unquote(parts.username),
    }
    return named | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {})


def create_databases(variables: Mapping[str, str], names: Sequence[str]) -> None:
    """Create each of these databases on the server unless it exists.

    Args:
        variables: What `parse_postgres_address` returned.
        names: The databases' names.

    Raises:
        ServiceError: The server does not answer, or the user may not create databases, or the driver is not installed.
    """
    psycopg2 = _import_driver()
    try:
        connection = _connect(psycopg2, variables)
        try:
            connection.autocommit = True  # a database cannot be created in a transaction
            with connection.cursor() as cursor:
                cursor.execute("SELECT datname FROM pg_database")
                existing = {name for (name,) in cursor.fetchall()}
                for name in names:
                    if name not in existing:
                        cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()
    except psycopg2.Error as error:
        raise ServiceError(
            f"PostgreSQL at {variables['PGHOST']}:{variables['PGPORT']}",
            found=str(error).strip(),
            expected="a server that accepts this user, with the databases " + ", ".join(names),
            remedy="Start it, or ask an administrator to create the databases and make this user their owner.",
        ) from error


def _connect(psycopg2: Any, variables: Mapping[str, str]) -> Any:
    return psycopg2.connect(
        host=variables["PGHOST"],
        port=variables["PGPORT"],
        user=variables["PGUSER"],
        password=variables.get("PGPASSWORD"),
        dbname="postgres",
        connect_timeout=10,
    )


def _import_driver() -> Any:
    try:
        import psycopg2
    except ImportError as error:
        raise ServiceError(
            "PostgreSQL",
            found="no psycopg2",
            expected="the driver that MLflow's server needs",
            remedy="Install it: `pip install psycopg2-binary`.",
        ) from error
    return psycopg2
